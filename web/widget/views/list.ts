// The list of orders. Roles, not table elements, so that it stays a table to assistive technology
// when the style sheet makes cards of its rows.
import type { WidgetOverviewRow } from "../../.generated/operations";
import { type Child, type Markup, h } from "../dom";
import { icon } from "../icons";
import { sorting } from "./finder";
import { badge, partyOf, reset, since, skeleton, statusOf, type View } from "./view";

const COLUMNS = ["order", "product", "customer", "status", "contract", "changed"] as const;
type Column = (typeof COLUMNS)[number];

export function list(view: View, narrowed: boolean): Child[] {
  const { store, format, act } = view;
  const { data, rows, failure } = store.overview;
  // Rows that are not what was chosen wait for those that are, and go if these cannot be had.
  if (failure && !store.answered) return [];
  if (data === null) return [table(view, skeleton("row", 6), true)];
  if (rows.length === 0) return [empty(view, narrowed)];
  const total = data.orders?.totalCount ?? rows.length;
  return [
    h(
      "div",
      { key: "head-of-list", class: "head-of-list" },
      h(
        "div",
        { class: "found", part: "found" },
        h("b", {}, format.count("found", total)),
        total > rows.length &&
          h(
            "span",
            {},
            format.say("shown", { shown: format.number(rows.length), total: format.number(total) }),
          ),
        narrowed && reset(view),
        // In this line, since one of its own would push the list away from under the pointer.
        store.marks.count > 0 &&
          h(
            "span",
            { key: "changes", class: "changes", part: "changes" },
            icon("spark"),
            format.count("changes", store.marks.count),
            h(
              "button",
              { type: "button", class: "link", onclick: act.seen },
              format.say("changes.seen"),
            ),
          ),
      ),
      sorting(view),
    ),
    table(
      view,
      rows.map((order) => row(view, order)),
      !store.answered,
    ),
    more(view),
  ];
}

/** Whose orders they are says the list only where it can be more than one customer. */
function columnsOf({ store }: View): readonly Column[] {
  return COLUMNS.filter((column) => column !== "customer" || store.customer === null);
}

function table(view: View, rows: readonly Markup[], busy: boolean): Markup {
  const { format } = view;
  const columns = columnsOf(view);
  return h(
    "div",
    {
      key: "list",
      class: columns.includes("customer") ? "list" : "list own",
      part: "list",
      role: "table",
      "aria-label": format.say("list"),
      "aria-busy": busy ? "true" : "false",
    },
    h(
      "div",
      { key: "columns", class: "columns", role: "row" },
      ...columns.map((name) =>
        h("span", { key: name, role: "columnheader" }, format.say(`column.${name}`)),
      ),
    ),
    ...rows,
  );
}

function row(view: View, order: WidgetOverviewRow): Markup {
  const { store, format, act } = view;
  const marked = store.marks.has(order.id);
  const references = order.externalIds.map(({ value }) => value).join(", ");
  const cells: Record<Column, Child[]> = {
    order: [
      h(
        "button",
        {
          type: "button",
          class: "open",
          "data-order": order.number,
          onclick: () => act.open(order),
        },
        order.number,
      ),
      h("span", { class: "sub" }, order.businessCaseLabel),
      marked && badge("changed", "spark", format.say("mark.changed")),
    ],
    product: [
      h("span", {}, order.product?.name ?? "–"),
      references && h("span", { class: "sub" }, references),
    ],
    customer: [
      h("span", {}, order.customer?.name ?? "–"),
      order.customer && h("span", { class: "sub" }, order.customer.number),
    ],
    status: [
      statusOf(order.status, order.statusLabel),
      order.phaseLabel !== order.statusLabel && h("span", { class: "sub" }, order.phaseLabel),
      order.actionRequired &&
        badge(
          "action",
          "hand",
          format.say("mark.waiting", { party: partyOf(view, order.actionRequired.by) }),
        ),
      order.delayed && badge("delayed", "late", format.say("mark.delayed")),
    ],
    contract: [
      order.contract
        ? h("span", { class: "number" }, order.contract.number)
        : h(
            "span",
            { class: "sub" },
            format.say(order.status === "ERROR" ? "noContract.ended" : "noContract"),
          ),
    ],
    changed: [since(view, order.updatedAt)],
  };
  return h(
    "div",
    {
      key: order.id,
      class: marked ? "row marked" : "row",
      part: marked ? "row row-changed" : "row",
      role: "row",
      "data-order": order.number,
      "data-status": order.status,
    },
    ...columnsOf(view).map((name) =>
      h("div", { key: name, class: `cell ${name}`, role: "cell" }, ...cells[name]),
    ),
  );
}

function more({ store, format, act }: View): Child {
  const { more: cursor, loadingMore, failure } = store.overview;
  if (cursor === null) return null;
  return h(
    "div",
    { key: "more", class: "below" },
    // The notice at the top is out of sight from here.
    failure && h("p", { class: "failed" }, icon("error"), format.say(`failure.${failure.kind}`)),
    h(
      "button",
      {
        key: "button",
        type: "button",
        class: "button more",
        part: "button more",
        "aria-disabled": loadingMore ? "true" : "false",
        onclick: act.more,
      },
      format.say(loadingMore ? "loading" : "more"),
    ),
  );
}

function empty(view: View, narrowed: boolean): Markup {
  const { format } = view;
  const words = narrowed ? "empty.filtered" : "empty";
  return h(
    "div",
    {
      key: "empty",
      class: "empty",
      part: "empty",
      "data-empty": narrowed ? "filtered" : "none",
    },
    icon(narrowed ? "search" : "file"),
    h("strong", {}, format.say(words)),
    h("p", {}, format.say(`${words}.help`)),
    narrowed && reset(view),
  );
}
