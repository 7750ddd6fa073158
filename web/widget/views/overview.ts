// The overview: figures by status, orders that need attention, and the list.
import type { OrderStatus, WidgetOverviewData } from "../../.generated/operations";
import { isFiltered } from "../route";
import { type Child, type Markup, h } from "../dom";
import { type Icon, ICON_OF_STATUS, icon } from "../icons";
import { filters } from "./filters";
import { list } from "./list";
import { actorText, refreshBar, isReader, skeleton, failureNotice, type View } from "./view";

/** How many orders a strip shows. Its button lists all of them. */
const SHOWN_IN_STRIP = 3;

export function overview(view: View): Child[] {
  const { store, format } = view;
  const { overview: state } = store;
  const { customer } = store;
  const heading =
    customer === null ? format.text("heading") : format.text("headingOfCustomer", { customer });
  return [
    h(
      "header",
      { key: "header", class: "top" },
      h("h2", { key: "heading", part: "heading", tabindex: -1 }, heading),
      refreshBar(view, state.at, state.loading),
    ),
    failureNotice(view, state),
    figures(view),
    strips(view),
    filters(view),
    ...list(view, isFiltered(store.route)),
  ];
}

/** The number of orders by status. Each figure is a button that filters by it. */
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
        "aria-pressed": store.route.status === status ? "true" : "false",
        onclick: () => act.navigate({ status: store.route.status === status ? "" : status }),
      },
      h("span", { class: "count" }, format.number(count)),
      icon(name),
      h("span", { class: "label" }, label),
    );
  return h(
    "div",
    { key: "figures", class: "figures", role: "group", "aria-label": format.text("figures") },
    ...(summary
      ? [
          figure("", "all", format.text("figure.all"), summary.total),
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

function waiting(view: View, { waiting: orders }: WidgetOverviewData): Child {
  const { format } = view;
  const own = (order: NonNullable<typeof orders>["nodes"][number]): boolean =>
    order.actionRequired !== null && isReader(view, order.actionRequired.by);
  const nodes = orders?.nodes ?? [];
  // Orders that wait for the reader come first.
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
      format.text(overdue ? "waiting.overdue" : "waiting.untilDay", { day: format.day(due) });
    return entry(view, order, [
      h("span", { class: "text", lang: "de" }, text),
      h(
        "span",
        { class: overdue ? "who overdue" : "who" },
        [actorText(view, by), until].filter(Boolean).join(" · "),
      ),
    ]);
  });
  return strip(view, "action", "hand", orders?.totalCount ?? 0, entries);
}

function late(view: View, { late: orders }: WidgetOverviewData): Child {
  const { format } = view;
  const entries = (orders?.nodes ?? []).slice(0, SHOWN_IN_STRIP).map((order) => {
    const [openDelay] = order.delays.filter(({ resolvedAt }) => resolvedAt === null);
    const expected = order.expectedCompletionDate;
    const missed = expected !== null && Date.parse(expected) < Date.now();
    const words =
      expected === null
        ? format.text("late.noDay")
        : format.text(missed ? "late.missed" : "late.expected", { day: format.day(expected) });
    return entry(view, order, [
      openDelay && h("span", { class: "text", lang: "de" }, openDelay.reason),
      h("span", { class: missed ? "who overdue" : "who" }, words),
    ]);
  });
  return strip(view, "delayed", "late", orders?.totalCount ?? 0, entries);
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
  const pressed = store.route.attention === kind;
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
      format.text(`${words}.heading`),
      h("span", { class: "number" }, format.number(count)),
    ),
    entries.length > 0
      ? h("ul", { class: "entries" }, ...entries)
      : h("p", { class: "none" }, format.text(`${words}.none`)),
    (count > entries.length || pressed) &&
      h(
        "button",
        {
          key: "all",
          type: "button",
          class: "link",
          "aria-pressed": pressed ? "true" : "false",
          onclick: () => act.navigate({ attention: pressed ? "" : kind, status: "" }),
        },
        format.text(pressed ? "strip.on" : `${words}.all`),
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
