// The state of the widget and everything that changes it. Views read it; they never write.
import {
  type Locale,
  WidgetOrder,
  type WidgetOrderData,
  WidgetOverview,
  type WidgetOverviewData,
  type WidgetOverviewRow as Row,
} from "../.generated/operations";
import { type Api, Failure } from "./api";
import { type Choice, countedBy, filterBy, NOTHING_CHOSEN, SORTS } from "./choice";
import { Marks } from "./marks";

export type Order = NonNullable<WidgetOrderData["order"]>;

/** The longest page that the server gives. */
const LONGEST_PAGE = 250;

export interface Setting {
  readonly locale: Locale;
  readonly language: string;
  readonly customer: string | null;
  readonly pageSize: number;
}

/** A question to the server, and how far it has come. */
interface Asked {
  loading: boolean;
  failure: Failure | null;
  /** When it was answered last. */
  at: number | null;
}

interface OverviewState extends Asked {
  data: WidgetOverviewData | null;
  rows: readonly Row[];
  more: string | null;
  loadingMore: boolean;
  /** What the rows are the answer to. */
  question: string;
}

interface OrderState extends Asked {
  readonly number: string;
  data: WidgetOrderData | null;
  /** How many entries of its history the reader has seen. */
  known: number;
  /** Whether it has changed before the reader's eyes. */
  moved: boolean;
}

/** What is worth telling a reader who cannot see the change. */
export type News =
  | { readonly kind: "found" | "more" | "changed"; readonly count: number }
  | { readonly kind: "order"; readonly order: Order };

export class Store {
  choice: Choice = NOTHING_CHOSEN;
  readonly marks = new Marks();
  readonly overview: OverviewState = {
    data: null,
    rows: [],
    more: null,
    loadingMore: false,
    question: "",
    loading: false,
    failure: null,
    at: null,
  };
  order: OrderState | null = null;
  /** The customer whose orders alone are listed. */
  customer: string | null = null;
  #listing: AbortController | null = null;
  #opening: AbortController | null = null;

  constructor(
    private api: Api,
    private setting: Setting,
    private readonly changed: (news: News | null) => void,
    private readonly failed: (failure: Failure) => void,
  ) {}

  /** Starts anew for another reader, customer, language or server. */
  reset(api: Api, setting: Setting): void {
    const other = api !== this.api || setting.customer !== this.setting.customer;
    this.api = api;
    this.setting = setting;
    this.stop();
    if (!other) return;
    Object.assign(this.overview, {
      data: null,
      rows: [],
      more: null,
      question: "",
      failure: null,
      at: null,
    });
    this.marks.forget();
    this.customer = null;
    if (this.order !== null) this.order = unasked(this.order.number);
  }

  stop(): void {
    this.#listing?.abort();
    this.#opening?.abort();
    this.overview.loading = this.overview.loadingMore = false;
  }

  /** Whether the rows are those of the choice, and not of the one before. */
  get answered(): boolean {
    return this.overview.question === this.#question;
  }

  /** Takes over a choice; what it needs that is not there is for `refresh` to get. */
  choose(choice: Choice): void {
    this.choice = choice;
    if (choice.order === (this.order?.number ?? "")) return;
    this.#opening?.abort();
    this.order = choice.order === "" ? null : unasked(choice.order);
  }

  /** Asks for what is shown now. `again` says that nothing was chosen since: changes are news. */
  async refresh(again: boolean): Promise<Failure | null> {
    return this.order === null ? this.#list(again) : this.#open(this.order, again);
  }

