// The custom element: what a page sets, what it is told, and where focus goes.
import { Api, type Failure } from "./api";
import { type Choice, fromHash, NOTHING_CHOSEN } from "./choice";
import { patch } from "./dom";
import { Address } from "./address";
import { formatFor } from "./format";
import { placesAround } from "./places";
import { Poller } from "./poller";
import { type News, type Setting, Store } from "./store";
import { sheets } from "./styles";
import { type TokenProvider, Tokens } from "./tokens";
import { orderView } from "./views/order";
import { overview } from "./views/overview";
import type { Actions, OrderReference, View } from "./views/view";

const ENDPOINT = new URL("/graphql", import.meta.url).href;
const PAUSE_OF_TYPING = 300;
/** So long a page may take to give a token before the reader is told that there is none. */
const PATIENCE = 3_000;
const PAGE_SIZE = 25;
const POLL_SECONDS = 15;
/** How often "3 minutes ago" is told anew. */
const TICK = 30_000;

/** From where the reader has opened an order. */
interface Opener {
  readonly element: Element | null;
  readonly order: string;
  readonly places: ReadonlyArray<readonly [Element, number]>;
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
  readonly #said = document.createElement("div");
  readonly #tokens = new Tokens();
  #api: Api | null = null;
  #store: Store | null = null;
  #poller: Poller | null = null;
  #address: Address | null = null;
  #format = formatFor("de");
  #listening = new AbortController();
  #typed = "";
  #typing: ReturnType<typeof setTimeout> | undefined;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #ticking: ReturnType<typeof setInterval> | undefined;
  #drawn = true;
  #opener: Opener | null = null;
  #choice: Choice = NOTHING_CHOSEN;

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
    this.#said.className = "quiet";
    this.#said.setAttribute("role", "status");
    this.#root.append(this.#list, this.#order, this.#said);
  }

  /** Called for a token: first, whenever one was refused, and shortly before one ends. */
  get tokenProvider(): TokenProvider | null {
    return this.#tokens.provider;
  }

  set tokenProvider(provider: TokenProvider | null) {
    this.#tokens.provider = provider;
    // A page may well give an equal function again and again: only what is missing is asked for.
    if (this.#shown?.at === null || this.#shown?.failure?.kind === "session") this.#begin();
  }

  connectedCallback(): void {
    // The page may have set the property before this class was there.
    if (Object.hasOwn(this, "tokenProvider")) {
      const { tokenProvider } = this;
      Reflect.deleteProperty(this, "tokenProvider");
      this.tokenProvider = tokenProvider;
    }
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    for (const type of ["online", "offline"])
      addEventListener(type, () => this.#draw(), { signal });
    this.#tokens.give(this.getAttribute("token"));
    this.#api = new Api(this.getAttribute("endpoint") || ENDPOINT, this.#tokens);
    this.#speak();
    this.#store = new Store(
      this.#api,
      this.#setting(),
      (news) => this.#changed(news),
      (failure) => this.#tell(failure),
    );
    this.#poller = new Poller(
      () => this.#store?.refresh(true) ?? Promise.resolve(null),
      () => this.#pollSeconds(),
    );
    this.#ticking = setInterval(() => !document.hidden && this.#draw(), TICK);
    // An element that moves in its page shows what it has shown.
    this.#store.choose(this.#choice);
    this.#readAddress();
    this.#draw();
    this.#begin();
  }

  disconnectedCallback(): void {
    this.#listening.abort();
    this.#choice = this.#store?.choice ?? NOTHING_CHOSEN;
    this.#store?.stop();
    this.#poller?.stop();
    this.#address?.stop();
    for (const timer of [this.#typing, this.#waiting]) clearTimeout(timer);
    clearInterval(this.#ticking);
    this.#store = this.#poller = this.#address = null;
  }

  attributeChangedCallback(name: string, former: string | null, value: string | null): void {
    if (this.#store === null || former === value) return;
    if (name === "token") {
      this.#tokens.give(value);
      if (this.#shown?.at === null || this.#shown?.failure) this.#begin();
      return;
    }
    if (name === "state-in-url") {
      this.#readAddress();
    } else if (name === "poll-seconds") {
      this.#poller?.looked(null);
      return;
    } else if (name === "endpoint") {
      this.#api = new Api(value || ENDPOINT, this.#tokens);
    }
    this.#speak();
    if (this.#api !== null) this.#store.reset(this.#api, this.#setting());
    this.#draw();
    this.#begin();
  }

  /** What is shown now, and how far it has come. */
  get #shown() {
    return this.#store?.order ?? this.#store?.overview ?? null;
  }

  /** Asks, as soon as there is a token to ask with. */
  #begin(): void {
    if (this.#store === null) return;
    clearTimeout(this.#waiting);
    if (this.#shown?.at === null) this.#said.textContent = this.#format.say("loading");
    const ready = this.#tokens.provider !== null || this.getAttribute("token");
    if (ready) void this.#load(false);
    else this.#waiting = setTimeout(() => void this.#load(false), PATIENCE);
  }

  async #load(again: boolean): Promise<void> {
    const failure = (await this.#store?.refresh(again)) ?? null;
    this.#poller?.looked(failure);
  }

  async #more(): Promise<void> {
    const shown = this.#store?.overview.rows.length ?? 0;
    const failure = (await this.#store?.loadMore()) ?? null;
    this.#poller?.looked(failure);
    this.#drawNow();
    // With the last page the button is gone that had the focus: reading goes on below.
    if (this.#root.activeElement === this.#heading()) {
      this.#list.querySelectorAll<HTMLElement>(".open")[shown]?.focus({ preventScroll: true });
    }
  }

  readonly #act: Actions = {
    choose: (part) => this.#choose({ ...part, order: "" }),
    type: (search) => {
      this.#typed = search;
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#choose({ search }), PAUSE_OF_TYPING);
    },
    open: (order) => this.#open(order),
    back: () => {
      if (this.#address?.back() !== true) this.#choose({ order: "" });
    },
    more: () => void this.#more(),
    retry: () => void this.#load(this.#shown?.at !== null),
    seen: () => {
      this.#store?.marks.seeAll();
      this.#draw();
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
    if (this.dispatchEvent(event)) this.#choose({ order: order.number });
  }

  #choose(part: Partial<Choice>, written = true): void {
    const store = this.#store;
    if (store === null) return;
    clearTimeout(this.#typing);
    if (part.search !== undefined) this.#typed = part.search;
    this.#draw();
    const former = store.choice;
    const choice = { ...former, ...part };
    // What others do with the address, the widget need not answer.
    if (choice.order === former.order && sameList(choice, former)) return;
    if (former.order === "" && choice.order !== "") {
      const element = this.#root.activeElement;
      this.#opener = { element, order: choice.order, places: placesAround(this) };
    }
    store.choose(choice);
    if (written) this.#address?.write(choice, choice.order !== "" && choice.order !== former.order);
    if (choice.order !== former.order) this.#moveFocus();
    // Back in the list, what was chosen is there already, and is looked at again.
    void this.#load(choice.order === "" && former.order !== "" && sameList(choice, former));
  }

  /** To the heading of what has opened, or back to where the reader came from. */
  #moveFocus(): void {
    this.#drawNow();
    const opener = this.#store?.order === null ? this.#opener : null;
    if (opener === null) {
      this.#heading()?.focus({ preventScroll: true });
      if (this.getBoundingClientRect().top < 0) this.scrollIntoView({ block: "start" });
      return;
    }
    const { element, order, places } = opener;
    for (const [scroller, top] of places) scroller.scrollTo({ top, behavior: "instant" });
    const again = element?.isConnected
      ? element
      : this.#list.querySelector(`[data-order="${CSS.escape(order)}"] button`);
    const target = again instanceof HTMLElement ? again : this.#heading();
    target?.focus({ preventScroll: true });
    target?.scrollIntoView({ block: "nearest" });
    this.#opener = null;
  }

  #heading(): HTMLElement | null {
    const shown = this.#store?.order === null ? this.#list : this.#order;
    return shown.querySelector("h2");
  }

  #readAddress(): void {
    this.#address?.stop();
    const prefix = this.getAttribute("state-in-url");
    this.#address = null;
    if (prefix === null) return;
    const name = `${prefix || "orders"}.`;
    this.#address = new Address(name, (choice) => this.#choose(choice, false));
    const choice = fromHash(location.hash, name);
    this.#typed = choice.search;
    this.#store?.choose(choice);
  }

  #setting(): Setting {
    const { language } = this.#format;
    const size = Math.trunc(Number(this.getAttribute("page-size")));
    return {
      locale: language === "de" ? "DE" : "EN",
      language,
      customer: this.getAttribute("customer") || null,
      pageSize: size >= 1 ? Math.min(size, 250) : PAGE_SIZE,
    };
  }

  #pollSeconds(): number {
    const given = this.getAttribute("poll-seconds");
    const seconds = given === null ? NaN : Number(given);
    return Number.isFinite(seconds) ? seconds : POLL_SECONDS;
  }

  /** Takes on the language of the attribute, else of the page, else of the browser. */
  #speak(): void {
    const given =
      this.getAttribute("locale") ||
      this.closest("[lang]")?.getAttribute("lang") ||
      document.documentElement.lang ||
      navigator.language;
    this.#format = formatFor(given);
  }

  #changed(news: News | null): void {
    this.#draw();
    if (news !== null) this.#say(news);
  }

  /** For those who cannot see that something has changed. */
  #say(news: News): void {
    const text = this.#wordsFor(news);
    // The same words again would not be read out: a space makes them others.
    this.#said.textContent = text === this.#said.textContent ? `${text}\u00a0` : text;
  }

  #wordsFor(news: News): string {
    if (news.kind === "order") {
      const { number, phaseLabel } = news.order;
      return this.#format.say("order.changed", { number, phase: phaseLabel });
    }
    const stem = { found: "found", more: "more.done", changed: "changes" } as const;
    return this.#format.count(stem[news.kind], news.count);
  }

  #tell({ code, message, requestId }: Failure): void {
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

  #draw(): void {
    if (!this.#drawn) return;
    this.#drawn = false;
    queueMicrotask(() => this.#drawNow());
  }

  #drawNow(): void {
    this.#drawn = true;
    const view = this.#view();
    if (view === null) return;
    const focused = this.#root.activeElement;
    const open = view.store.order !== null;
    // The list stays as it was while an order is open: its place is there to come back to.
    if (open) patch(this.#order, orderView(view));
    else patch(this.#list, overview(view));
    this.#list.hidden = open;
    this.#order.hidden = !open;
    this.#root
      .querySelectorAll(".widget")
      .forEach((part) => part.setAttribute("lang", this.#format.tag));
    this.#said.lang = this.#format.tag;
    if (!(focused instanceof HTMLElement) || focused === this.#root.activeElement) return;
    // A node that had to change places has lost the focus on its way; one that is gone, for good.
    (focused.isConnected ? focused : this.#heading())?.focus({ preventScroll: true });
  }
}

/** Whether both choices list the same orders. */
function sameList(one: Choice, other: Choice): boolean {
  return (Object.keys(NOTHING_CHOSEN) as Array<keyof Choice>).every(
    (name) => name === "order" || one[name] === other[name],
  );
}
