// Looks again and again while somebody may be looking, and less often while it fails.
import { Failure } from "./api";

/** Longest pause after failures, in milliseconds. */
const LONGEST = 300_000;
/** A longer one would run at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export class Poller {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #due = 0;
  #running = false;
  readonly #listening = new AbortController();

  /** `look` answers the failure that it met, or null. With 0 seconds it looks when told to. */
  constructor(
    private readonly look: () => Promise<Failure | null>,
    private readonly seconds: () => number,
  ) {
    const { signal } = this.#listening;
    document.addEventListener("visibilitychange", () => this.#awake(), { signal });
    addEventListener("online", () => this.now(), { signal });
  }

  /** Looks at once, and then goes on. */
  now(): void {
    this.#due = 0;
    this.#plan();
  }

  /** Begins the pause anew: somebody else has just looked. */
  looked(failure: Failure | null): void {
    this.#failures = failure === null ? 0 : this.#failures + 1;
    this.#due = Date.now() + this.#pause(failure);
    this.#plan();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#listening.abort();
  }

  #pause(failure: Failure | null): number {
    const seconds = this.seconds();
    if (seconds <= 0) return Infinity;
    const usual = Math.max(1, seconds) * 1000;
    if (failure === null) return usual;
    const longer = Math.min(LONGEST, usual * 2 ** Math.min(this.#failures, 8));
    // Pages that failed together must not come back together.
    const spread = longer * (0.75 + Math.random() / 2);
    return Math.max(spread, (failure.retryAfter ?? 0) * 1000 * (1 + Math.random() / 10));
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (document.hidden || !navigator.onLine || this.#running || this.#listening.signal.aborted)
      return;
    if (this.#due === Infinity) return;
    const pause = Math.min(Math.max(0, this.#due - Date.now()), LONGEST_TIMER);
    this.#timer = setTimeout(() => void this.#run(), pause);
  }

  #awake(): void {
    if (document.hidden) clearTimeout(this.#timer);
    else this.#plan();
  }

  async #run(): Promise<void> {
    this.#running = true;
    const failure = await this.look();
    this.#running = false;
    this.looked(failure);
  }
}
