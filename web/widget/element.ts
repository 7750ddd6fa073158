// The custom element: attributes, events, rendering, and where focus goes.
import { Api, type Failure } from "./api";
import { type Route, parseHash, DEFAULT_ROUTE } from "./route";
import { patch } from "./dom";
import { Router } from "./router";
import { formatFor } from "./format";
import { scrollPositions } from "./scroll";
import { Poller } from "./poller";
import { type Announcement, MAX_PAGE_SIZE, type Settings, Store } from "./store";
import { sheets } from "./styles";
import { type TokenProvider, Tokens } from "./tokens";
import { orderView } from "./views/order";
import { overview } from "./views/overview";
import type { Actions, OrderReference, View } from "./views/view";

const ENDPOINT = new URL("/graphql", import.meta.url).href;
/** How long typing must pause before the search starts, in milliseconds. */
const SEARCH_DELAY = 300;
/** How long the page may take to set a token before the reader sees a failure, in milliseconds. */
const TOKEN_WAIT = 3_000;
const PAGE_SIZE = 25;
const POLL_SECONDS = 15;
/** How often relative times such as "3 minutes ago" are updated, in milliseconds. */
const CLOCK_INTERVAL = 30_000;

/** Where the reader was when opening an order. */
interface Opener {
  readonly element: Element | null;
  readonly order: string;
  readonly scrolled: ReadonlyArray<readonly [Element, number]>;
}

export class PartnergraphOrders extends HTMLElement {
  static readonly observedAttributes = [
    "endpoint",
    "token",
    "locale",
    "customer",
    "page-size",
    "poll-seconds",
    "state-in-url",
  ];

  readonly #root = this.attachShadow({ mode: "open" });
  readonly #list = document.createElement("div");
  readonly #order = document.createElement("div");
  readonly #announcer = document.createElement("div");
  readonly #tokens = new Tokens();
  #api: Api | null = null;
  #store: Store | null = null;
  #poller: Poller | null = null;
  #router: Router | null = null;
  #format = formatFor("de");
  #listeners = new AbortController();
  #typed = "";
  #searchTimer: ReturnType<typeof setTimeout> | undefined;
  #tokenTimer: ReturnType<typeof setTimeout> | undefined;
  #clockTimer: ReturnType<typeof setInterval> | undefined;
  #renderScheduled = false;
  #opener: Opener | null = null;
  #route: Route = DEFAULT_ROUTE;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = sheets();
    for (const [element, name] of [
      [this.#list, "overview"],
      [this.#order, "order"],
    ] as const) {
      element.className = `widget ${name}`;
      element.setAttribute("part", `widget ${name}`);
      element.dataset["view"] = name;
    }
    this.#announcer.className = "visually-hidden";
    this.#announcer.setAttribute("role", "status");
    this.#root.append(this.#list, this.#order, this.#announcer);
  }

  /** Returns a session token. Called at the start, before a token expires, and after a 401. */
  get tokenProvider(): TokenProvider | null {
    return this.#tokens.provider;
  }

  set tokenProvider(provider: TokenProvider | null) {
    this.#tokens.provider = provider;
    // Pages may set the property again on each render: load only if there is nothing to show yet.
    if (this.#shown?.at === null || this.#shown?.failure?.kind === "session") this.#start();
  }

  connectedCallback(): void {
    // The page may have set the property before the element was defined.
    if (Object.hasOwn(this, "tokenProvider")) {
      const { tokenProvider } = this;
      Reflect.deleteProperty(this, "tokenProvider");
      this.tokenProvider = tokenProvider;
    }
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    for (const type of ["online", "offline"])
      addEventListener(type, () => this.#scheduleRender(), { signal });
    this.#tokens.set(this.getAttribute("token"));
    this.#api = new Api(this.getAttribute("endpoint") || ENDPOINT, this.#tokens);
    this.#applyLocale();
    this.#store = new Store(
      this.#api,
      this.#settings(),
      (announcement) => this.#storeChanged(announcement),
      (failure) => this.#reportError(failure),
    );
    this.#poller = new Poller(
      () => this.#store?.refresh(true) ?? Promise.resolve(null),
      () => this.#pollSeconds(),
    );
    this.#clockTimer = setInterval(
      () => !document.hidden && this.#scheduleRender(),
      CLOCK_INTERVAL,
    );
    // An element that was moved within its page keeps its route.
    this.#store.setRoute(this.#route);
    this.#readRoute();
    this.#scheduleRender();
    this.#start();
  }

