// The input of every view, and the components that views share.
import type { ActionParty, OrderStatus } from "../../.generated/operations";
import { Failure } from "../api";
import { type Route, NO_FILTERS } from "../route";
import { type Child, type Markup, h } from "../dom";
import type { Format } from "../format";
import { type Icon, ICON_OF_STATUS, icon } from "../icons";
import type { Store } from "../store";

export interface OrderReference {
  readonly id: string;
  readonly number: string;
}

/** The reader's actions. */
export interface Actions {
  /** Changes a part of the route. */
  navigate(part: Partial<Route>): void;
  /** Takes the search while it is typed, and applies it when the reader pauses. */
  typeSearch(search: string): void;
  open(order: OrderReference): void;
  back(): void;
  loadMore(): void;
  refresh(): void;
  markAllRead(): void;
}

export interface View {
  readonly store: Store;
  readonly format: Format;
  readonly act: Actions;
  readonly online: boolean;
  /** The text of the search field: ahead of the route while the reader types. */
  readonly typed: string;
}

/** The status as an icon and text. */
export function statusOf(status: OrderStatus, label: string, key?: string): Markup {
  return h(
    "span",
    { ...(key ? { key } : {}), class: "status", part: "status", "data-status": status },
    icon(ICON_OF_STATUS[status]),
    label,
  );
}

/** A short label such as "Delayed". */
export function badge(kind: string, name: Icon, text: string): Markup {
  return h("span", { class: `badge ${kind}`, part: "badge", "data-badge": kind }, icon(name), text);
}

/** A relative time. Its title is the exact time. */
export function since({ format }: View, iso: string): Markup {
  return h("time", { datetime: iso, title: format.instant(iso) }, format.ago(iso));
}

export function instant({ format }: View, iso: string): Markup {
  return h("time", { datetime: iso }, format.instant(iso));
}

export function day({ format }: View, iso: string): Markup {
  return h("time", { datetime: iso }, format.day(iso));
}

/** Says who must act, from the reader's point of view. */
export function actorText(view: View, party: ActionParty): string {
  const { format } = view;
  if (isReader(view, party)) return format.text("act.you");
  const isOwnPartner = party === "PARTNER" && isCustomerSession(view);
  const name = isOwnPartner ? format.text("party.yourPartner") : format.value("party", party);
  return format.text("act.other", { party: name });
}

export function isReader(view: View, party: ActionParty): boolean {
  return party === (isCustomerSession(view) ? "CUSTOMER" : "PARTNER");
}

/** Whether the session is one of a customer, not of a tenant. */
export function isCustomerSession({ store }: View): boolean {
  const viewer = store.order?.data?.viewer ?? store.overview.data?.viewer;
  return Boolean(viewer?.customer);
}

/** Whether the session has the scope. Fields that need a scope it lacks are null. */
export function hasScope({ store }: View, scope: string): boolean {
  return store.order?.data?.viewer.scopes.includes(scope) ?? false;
}

/** The time of the last load, and the button to load again. */
export function refreshBar({ format, act }: View, at: number | null, loading: boolean): Markup {
  const none = format.text(loading ? "loading" : "notUpdated");
  const words = at === null ? none : format.text("updatedAt", { time: format.clock(at) });
  return h(
    "div",
    { key: "fresh", class: "fresh", part: "fresh" },
    h("span", {}, words),
    h(
      "button",
      {
        type: "button",
        class: loading ? "round turning" : "round",
        "aria-label": format.text("refresh"),
        title: format.text("refresh"),
        onclick: act.refresh,
      },
      icon("refresh"),
    ),
  );
}

/** The notice of a failed request or of being offline; null if there is nothing to report. */
export function failureNotice(
  view: View,
  request: { failure: Failure | null; at: number | null },
): Child {
  const offline = view.online ? null : new Failure("offline", "OFFLINE", "");
  const failure = offline ?? request.failure;
  return failure && notice(view, failure, request.at);
}

function notice(view: View, failure: Failure, at: number | null): Markup {
  const { format, act } = view;
  const facts = [
    at === null ? null : format.text("failure.stale", { time: format.clock(at) }),
    failure.requestId === null ? null : format.text("failure.requestId", { id: failure.requestId }),
  ];
  return h(
    "div",
    {
      key: "notice",
      class: "notice",
      part: "notice",
      role: "alert",
      "data-failure": failure.kind,
    },
    icon(failure.kind === "offline" ? "offline" : "error"),
    h(
      "div",
      {},
      h("strong", {}, format.text(`failure.${failure.kind}`)),
      h("p", {}, format.text(`failure.${failure.kind}.help`)),
      ...facts.map((fact) => fact && h("p", { class: "fact" }, fact)),
    ),
    failure.kind === "input" && reset(view),
    h(
      "button",
      { key: "retry", type: "button", class: "button", part: "button", onclick: act.refresh },
      format.text("failure.retry"),
    ),
  );
}

/** The button that resets all filters. The sort order stays. */
export function reset({ format, act }: View): Markup {
  return h(
    "button",
    { key: "reset", type: "button", class: "link", onclick: () => act.navigate(NO_FILTERS) },
    format.text("find.reset"),
  );
}

/** Placeholders for data that is loading. Hidden from screen readers. */
export function skeleton(kind: string, count: number): Markup[] {
  return Array.from({ length: count }, (_, index) =>
    h("div", {
      key: `skeleton-${kind}-${index}`,
      class: `skeleton ${kind}`,
      "aria-hidden": "true",
    }),
  );
}

/** A list of names and values. Pairs without a value are omitted. */
export function facts(pairs: ReadonlyArray<readonly [string, Child | readonly Child[]]>): Markup {
  const shown = pairs.filter(
    ([, value]) => value && (!Array.isArray(value) || value.some(Boolean)),
  );
  return h(
    "dl",
    { class: "facts" },
    ...shown.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

/** A section of an order, with a heading. */
export function section(
  name: string,
  heading: string,
  ...children: ReadonlyArray<Child | readonly Child[]>
): Markup {
  const id = `heading-${name}`;
  return h(
    "section",
    {
      key: name,
      class: `card ${name}`,
      part: "card",
      "data-section": name,
      "aria-labelledby": id,
    },
    h("h3", { id }, heading),
    ...children,
  );
}
