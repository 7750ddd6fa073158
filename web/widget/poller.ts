// Polls while the page is visible and online, and backs off after failures.
import { Failure } from "./api";

/** The longest pause after failures, in milliseconds. */
const MAX_BACKOFF = 300_000;
/** A timer with a longer delay would fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

export class Poller {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #due = 0;
  #running = false;
  readonly #listeners = new AbortController();

  /**
   * `poll` resolves to its failure, or null. With an interval of 0
   * seconds it is called only when the browser comes back online.
   */
  constructor(
    private readonly poll: () => Promise<Failure | null>,
    private readonly interval: () => number,
  ) {
    const { signal } = this.#listeners;
    document.addEventListener("visibilitychange", () => this.#visibilityChanged(), { signal });
    addEventListener("online", () => this.#now(), { signal });
  }

  #now(): void {
    this.#due = 0;
    this.#schedule();
  }

  /** Restarts the pause after a request, whoever made it. */
  restart(failure: Failure | null): void {
    this.#failures = failure === null ? 0 : this.#failures + 1;
    this.#due = Date.now() + this.#pause(failure);
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#listeners.abort();
  }

  #pause(failure: Failure | null): number {
    const seconds = this.interval();
    if (seconds <= 0) return Infinity;
    const regular = Math.max(1, seconds) * 1000;
    if (failure === null) return regular;
    const backoff = Math.min(MAX_BACKOFF, regular * 2 ** Math.min(this.#failures, 8));
    // Pages that failed at the same moment must not retry at the same moment.
    const jittered = backoff * (0.75 + Math.random() / 2);
    return Math.max(jittered, (failure.retryAfter ?? 0) * 1000 * (1 + Math.random() / 10));
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (document.hidden || !navigator.onLine || this.#running || this.#listeners.signal.aborted)
      return;
    if (this.#due === Infinity) return;
    const pause = Math.min(Math.max(0, this.#due - Date.now()), MAX_DELAY);
    this.#timer = setTimeout(() => void this.#run(), pause);
  }

  #visibilityChanged(): void {
    if (document.hidden) clearTimeout(this.#timer);
    else this.#schedule();
  }

  async #run(): Promise<void> {
    this.#running = true;
    const failure = await this.poll();
    this.#running = false;
    this.restart(failure);
  }
}
