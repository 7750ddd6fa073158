// The widget's state, and everything that changes it. Views only read it.
import {
  type Locale,
  WidgetOrder,
  type WidgetOrderData,
  WidgetOverview,
  type WidgetOverviewData,
  type WidgetOverviewRow as Row,
} from "../.generated/operations";
import { type Api, Failure } from "./api";
import { type Route, summaryFilter, listFilter, DEFAULT_ROUTE, SORTS } from "./route";
import { UnreadOrders } from "./unread";

export type Order = NonNullable<WidgetOrderData["order"]>;

/** The server's limit for `first`. */
export const MAX_PAGE_SIZE = 250;

export interface Settings {
  readonly locale: Locale;
  readonly language: string;
  readonly customer: string | null;
  readonly pageSize: number;
}

/** A request and its progress. */
interface RequestState {
  loading: boolean;
  failure: Failure | null;
  /** When it last succeeded, in milliseconds since 1970. */
  at: number | null;
}

interface OverviewState extends RequestState {
  data: WidgetOverviewData | null;
  rows: readonly Row[];
  /** The cursor of the next page; null if there is none. */
  nextPage: string | null;
  loadingMore: boolean;
  /** Identifies the request that the rows answer. */
  requestKey: string;
}

interface OrderState extends RequestState {
  readonly number: string;
  data: WidgetOrderData | null;
  /** How many entries of the history were there when the order was opened. */
  historySeen: number;
  /** Whether it has changed since it was opened. */
  changed: boolean;
}

/** A change to announce to screen readers. */
export type Announcement =
  | { readonly kind: "found" | "more" | "changed"; readonly count: number }
  | { readonly kind: "order"; readonly order: Order };

export class Store {
  route: Route = DEFAULT_ROUTE;
  readonly unread = new UnreadOrders();
  readonly overview: OverviewState = {
    data: null,
    rows: [],
    nextPage: null,
    loadingMore: false,
    requestKey: "",
    loading: false,
    failure: null,
    at: null,
  };
  order: OrderState | null = null;
  /** The customer's name, if all listed orders are one customer's. */
  customer: string | null = null;
  #listRequest: AbortController | null = null;
  #orderRequest: AbortController | null = null;

  constructor(
    private api: Api,
    private settings: Settings,
    private readonly onChange: (announcement: Announcement | null) => void,
    private readonly onFailure: (failure: Failure) => void,
  ) {}

  /** Applies new settings. Drops all data if the server or the customer has changed. */
  reset(api: Api, settings: Settings): void {
    const isOther = api !== this.api || settings.customer !== this.settings.customer;
    this.api = api;
    this.settings = settings;
    this.stop();
    if (!isOther) return;
    Object.assign(this.overview, {
      data: null,
      rows: [],
      nextPage: null,
      requestKey: "",
      failure: null,
      at: null,
    });
    this.unread.clear();
    this.customer = null;
    if (this.order !== null) this.order = unloaded(this.order.number);
  }

  stop(): void {
    this.#listRequest?.abort();
    this.#orderRequest?.abort();
    this.overview.loading = this.overview.loadingMore = false;
  }

  /** Whether the rows are those of the current route, not of the one before. */
  get isCurrent(): boolean {
    return this.overview.requestKey === this.#requestKey;
  }

  /** Sets the route. `refresh` loads its data. */
  setRoute(route: Route): void {
    this.route = route;
    if (route.order === (this.order?.number ?? "")) return;
    this.#orderRequest?.abort();
    this.order = route.order === "" ? null : unloaded(route.order);
  }

  /** Loads what the route shows. With `poll`, changes since the last request are announced. */
  async refresh(poll: boolean): Promise<Failure | null> {
    return this.order === null ? this.#loadList(poll) : this.#loadOrder(this.order, poll);
  }

