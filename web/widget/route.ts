// The route: filters, search, sorting and the open order; as a query and as a URL fragment.
import type { BusinessCase, OrderFilter, OrderSort, OrderStatus } from "../.generated/operations";
import { startOfDay } from "./zone";

export type Attention = "action" | "delayed";

export interface Route {
  readonly status: OrderStatus | "";
  readonly attention: Attention | "";
  readonly businessCase: BusinessCase | "";
  /** The last so many days, or "custom" for `from` to `to`, both ISO dates: "2026-11-25". */
  readonly period: string;
  readonly from: string;
  readonly to: string;
  readonly search: string;
  readonly sort: Sort;
  /** The number of the open order; "" for the overview. */
  readonly order: string;
}

export const SORTS = {
  changed: { field: "UPDATED_AT", direction: "DESC" },
  received: { field: "RECEIVED_AT", direction: "DESC" },
  oldest: { field: "RECEIVED_AT", direction: "ASC" },
  expected: { field: "EXPECTED_COMPLETION_DATE", direction: "ASC" },
  number: { field: "NUMBER", direction: "ASC" },
} as const satisfies Record<string, OrderSort>;
export type Sort = keyof typeof SORTS;

export const PERIODS = ["7", "30", "90", "365"] as const;
const STATUSES: readonly string[] = ["IN_PROGRESS", "COMPLETED", "ERROR"] satisfies OrderStatus[];

/** The filters that match every order. */
export const NO_FILTERS = {
  status: "",
  attention: "",
  businessCase: "",
  period: "",
  from: "",
  to: "",
  search: "",
} as const satisfies Partial<Route>;

export const DEFAULT_ROUTE: Route = {
  ...NO_FILTERS,
  sort: "changed",
  order: "",
};

/** Whether the route's filters can exclude orders. */
export function isFiltered(route: Route): boolean {
  const { status, attention, businessCase, search } = route;
  return Boolean(status || attention || businessCase || search || rangeOf(route));
}

/** The filter of the figures, which count orders by status: every condition except the status. */
export function summaryFilter(route: Route, customer: string | null): OrderFilter {
  const received = rangeOf(route);
  return {
    ...(customer ? { customer } : {}),
    ...(route.attention === "action" ? { needsAction: true } : {}),
    ...(route.attention === "delayed" ? { delayed: true } : {}),
    ...(route.businessCase ? { businessCase: [route.businessCase] } : {}),
    ...(received ? { received } : {}),
    ...(route.search.trim() ? { search: route.search.trim() } : {}),
  };
}

/** The filter of the list. */
export function listFilter(route: Route, customer: string | null): OrderFilter {
  const status = route.status ? { status: [route.status] } : {};
  return { ...summaryFilter(route, customer), ...status };
}

/** Reads the route from a URL fragment. Unknown values are ignored: a fragment can be forged. */
export function parseHash(hash: string, prefix: string): Route {
  const parameters = new Map(
    partsOf(hash)
      .filter((part) => part.startsWith(prefix))
      .map((part) => {
        const [name = "", value = ""] = part.slice(prefix.length).split("=", 2);
        return [name, decoded(value)] as const;
      }),
  );
  // Cut by code points, so that no surrogate pair is split. The server rejects NUL.
  const text = (name: keyof Route): string =>
    [...(parameters.get(name) ?? "").replaceAll("\0", "")].slice(0, 200).join("");
  const oneOf = <T extends string>(name: keyof Route, allowed: readonly string[]): T | "" =>
    allowed.includes(text(name)) ? (text(name) as T) : "";
  return {
    status: oneOf("status", STATUSES),
    attention: oneOf("attention", ["action", "delayed"]),
    businessCase: (text("businessCase").match(/^[A-Z_]+$/)?.[0] ?? "") as Route["businessCase"],
    period: oneOf("period", [...PERIODS, "custom"]),
    from: validDay(text("from")),
    to: validDay(text("to")),
    search: text("search"),
    sort: oneOf<Sort>("sort", Object.keys(SORTS)) || "changed",
    order: text("order"),
  };
}

/** The URL fragment with the route in it. Parameters without the prefix are kept. */
export function formatHash(route: Route, hash: string, prefix: string): string {
  const others = partsOf(hash).filter((part) => !part.startsWith(prefix));
  const own = Object.entries(route)
    .filter(([name, value]) => value !== DEFAULT_ROUTE[name as keyof Route])
    .map(([name, value]) => `${prefix}${name}=${encodeURIComponent(String(value))}`);
  return [...others, ...own].join("&");
}

function rangeOf({ period, from, to }: Route): { from?: string; to?: string } | null {
  const today = new Date();
  if (period !== "" && period !== "custom") {
    return { from: startOfDay(today, 1 - Number(period)) };
  }
  const [first, last] = period === "" ? ["", ""] : [validDay(from), validDay(to)];
  if (first === "" && last === "") return null;
  return {
    ...(first ? { from: startOfDay(new Date(`${first}T12:00:00Z`)) } : {}),
    // The filter's end is exclusive: the range ends where the day after the last one starts.
    ...(last ? { to: startOfDay(new Date(`${last}T12:00:00Z`), 1) } : {}),
  };
}

/** The text if it is a date; else "", as while a year is being typed. */
function validDay(text: string): string {
  const wellFormed = /^[1-9]\d{3}-\d\d-\d\d$/.test(text);
  return wellFormed && !Number.isNaN(Date.parse(`${text}T12:00:00Z`)) ? text : "";
}

function partsOf(hash: string): string[] {
  return hash
    .replace(/^#/, "")
    .split("&")
    .filter((part) => part !== "");
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return "";
  }
}
