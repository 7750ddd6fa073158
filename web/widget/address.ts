// Keeps the choice in the fragment of the page's address, beside whatever the portal keeps there.
import { type Choice, fromHash, toHash } from "./choice";

export class Address {
  readonly #listening = new AbortController();

  /** `prefix` begins the name of every part; `read` is told what the reader went back to. */
  constructor(
    private readonly prefix: string,
    read: (choice: Choice) => void,
  ) {
    const { signal } = this.#listening;
    addEventListener("popstate", () => read(fromHash(location.hash, this.prefix)), { signal });
  }

  /** Writes the choice; `entered` makes it a place that the browser's Back leads out of. */
  write(choice: Choice, entered: boolean): void {
    const hash = toHash(choice, location.hash, this.prefix);
    const { pathname, search } = location;
    const url = `${pathname}${search}${hash && "#"}${hash}`;
    const depth = entered ? this.#depth + 1 : choice.order === "" ? 0 : this.#depth;
    const state: unknown = { ...(history.state as object | null), [this.prefix]: depth };
    if (entered) history.pushState(state, "", url);
    else if (url !== `${pathname}${search}${location.hash}`) history.replaceState(state, "", url);
  }

  /** Goes back to where the first order was opened; false if that is not in the history. */
  back(): boolean {
    if (this.#depth === 0) return false;
    history.go(-this.#depth);
    return true;
  }

  stop(): void {
    this.#listening.abort();
  }

  /** How many orders were opened one from the other since the overview. */
  get #depth(): number {
    const state = history.state as Record<string, unknown> | null;
    const depth = state?.[this.prefix];
    return typeof depth === "number" ? depth : 0;
  }
}
