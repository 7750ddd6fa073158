// What every view is given, and the small parts that they share.
import type { ActionParty, OrderStatus } from "../../.generated/operations";
import { Failure } from "../api";
import { type Choice, NO_CONDITIONS } from "../choice";
import { type Child, type Markup, h } from "../dom";
import type { Format } from "../format";
import { type Icon, ICON_OF_STATUS, icon } from "../icons";
import type { Store } from "../store";

export interface OrderReference {
  readonly id: string;
  readonly number: string;
}

/** What the reader can do. */
export interface Actions {
  choose(part: Partial<Choice>): void;
  /** The search as it is typed: it is chosen when the reader pauses. */
  type(search: string): void;
  open(order: OrderReference): void;
  back(): void;
  more(): void;
  retry(): void;
  seen(): void;
}

export interface View {
  readonly store: Store;
  readonly format: Format;
  readonly act: Actions;
  readonly online: boolean;
  /** The search field's text, which is ahead of the choice while the reader types. */
  readonly typed: string;
}

/** The status in words, with a picture and a colour. */
export function statusOf(status: OrderStatus, label: string, key?: string): Markup {
  return h(
    "span",
    { ...(key ? { key } : {}), class: "status", part: "status", "data-status": status },
    icon(ICON_OF_STATUS[status]),
    label,
  );
}

/** A short note beside something, such as "Delayed". */
export function badge(kind: string, name: Icon, text: string): Markup {
  return h("span", { class: `badge ${kind}`, part: "badge", "data-badge": kind }, icon(name), text);
}

/** A moment, told as how long ago it was; the exact time is its title. */
export function since({ format }: View, iso: string): Markup {
  return h("time", { datetime: iso, title: format.instant(iso) }, format.ago(iso));
}

export function instant({ format }: View, iso: string): Markup {
  return h("time", { datetime: iso }, format.instant(iso));
}

export function day({ format }: View, iso: string): Markup {
  return h("time", { datetime: iso }, format.day(iso));
}

/** Who must act, as this reader calls them. */
export function partyOf(view: View, party: ActionParty): string {
  const { format } = view;
  if (isReader(view, party)) return format.say("party.you");
  if (party === "PARTNER" && ofCustomer(view)) return format.say("party.yourPartner");
  return format.value("party", party);
}

export function isReader(view: View, party: ActionParty): boolean {
  return party === (ofCustomer(view) ? "CUSTOMER" : "PARTNER");
}

/** Whether the reader is a customer, and not a partner who sees many. */
export function ofCustomer({ store }: View): boolean {
  const viewer = store.order?.data?.viewer ?? store.overview.data?.viewer;
  return Boolean(viewer?.customer);
}

/** Whether the session of the order's answer may see what needs the scope: what it may not is null. */
export function maySee({ store }: View, scope: string): boolean {
  return store.order?.data?.viewer.scopes.includes(scope) ?? false;
}

/** How fresh the data is, and the button that makes it fresher. */
export function freshness({ format, act }: View, at: number | null, loading: boolean): Markup {
  const none = format.say(loading ? "loading" : "notUpdated");
  const words = at === null ? none : format.say("updatedAt", { time: format.clock(at) });
  return h(
    "div",
    { key: "fresh", class: "fresh", part: "fresh" },
    h("span", {}, words),
    h(
      "button",
      {
        type: "button",
        class: loading ? "round turning" : "round",
        "aria-label": format.say("refresh"),
        title: format.say("refresh"),
        onclick: act.retry,
      },
      icon("refresh"),
    ),
  );
}

/** What went wrong, in plain words, and what can be done. */
export function troubleOf(
  view: View,
  asked: { failure: Failure | null; at: number | null },
): Child {
  const offline = view.online ? null : new Failure("offline", "OFFLINE", "");
  const failure = offline ?? asked.failure;
  return failure && notice(view, failure, asked.at);
}

function notice(view: View, failure: Failure, at: number | null): Markup {
  const { format, act } = view;
  const facts = [
    at === null ? null : format.say("failure.stale", { time: format.clock(at) }),
    failure.requestId === null ? null : format.say("failure.requestId", { id: failure.requestId }),
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
      h("strong", {}, format.say(`failure.${failure.kind}`)),
      h("p", {}, format.say(`failure.${failure.kind}.help`)),
      ...facts.map((fact) => fact && h("p", { class: "fact" }, fact)),
    ),
    failure.kind === "input" && reset(view),
    h(
      "button",
      { key: "retry", type: "button", class: "button", part: "button", onclick: act.retry },
      format.say("failure.retry"),
    ),
  );
}

/** Takes away every condition; the sorting stays. */
export function reset({ format, act }: View): Markup {
  return h(
    "button",
    { key: "reset", type: "button", class: "link", onclick: () => act.choose(NO_CONDITIONS) },
    format.say("find.reset"),
  );
}

/** A place that data will fill: its shape, for the eye alone. */
export function skeleton(kind: string, count: number): Markup[] {
  return Array.from({ length: count }, (_, index) =>
    h("div", {
      key: `skeleton-${kind}-${index}`,
      class: `skeleton ${kind}`,
      "aria-hidden": "true",
    }),
  );
}

/** Names and values; those without a value are left out. */
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

/** A part of an order, under a heading of its own. */
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