  disconnectedCallback(): void {
    this.#listeners.abort();
    this.#route = this.#store?.route ?? DEFAULT_ROUTE;
    this.#store?.stop();
    this.#poller?.stop();
    this.#router?.stop();
    for (const timer of [this.#searchTimer, this.#tokenTimer]) clearTimeout(timer);
    clearInterval(this.#clockTimer);
    this.#store = this.#poller = this.#router = null;
  }

  attributeChangedCallback(name: string, former: string | null, value: string | null): void {
    if (this.#store === null || former === value) return;
    if (name === "token") {
      this.#tokens.set(value);
      if (this.#shown?.at === null || this.#shown?.failure) this.#start();
      return;
    }
    if (name === "state-in-url") {
      this.#readRoute();
    } else if (name === "poll-seconds") {
      this.#poller?.restart(null);
      return;
    } else if (name === "endpoint") {
      this.#api = new Api(value || ENDPOINT, this.#tokens);
    }
    this.#applyLocale();
    if (this.#api !== null) this.#store.reset(this.#api, this.#settings());
    this.#scheduleRender();
    this.#start();
  }

  /** The state of what is shown: the open order or the overview. */
  get #shown() {
    return this.#store?.order ?? this.#store?.overview ?? null;
  }

  /** Loads now if there is a token or a provider, else once the page has had time to set one. */
  #start(): void {
    if (this.#store === null) return;
    clearTimeout(this.#tokenTimer);
    if (this.#shown?.at === null) this.#announcer.textContent = this.#format.text("loading");
    const ready = this.#tokens.provider !== null || this.getAttribute("token");
    if (ready) void this.#load(false);
    else this.#tokenTimer = setTimeout(() => void this.#load(false), TOKEN_WAIT);
  }

  async #load(poll: boolean): Promise<void> {
    const failure = (await this.#store?.refresh(poll)) ?? null;
    this.#poller?.restart(failure);
  }

  async #loadMore(): Promise<void> {
    const shown = this.#store?.overview.rows.length ?? 0;
    const failure = (await this.#store?.loadMore()) ?? null;
    this.#poller?.restart(failure);
    this.#render();
    // After the last page the button is gone: focus moves to the first new order.
    if (this.#root.activeElement === this.#heading()) {
      this.#list.querySelectorAll<HTMLElement>(".open")[shown]?.focus({ preventScroll: true });
    }
  }

  readonly #act: Actions = {
    navigate: (part) => this.#navigate({ ...part, order: "" }),
    typeSearch: (search) => {
      this.#typed = search;
      clearTimeout(this.#searchTimer);
      this.#searchTimer = setTimeout(() => this.#navigate({ search }), SEARCH_DELAY);
    },
    open: (order) => this.#open(order),
    back: () => {
      if (this.#router?.back() !== true) this.#navigate({ order: "" });
    },
    loadMore: () => void this.#loadMore(),
    refresh: () => void this.#load(this.#shown?.at !== null),
    markAllRead: () => {
      this.#store?.unread.markAllRead();
      this.#scheduleRender();
    },
  };

  #open(order: OrderReference): void {
    const detail = { id: order.id, number: order.number };
    const event = new CustomEvent("order-selected", {
      detail,
      bubbles: true,
      composed: true,
      cancelable: true,
    });
    if (this.dispatchEvent(event)) this.#navigate({ order: order.number });
  }

  #navigate(part: Partial<Route>, writeAddress = true): void {
    const store = this.#store;
    if (store === null) return;
    clearTimeout(this.#searchTimer);
    if (part.search !== undefined) this.#typed = part.search;
    this.#scheduleRender();
    const former = store.route;
    const route = { ...former, ...part };
    // Other code on the page may change the address: ignore it if the route is the same.
    if (route.order === former.order && listsSameOrders(route, former)) return;
    if (former.order === "" && route.order !== "") {
      const element = this.#root.activeElement;
      this.#opener = { element, order: route.order, scrolled: scrollPositions(this) };
    }
    store.setRoute(route);
    if (writeAddress)
      this.#router?.write(route, route.order !== "" && route.order !== former.order);
    if (route.order !== former.order) this.#moveFocus();
    // Back in the list, its rows are still there: poll for changes.
    void this.#load(route.order === "" && former.order !== "" && listsSameOrders(route, former));
  }

  /** Moves focus to the heading of what has opened, or back to where the reader came from. */
  #moveFocus(): void {
    this.#render();
    const opener = this.#store?.order === null ? this.#opener : null;
    if (opener === null) {
      this.#heading()?.focus({ preventScroll: true });
      if (this.getBoundingClientRect().top < 0) this.scrollIntoView({ block: "start" });
      return;
    }
    const { element, order, scrolled } = opener;
    for (const [scroller, top] of scrolled) scroller.scrollTo({ top, behavior: "instant" });
    const opened = element?.isConnected
      ? element
      : this.#list.querySelector(`[data-order="${CSS.escape(order)}"] button`);
    const target = opened instanceof HTMLElement ? opened : this.#heading();
    target?.focus({ preventScroll: true });
    target?.scrollIntoView({ block: "nearest" });
    this.#opener = null;
  }

  #heading(): HTMLElement | null {
    const shown = this.#store?.order === null ? this.#list : this.#order;
    return shown.querySelector("h2");
  }

  #readRoute(): void {
    this.#router?.stop();
    const prefix = this.getAttribute("state-in-url");
    this.#router = null;
    if (prefix === null) return;
    const name = `${prefix || "orders"}.`;
    this.#router = new Router(name, (route) => this.#navigate(route, false));
    const route = parseHash(location.hash, name);
    this.#typed = route.search;
    this.#store?.setRoute(route);
  }

  #settings(): Settings {
    const { language } = this.#format;
    const size = Math.trunc(Number(this.getAttribute("page-size")));
    return {
      locale: language === "de" ? "DE" : "EN",
      language,
      customer: this.getAttribute("customer") || null,
      pageSize: size >= 1 ? Math.min(size, MAX_PAGE_SIZE) : PAGE_SIZE,
    };
  }

  #pollSeconds(): number {
    const value = this.getAttribute("poll-seconds");
    const seconds = value === null ? NaN : Number(value);
    return Number.isFinite(seconds) ? seconds : POLL_SECONDS;
  }

  /** Uses the language of the attribute, else of the page, else of the browser. */
  #applyLocale(): void {
    const tag =
      this.getAttribute("locale") ||
      this.closest("[lang]")?.getAttribute("lang") ||
      document.documentElement.lang ||
      navigator.language;
    this.#format = formatFor(tag);
  }

  #storeChanged(announcement: Announcement | null): void {
    this.#scheduleRender();
    if (announcement !== null) this.#announce(announcement);
  }

