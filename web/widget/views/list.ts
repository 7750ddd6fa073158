// The list of orders. ARIA roles, not table elements: it stays a table to assistive technology when
// the style sheet shows the rows as cards.
import type { WidgetOverviewRow } from "../../.generated/operations";
import { type Child, type Markup, h } from "../dom";
import { icon } from "../icons";
import { sorting } from "./filters";
import { actorText, badge, reset, since, skeleton, statusOf, type View } from "./view";

const COLUMNS = ["order", "product", "customer", "status", "contract", "changed"] as const;
type Column = (typeof COLUMNS)[number];

export function list(view: View, filtered: boolean): Child[] {
  const { store, format, act } = view;
  const { data, rows, failure } = store.overview;
  // The former rows stay while new ones load, and are removed if that fails.
  if (failure && !store.isCurrent) return [];
  if (data === null) return [table(view, skeleton("row", 6), true)];
  if (rows.length === 0) return [empty(view, filtered)];
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
            format.text("shown", {
              shown: format.number(rows.length),
              total: format.number(total),
            }),
          ),
        filtered && reset(view),
        // In this line, because a new one would move the list under the reader's pointer.
        store.unread.count > 0 &&
          h(
            "span",
            { key: "changes", class: "changes", part: "changes" },
            icon("spark"),
            format.count("changes", store.unread.count),
            h(
              "button",
              { type: "button", class: "link", onclick: act.markAllRead },
              format.text("changes.seen"),
            ),
          ),
      ),
      sorting(view),
    ),
    table(
      view,
      rows.map((order) => row(view, order)),
      !store.isCurrent,
    ),
    more(view),
  ];
}

/** The customer is a column only if orders of several customers can be listed. */
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
      "aria-label": format.text("list"),
      "aria-busy": busy ? "true" : "false",
    },
    h(
      "div",
      { key: "columns", class: "columns", role: "row" },
      ...columns.map((name) =>
        h("span", { key: name, role: "columnheader" }, format.text(`column.${name}`)),
      ),
    ),
    ...rows,
  );
}

function row(view: View, order: WidgetOverviewRow): Markup {
  const { store, format, act } = view;
  const unread = store.unread.has(order.id);
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
      unread && badge("changed", "spark", format.text("mark.changed")),
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
      order.actionRequired && badge("action", "hand", actorText(view, order.actionRequired.by)),
      order.delayed && badge("delayed", "late", format.text("mark.delayed")),
    ],
    contract: [
      order.contract
        ? h("span", { class: "number" }, order.contract.number)
        : h(
            "span",
            { class: "sub" },
            format.text(order.status === "ERROR" ? "noContract.ended" : "noContract"),
          ),
    ],
    changed: [since(view, order.updatedAt)],
  };
  return h(
    "div",
    {
      key: order.id,
      class: unread ? "row unread" : "row",
      part: unread ? "row row-changed" : "row",
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
  const { nextPage, loadingMore, failure } = store.overview;
  if (nextPage === null) return null;
  return h(
    "div",
    { key: "more", class: "below" },
    // Repeated here, because the notice at the top is out of sight.
    failure && h("p", { class: "failed" }, icon("error"), format.text(`failure.${failure.kind}`)),
    h(
      "button",
      {
        key: "button",
        type: "button",
        class: "button more",
        part: "button more",
        "aria-disabled": loadingMore ? "true" : "false",
        onclick: act.loadMore,
      },
      format.text(loadingMore ? "loading" : "more"),
    ),
  );
}

function empty(view: View, filtered: boolean): Markup {
  const { format } = view;
  const words = filtered ? "empty.filtered" : "empty";
  return h(
    "div",
    {
      key: "empty",
      class: "empty",
      part: "empty",
      "data-empty": filtered ? "filtered" : "none",
    },
    icon(filtered ? "search" : "file"),
    h("strong", {}, format.text(words)),
    h("p", {}, format.text(`${words}.help`)),
    filtered && reset(view),
  );
}