  async loadMore(): Promise<Failure | null> {
    const { overview } = this;
    const { more } = overview;
    if (more === null || overview.loadingMore) return null;
    const controller = this.#begin();
    overview.loadingMore = true;
    this.changed(null);
    return this.#settle(controller, overview, async (signal) => {
      const { pageSize } = this.setting;
      const { data } = await this.#ask(Math.min(pageSize, LONGEST_PAGE), more, signal);
      const page = pageOf(data);
      this.marks.meet(page.nodes);
      const known = new Set(overview.rows.map(({ id }) => id));
      const added = page.nodes.filter(({ id }) => !known.has(id));
      overview.rows = [...overview.rows, ...added];
      overview.more = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      return { kind: "more", count: added.length };
    });
  }

  get #question(): string {
    const { choice, setting } = this;
    return JSON.stringify([filterBy(choice, setting.customer), choice.sort, setting.pageSize]);
  }

  async #list(byTheWay: boolean): Promise<Failure | null> {
    const { overview, setting } = this;
    const again = byTheWay && this.answered;
    // A look by the way must not take the page that the reader waits for.
    if (again && overview.loadingMore) return null;
    const controller = this.#begin();
    const question = this.#question;
    overview.loading = true;
    this.changed(null);
    return this.#settle(controller, overview, async (signal) => {
      const shown = again ? Math.max(overview.rows.length, setting.pageSize) : setting.pageSize;
      const first = Math.min(Math.ceil(shown / setting.pageSize) * setting.pageSize, LONGEST_PAGE);
      const { data, unchanged } = await this.#ask(first, null, signal);
      if (unchanged && again) return null;
      const page = pageOf(data);
      const news = again ? this.marks.compare(page.nodes) : 0;
      if (!again) this.marks.meet(page.nodes);
      overview.question = question;
      const rest = again ? beyond(overview.rows, page.nodes) : [];
      overview.rows = [...page.nodes, ...rest];
      if (rest.length === 0) {
        overview.more = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      }
      overview.data = data;
      const named = data.viewer?.customer ?? page.nodes[0]?.customer;
      const one = Boolean(data.viewer?.customer) || setting.customer !== null;
      // A list without orders names no customer: it stays the one that was named before.
      this.customer = one ? (named?.name ?? this.customer) : null;
      if (!again) return { kind: "found", count: page.totalCount };
      return news > 0 ? { kind: "changed", count: news } : null;
    });
  }

  async #open(order: OrderState, again: boolean): Promise<Failure | null> {
    this.#opening?.abort();
    const controller = (this.#opening = new AbortController());
    order.loading = true;
    this.changed(null);
    return this.#settle(controller, order, async (signal) => {
      const { locale, language } = this.setting;
      const variables = { number: order.number, locale };
      const { data, unchanged } = await this.api.ask(WidgetOrder, variables, language, signal);
      const former = order.data?.order ?? null;
      order.data = data;
      if (data.order === null) return null;
      this.marks.see(data.order);
      if (former === null) order.known = data.order.history.length;
      const moved = again && !unchanged && former !== null && former.version !== data.order.version;
      order.moved ||= moved;
      return moved ? { kind: "order", order: data.order } : null;
    });
  }

  #begin(): AbortController {
    this.#listing?.abort();
    this.overview.loading = this.overview.loadingMore = false;
    this.#listing = new AbortController();
    return this.#listing;
  }

  #ask(first: number, after: string | null, signal: AbortSignal) {
    const { choice, setting } = this;
    const { customer, locale } = setting;
    const variables = {
      locale,
      ...(customer === null ? {} : { customer }),
      filter: filterBy(choice, customer),
      counted: countedBy(choice, customer),
      orderBy: SORTS[choice.sort],
      first,
      ...(after === null ? {} : { after }),
      whole: after === null,
    };
    return this.api.ask(WidgetOverview, variables, setting.language, signal);
  }

  async #settle(
    controller: AbortController,
    asked: Asked & { loadingMore?: boolean },
    get: (signal: AbortSignal) => Promise<News | null>,
  ): Promise<Failure | null> {
    let news: News | null = null;
    let failure: Failure | null = null;
    try {
      news = await get(controller.signal);
      asked.at = Date.now();
    } catch (reason) {
      if (controller.signal.aborted) return null;
      failure =
        reason instanceof Failure ? reason : new Failure("server", "CLIENT", String(reason));
    }
    if (controller.signal.aborted) return null;
    asked.failure = failure;
    asked.loading = false;
    if (asked.loadingMore !== undefined) asked.loadingMore = false;
    this.changed(news);
    if (failure !== null) this.failed(failure);
    return failure;
  }
}

/** The rows below the longest page, as they were read: those that new ones push there, too. */
function beyond(rows: readonly Row[], page: readonly Row[]): readonly Row[] {
  if (rows.length <= LONGEST_PAGE) return [];
  const shown = new Set(rows.slice(0, LONGEST_PAGE).map(({ id }) => id));
  const fresh = new Set(page.map(({ id }) => id));
  const came = page.filter(({ id }) => !shown.has(id)).length;
  return rows.slice(LONGEST_PAGE - came).filter(({ id }) => !fresh.has(id));
}

function unasked(number: string): OrderState {
  return { number, data: null, known: 0, moved: false, loading: true, failure: null, at: null };
}

/** The list of an answer. Without the permission to read orders there is none. */
function pageOf(data: WidgetOverviewData): NonNullable<WidgetOverviewData["orders"]> {
  if (data.orders === null) {
    throw new Failure("forbidden", "FORBIDDEN", "The session may not read orders.");
  }
  return data.orders;
}