  /** Tells screen readers what has changed. */
  #announce(announcement: Announcement): void {
    const text = this.#announcementText(announcement);
    // Screen readers skip a text that has not changed: a space makes it another one.
    this.#announcer.textContent = text === this.#announcer.textContent ? `${text}\u00a0` : text;
  }

  #announcementText(announcement: Announcement): string {
    if (announcement.kind === "order") {
      const { number, phaseLabel } = announcement.order;
      return this.#format.text("order.changed", { number, phase: phaseLabel });
    }
    const stem = { found: "found", more: "more.done", changed: "changes" } as const;
    return this.#format.count(stem[announcement.kind], announcement.count);
  }

  #reportError({ code, message, requestId }: Failure): void {
    const detail = { code, message, requestId };
    this.dispatchEvent(new CustomEvent("error", { detail, bubbles: true, composed: true }));
  }

  #view(): View | null {
    if (this.#store === null) return null;
    return {
      store: this.#store,
      format: this.#format,
      act: this.#act,
      online: navigator.onLine,
      typed: this.#typed,
    };
  }

  #scheduleRender(): void {
    if (this.#renderScheduled) return;
    this.#renderScheduled = true;
    queueMicrotask(() => this.#render());
  }

  #render(): void {
    this.#renderScheduled = false;
    const view = this.#view();
    if (view === null) return;
    const focused = this.#root.activeElement;
    const open = view.store.order !== null;
    // The list is not rendered while an order is open: the reader comes back to it as it was.
    if (open) patch(this.#order, orderView(view));
    else patch(this.#list, overview(view));
    this.#list.hidden = open;
    this.#order.hidden = !open;
    this.#root
      .querySelectorAll(".widget")
      .forEach((part) => part.setAttribute("lang", this.#format.tag));
    this.#announcer.lang = this.#format.tag;
    if (!(focused instanceof HTMLElement) || focused === this.#root.activeElement) return;
    // A moved node loses the focus: give it back. If the node is gone, focus the heading.
    (focused.isConnected ? focused : this.#heading())?.focus({ preventScroll: true });
  }
}

/** Whether both routes list the same orders. */
function listsSameOrders(one: Route, other: Route): boolean {
  return (Object.keys(DEFAULT_ROUTE) as Array<keyof Route>).every(
    (name) => name === "order" || one[name] === other[name],
  );
}
