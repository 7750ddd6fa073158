// What the reader has chosen to see, what is asked for it, and how it is kept in the page's address.
import type { BusinessCase, OrderFilter, OrderSort, OrderStatus } from "../.generated/operations";
import { startOfDay } from "./zone";

export type Attention = "action" | "delayed";

export interface Choice {
  readonly status: OrderStatus | "";
  readonly attention: Attention | "";
  readonly businessCase: BusinessCase | "";
  /** Days until today, or "custom" for `from` and `to`, which are days: "2026-11-25". */
  readonly period: string;
  readonly from: string;
  readonly to: string;
  readonly search: string;
  readonly sort: Sort;
  /** The number of the order that is open. */
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

/** No order is left out. */
export const NO_CONDITIONS = {
  status: "",
  attention: "",
  businessCase: "",
  period: "",
  from: "",
  to: "",
  search: "",
} as const satisfies Partial<Choice>;

export const NOTHING_CHOSEN: Choice = {
  ...NO_CONDITIONS,
  sort: "changed",
  order: "",
};

/** Whether the choice leaves orders out. */
export function isNarrowed(choice: Choice): boolean {
  const { status, attention, businessCase, search } = choice;
  return Boolean(status || attention || businessCase || search || rangeOf(choice));
}

/** The orders among which those of each status are counted: all conditions but the status. */
export function countedBy(choice: Choice, customer: string | null): OrderFilter {
  const received = rangeOf(choice);
  return {
    ...(customer ? { customer } : {}),
    ...(choice.attention === "action" ? { needsAction: true } : {}),
    ...(choice.attention === "delayed" ? { delayed: true } : {}),
    ...(choice.businessCase ? { businessCase: [choice.businessCase] } : {}),
    ...(received ? { received } : {}),
    ...(choice.search.trim() ? { search: choice.search.trim() } : {}),
  };
}

export function filterBy(choice: Choice, customer: string | null): OrderFilter {
  const status = choice.status ? { status: [choice.status] } : {};
  return { ...countedBy(choice, customer), ...status };
}

/** The choice that an address' fragment holds. Whatever it does not know is left out. */
export function fromHash(hash: string, prefix: string): Choice {
  const found = new Map(
    partsOf(hash)
      .filter((part) => part.startsWith(prefix))
      .map((part) => {
        const [name = "", value = ""] = part.slice(prefix.length).split("=", 2);
        return [name, decoded(value)] as const;
      }),
  );
  // By characters, so that none is cut in two; the server takes no NUL.
  const text = (name: keyof Choice): string =>
    [...(found.get(name) ?? "").replaceAll("\0", "")].slice(0, 200).join("");
  const one = <T extends string>(name: keyof Choice, known: readonly string[]): T | "" =>
    known.includes(text(name)) ? (text(name) as T) : "";
  return {
    status: one(`status`, STATUSES),
    attention: one("attention", ["action", "delayed"]),
    businessCase: (text("businessCase").match(/^[A-Z_]+$/)?.[0] ?? "") as Choice["businessCase"],
    period: one("period", [...PERIODS, "custom"]),
    from: knownDay(text("from")),
    to: knownDay(text("to")),
    search: text("search"),
    sort: one<Sort>("sort", Object.keys(SORTS)) || "changed",
    order: text("order"),
  };
}

/** The fragment with the choice in it; the parts of others stay. */
export function toHash(choice: Choice, hash: string, prefix: string): string {
  const others = partsOf(hash).filter((part) => !part.startsWith(prefix));
  const own = Object.entries(choice)
    .filter(([name, value]) => value !== NOTHING_CHOSEN[name as keyof Choice])
    .map(([name, value]) => `${prefix}${name}=${encodeURIComponent(String(value))}`);
  return [...others, ...own].join("&");
}

function rangeOf({ period, from, to }: Choice): { from?: string; to?: string } | null {
  const today = new Date();
  if (period !== "" && period !== "custom") {
    return { from: startOfDay(today, 1 - Number(period)) };
  }
  const [first, last] = period === "" ? ["", ""] : [knownDay(from), knownDay(to)];
  if (first === "" && last === "") return null;
  return {
    ...(first ? { from: startOfDay(new Date(`${first}T12:00:00Z`)) } : {}),
    // The end is exclusive: the day that the reader named still counts.
    ...(last ? { to: startOfDay(new Date(`${last}T12:00:00Z`), 1) } : {}),
  };
}

/** The day; nothing if there is none, as with a year that is being typed or a made-up address. */
function knownDay(text: string): string {
  const written = /^[1-9]\d{3}-\d\d-\d\d$/.test(text);
  return written && !Number.isNaN(Date.parse(`${text}T12:00:00Z`)) ? text : "";
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
