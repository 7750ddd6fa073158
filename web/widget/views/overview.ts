// The overview: how many orders there are, which of them need somebody, and the list.
import type { OrderStatus, WidgetOverviewData } from "../../.generated/operations";
import { isNarrowed } from "../choice";
import { type Child, type Markup, h } from "../dom";
import { type Icon, ICON_OF_STATUS, icon } from "../icons";
import { finder } from "./finder";
import { list } from "./list";
import { freshness, isReader, partyOf, skeleton, troubleOf, type View } from "./view";

/** So many orders of a strip are shown; all of them are in the list, by its button. */
const SHOWN_IN_STRIP = 3;

export function overview(view: View): Child[] {
  const { store, format } = view;
  const { overview: state } = store;
  const { customer } = store;
  const heading =
    customer === null ? format.say("heading") : format.say("headingOfCustomer", { customer });
  return [
    h(
      "header",
      { key: "header", class: "top" },
      h("h2", { key: "heading", part: "heading", tabindex: -1 }, heading),
      freshness(view, state.at, state.loading),
    ),
    troubleOf(view, state),
    figures(view),
    strips(view),
    finder(view),
    ...list(view, isNarrowed(store.choice)),
  ];
}

/** How many orders have each status; each figure is a filter. */
function figures(view: View): Markup {
  const { store, format, act } = view;
  const summary = store.overview.data?.orderSummary;
  const figure = (status: OrderStatus | "", name: Icon, label: string, count: number): Markup =>
    h(
      "button",
      {
        key: `figure-${status}`,
        type: "button",
        class: "figure",
        part: "figure",
        "data-status": status || "ALL",
        "aria-pressed": store.choice.status === status ? "true" : "false",
        onclick: () => act.choose({ status: store.choice.status === status ? "" : status }),
      },
      h("span", { class: "count" }, format.number(count)),
      icon(name),
      h("span", { class: "label" }, label),
    );
  return h(
    "div",
    { key: "figures", class: "figures", role: "group", "aria-label": format.say("figures") },
    ...(summary
      ? [
          figure("", "all", format.say("figure.all"), summary.total),
          ...summary.byStatus.map(({ status, label, count }) =>
            figure(status, ICON_OF_STATUS[status], label, count),
          ),
        ]
      : store.overview.failure
        ? []
        : skeleton("figure", 4)),
  );
}

function strips(view: View): Child {
  const { data, failure } = view.store.overview;
  if (data === null) {
    return !failure && h("div", { key: "strips", class: "strips" }, ...skeleton("strip", 2));
  }
  return h("div", { key: "strips", class: "strips" }, waiting(view, data), late(view, data));
}

function waiting(view: View, { waiting: found }: WidgetOverviewData): Child {
  const { format } = view;
  const own = (order: NonNullable<typeof found>["nodes"][number]): boolean =>
    order.actionRequired !== null && isReader(view, order.actionRequired.by);
  const nodes = found?.nodes ?? [];
  // What the reader can do something about comes first.
  const sorted = [...nodes.filter(own), ...nodes.filter((order) => !own(order))];
  const entries = sorted.slice(0, SHOWN_IN_STRIP).map((order) => {
    const { by, due, text } = order.actionRequired ?? {
      by: "CARRIER" as const,
      due: null,
      text: "",
    };
    const overdue = due !== null && Date.parse(due) < Date.now();
    const until =
      due !== null &&
      format.say(overdue ? "waiting.overdue" : "waiting.untilDay", { day: format.day(due) });
    const who = own(order)
      ? format.say("act.you")
      : format.say("act.other", { party: partyOf(view, by) });
    return entry(view, order, [
      h("span", { class: "text", lang: "de" }, text),
      h(
        "span",
        { class: overdue ? "who overdue" : "who" },
        [who, until].filter(Boolean).join(" · "),
      ),
    ]);
  });
  return strip(view, "action", "hand", found?.totalCount ?? 0, entries);
}

function late(view: View, { late: found }: WidgetOverviewData): Child {
  const { format } = view;
  const entries = (found?.nodes ?? []).slice(0, SHOWN_IN_STRIP).map((order) => {
    const [lasting] = order.delays.filter(({ resolvedAt }) => resolvedAt === null);
    const expected = order.expectedCompletionDate;
    const missed = expected !== null && Date.parse(expected) < Date.now();
    const words =
      expected === null
        ? format.say("late.noDay")
        : format.say(missed ? "late.missed" : "late.expected", { day: format.day(expected) });
    return entry(view, order, [
      lasting && h("span", { class: "text", lang: "de" }, lasting.reason),
      h("span", { class: missed ? "who overdue" : "who" }, words),
    ]);
  });
  return strip(view, "delayed", "late", found?.totalCount ?? 0, entries);
}

function strip(
  view: View,
  kind: "action" | "delayed",
  name: Icon,
  count: number,
  entries: readonly Markup[],
): Markup {
  const { store, format, act } = view;
  const words = kind === "action" ? "waiting" : "late";
  const pressed = store.choice.attention === kind;
  return h(
    "section",
    {
      key: kind,
      class: count > 0 ? "strip" : "strip calm",
      part: "strip",
      "data-strip": kind,
      "aria-labelledby": `strip-${kind}`,
    },
    h(
      "h3",
      { id: `strip-${kind}` },
      icon(name),
      format.say(`${words}.heading`),
      h("span", { class: "number" }, format.number(count)),
    ),
    entries.length > 0
      ? h("ul", { class: "entries" }, ...entries)
      : h("p", { class: "none" }, format.say(`${words}.none`)),
    (count > entries.length || pressed) &&
      h(
        "button",
        {
          key: "all",
          type: "button",
          class: "link",
          "aria-pressed": pressed ? "true" : "false",
          onclick: () => act.choose({ attention: pressed ? "" : kind, status: "" }),
        },
        format.say(pressed ? "strip.on" : `${words}.all`),
      ),
  );
}

function entry(
  view: View,
  order: {
    id: string;
    number: string;
    customer: { name: string } | null;
    product: { name: string } | null;
  },
  children: readonly Child[],
): Markup {
  const customer = view.store.customer === null ? order.customer?.name : null;
  const about = [order.product?.name, customer].filter(Boolean).join(" · ");
  return h(
    "li",
    { key: order.id },
    h(
      "button",
      {
        type: "button",
        class: "entry",
        "data-order": order.number,
        onclick: () => view.act.open(order),
      },
      h("span", { class: "head" }, h("b", {}, order.number), about && h("span", {}, about)),
      ...children,
    ),
  );
}
