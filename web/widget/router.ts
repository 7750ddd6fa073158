// Keeps the route in the fragment of the page's address, together with what the portal keeps there.
import { type Route, formatHash, parseHash } from "./route";

export class Router {
  readonly #listeners = new AbortController();

  /** `prefix` starts the name of every parameter. `onBack` gets the route that history went to. */
  constructor(
    private readonly prefix: string,
    onBack: (route: Route) => void,
  ) {
    const { signal } = this.#listeners;
    addEventListener("popstate", () => onBack(parseHash(location.hash, this.prefix)), { signal });
  }

  /** Writes the route. With `push` it becomes an entry of its own in the browser's history. */
  write(route: Route, push: boolean): void {
    const hash = formatHash(route, location.hash, this.prefix);
    const { pathname, search } = location;
    const url = `${pathname}${search}${hash && "#"}${hash}`;
    const depth = push ? this.#depth + 1 : route.order === "" ? 0 : this.#depth;
    const state: unknown = { ...(history.state as object | null), [this.prefix]: depth };
    if (push) history.pushState(state, "", url);
    else if (url !== `${pathname}${search}${location.hash}`) history.replaceState(state, "", url);
  }

  /** Goes back to the overview. False if the overview is not in the browser's history. */
  back(): boolean {
    if (this.#depth === 0) return false;
    history.go(-this.#depth);
    return true;
  }

  stop(): void {
    this.#listeners.abort();
  }

  /** How many orders were opened, one from the other, since the overview. */
  get #depth(): number {
    const state = history.state as Record<string, unknown> | null;
    const depth = state?.[this.prefix];
    return typeof depth === "number" ? depth : 0;
  }
}