  async loadMore(): Promise<Failure | null> {
    const { overview } = this;
    const { nextPage } = overview;
    if (nextPage === null || overview.loadingMore) return null;
    const controller = this.#startListRequest();
    overview.loadingMore = true;
    this.onChange(null);
    return this.#run(controller, overview, async (signal) => {
      const { pageSize } = this.settings;
      const { data } = await this.#queryList(Math.min(pageSize, MAX_PAGE_SIZE), nextPage, signal);
      const page = pageOf(data);
      this.unread.add(page.nodes);
      const known = new Set(overview.rows.map(({ id }) => id));
      const added = page.nodes.filter(({ id }) => !known.has(id));
      overview.rows = [...overview.rows, ...added];
      overview.nextPage = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      return { kind: "more", count: added.length };
    });
  }

  get #requestKey(): string {
    const { route, settings } = this;
    return JSON.stringify([listFilter(route, settings.customer), route.sort, settings.pageSize]);
  }

  async #loadList(poll: boolean): Promise<Failure | null> {
    const { overview, settings } = this;
    const again = poll && this.isCurrent;
    // A poll must not cancel the next page that the reader waits for.
    if (again && overview.loadingMore) return null;
    const controller = this.#startListRequest();
    const requestKey = this.#requestKey;
    overview.loading = true;
    this.onChange(null);
    return this.#run(controller, overview, async (signal) => {
      const shown = again ? Math.max(overview.rows.length, settings.pageSize) : settings.pageSize;
      const first = Math.min(
        Math.ceil(shown / settings.pageSize) * settings.pageSize,
        MAX_PAGE_SIZE,
      );
      const { data, unchanged } = await this.#queryList(first, null, signal);
      if (unchanged && again) return null;
      const page = pageOf(data);
      const changes = again ? this.unread.update(page.nodes) : 0;
      if (!again) this.unread.add(page.nodes);
      overview.requestKey = requestKey;
      const rest = again ? rowsBelow(overview.rows, page.nodes) : [];
      overview.rows = [...page.nodes, ...rest];
      if (rest.length === 0) {
        overview.nextPage = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      }
      overview.data = data;
      const customer = data.viewer?.customer ?? page.nodes[0]?.customer;
      const isOne = Boolean(data.viewer?.customer) || settings.customer !== null;
      // An empty list names no customer: keep the name known before.
      this.customer = isOne ? (customer?.name ?? this.customer) : null;
      if (!again) return { kind: "found", count: page.totalCount };
      return changes > 0 ? { kind: "changed", count: changes } : null;
    });
  }

  async #loadOrder(order: OrderState, poll: boolean): Promise<Failure | null> {
    this.#orderRequest?.abort();
    const controller = (this.#orderRequest = new AbortController());
    order.loading = true;
    this.onChange(null);
    return this.#run(controller, order, async (signal) => {
      const { locale, language } = this.settings;
      const variables = { number: order.number, locale };
      const { data, unchanged } = await this.api.query(WidgetOrder, variables, language, signal);
      const former = order.data?.order ?? null;
      order.data = data;
      if (data.order === null) return null;
      this.unread.markRead(data.order);
      if (former === null) order.historySeen = data.order.history.length;
      const changed =
        poll && !unchanged && former !== null && former.version !== data.order.version;
      order.changed ||= changed;
      return changed ? { kind: "order", order: data.order } : null;
    });
  }

  #startListRequest(): AbortController {
    this.#listRequest?.abort();
    this.overview.loading = this.overview.loadingMore = false;
    this.#listRequest = new AbortController();
    return this.#listRequest;
  }

  #queryList(first: number, after: string | null, signal: AbortSignal) {
    const { route, settings } = this;
    const { customer, locale } = settings;
    const variables = {
      locale,
      ...(customer === null ? {} : { customer }),
      filter: listFilter(route, customer),
      summaryFilter: summaryFilter(route, customer),
      orderBy: SORTS[route.sort],
      first,
      ...(after === null ? {} : { after }),
      firstPage: after === null,
    };
    return this.api.query(WidgetOverview, variables, settings.language, signal);
  }

  async #run(
    controller: AbortController,
    request: RequestState & { loadingMore?: boolean },
    get: (signal: AbortSignal) => Promise<Announcement | null>,
  ): Promise<Failure | null> {
    let announcement: Announcement | null = null;
    let failure: Failure | null = null;
    try {
      announcement = await get(controller.signal);
      request.at = Date.now();
    } catch (reason) {
      if (controller.signal.aborted) return null;
      failure =
        reason instanceof Failure ? reason : new Failure("server", "CLIENT", String(reason));
    }
    if (controller.signal.aborted) return null;
    request.failure = failure;
    request.loading = false;
    if (request.loadingMore !== undefined) request.loadingMore = false;
    this.onChange(announcement);
    if (failure !== null) this.onFailure(failure);
    return failure;
  }
}

/**
 * The rows to keep below a reloaded first page, if more are loaded than a page can hold. Includes
 * those that new orders have pushed off the page.
 */
function rowsBelow(rows: readonly Row[], page: readonly Row[]): readonly Row[] {
  if (rows.length <= MAX_PAGE_SIZE) return [];
  const shown = new Set(rows.slice(0, MAX_PAGE_SIZE).map(({ id }) => id));
  const onPage = new Set(page.map(({ id }) => id));
  const added = page.filter(({ id }) => !shown.has(id)).length;
  return rows.slice(MAX_PAGE_SIZE - added).filter(({ id }) => !onPage.has(id));
}

function unloaded(number: string): OrderState {
  return {
    number,
    data: null,
    historySeen: 0,
    changed: false,
    loading: true,
    failure: null,
    at: null,
  };
}

/** The list of a response. Raises Failure if the session may not read orders. */
function pageOf(data: WidgetOverviewData): NonNullable<WidgetOverviewData["orders"]> {
  if (data.orders === null) {
    throw new Failure("forbidden", "FORBIDDEN", "The session may not read orders.");
  }
  return data.orders;
}
