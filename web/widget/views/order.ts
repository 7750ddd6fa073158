// One order: its status, its timeline, what was ordered, and what it belongs to.
import { type Child, type Markup, h } from "../dom";
import { icon } from "../icons";
import type { Order } from "../store";
import { timeline } from "./timeline";
import { contract, documents, offer } from "./related";
import { dates, items, notes, parties, properties } from "./details";
import {
  actorText,
  badge,
  refreshBar,
  instant,
  isReader,
  skeleton,
  statusOf,
  failureNotice,
  type View,
} from "./view";

export function orderView(view: View): Child[] {
  const { store, format, act } = view;
  const { order: state } = store;
  if (state === null) return [];
  const order = state.data?.order ?? null;
  return [
    h(
      "div",
      { key: "bar", class: "bar" },
      h(
        "button",
        { type: "button", class: "link back", part: "back", onclick: act.back },
        icon("back"),
        format.text("order.back"),
      ),
      refreshBar(view, state.at, state.loading),
    ),
    h(
      "header",
      { key: "header", class: "top order" },
      h(
        "h2",
        { key: "heading", part: "heading", tabindex: -1, "data-order": state.number },
        `${format.text("order")} `,
        h("span", { class: "document" }, state.number),
      ),
      order && h("p", { class: "about" }, aboutOf(order)),
    ),
    failureNotice(view, state),
    order ? body(view, order) : waitingFor(view),
  ];
}

function aboutOf(order: Order): string {
  const parts = [order.businessCaseLabel, order.product?.name, order.customer?.name];
  return parts.filter(Boolean).join(" · ");
}

function waitingFor({ store, format }: View): Child {
  const { order: state } = store;
  if (state === null || state.failure) return null;
  if (state.data === null) {
    return h("div", { key: "body", class: "order-body" }, ...skeleton("card", 4));
  }
  return h(
    "div",
    { key: "missing", class: "empty", part: "empty", "data-empty": "missing" },
    icon("search"),
    h("strong", {}, format.text("order.missing", { number: state.number })),
    h("p", {}, format.text("order.missing.help")),
  );
}

function body(view: View, order: Order): Markup {
  return h(
    "div",
    { key: "body", class: "order-body" },
    h(
      "div",
      { key: "main", class: "main" },
      state(view, order),
      dates(view, order),
      timeline(view, order),
      items(view, order),
      ...properties(view, order),
      notes(view, order),
    ),
    h(
      "div",
      { key: "aside", class: "aside" },
      parties(view, order),
      contract(view, order),
      offer(view, order),
      documents(view, order),
    ),
  );
}

function state(view: View, order: Order): Markup {
  const { store, format } = view;
  const guide = store.order?.data?.statusGuide.find(({ status }) => status === order.status);
  const phase = guide?.phases.find(({ phase: name }) => name === order.phase);
  return h(
    "section",
    {
      key: "state",
      class: "card state",
      part: "card state",
      "data-section": "state",
      "data-status": order.status,
      "aria-labelledby": "heading-state",
    },
    h("h3", { id: "heading-state", class: "visually-hidden" }, format.text("order.status")),
    h(
      "div",
      { class: "stand" },
      statusOf(order.status, order.statusLabel, "status"),
      order.phaseLabel !== order.statusLabel && h("span", { class: "phase" }, order.phaseLabel),
      order.delayed && badge("delayed", "late", format.text("mark.delayed")),
      store.order?.changed && badge("changed", "spark", format.text("mark.changed")),
    ),
    requiredAction(view, order),
    ...openDelays(view, order),
    explained(view, order, {
      meaning: phase?.meaning ?? "",
      next: phase?.next ?? "",
      contact: guide?.contact ?? "",
    }),
    h(
      "p",
      { class: "sub" },
      `${format.text("order.lastChange")}: `,
      instant(view, order.updatedAt),
    ),
  );
}

/**
 * The server's explanation. Its last sentences, what comes next and whom to contact, get headings
 * from the style sheet. If an action is required, which is shown above, the explanation would repeat
 * it: then it is composed of the status guide's texts instead.
 */
function explained(
  { format }: View,
  { statusExplanation, actionRequired }: Order,
  guide: { readonly meaning: string; readonly next: string; readonly contact: string },
): Markup {
  const text =
    actionRequired && guide.meaning
      ? [guide.meaning, guide.next, guide.contact].filter(Boolean).join(" ")
      : statusExplanation;
  const contact = guide.contact ? text.lastIndexOf(guide.contact) : -1;
  const end = contact < 0 ? text.length : contact;
  const next = guide.next ? text.lastIndexOf(guide.next, end) : -1;
  const begin = next < 0 ? end : next;
  return h(
    "p",
    { class: "explanation" },
    text.slice(0, begin),
    begin < end &&
      h(
        "span",
        { "data-part": "next", "data-label": format.text("order.next") },
        text.slice(begin, end),
      ),
    end < text.length &&
      h(
        "span",
        { "data-part": "contact", "data-label": format.text("order.contact") },
        text.slice(end),
      ),
  );
}

/** The delays that are not resolved, with their reasons. */
function openDelays({ format }: View, { delays, delayed }: Order): Child[] {
  if (!delayed) return [];
  return delays
    .filter(({ resolvedAt }) => resolvedAt === null)
    .map(({ reason, reportedAt }, index) =>
      h(
        "div",
        { key: `delay-${index}`, class: "todo own", "data-delay": true },
        icon("late"),
        h(
          "div",
          {},
          h("strong", {}, format.text("order.delayed", { day: format.day(reportedAt) })),
          h("p", { lang: "de" }, reason),
        ),
      ),
    );
}

function requiredAction(view: View, { actionRequired }: Order): Child {
  if (actionRequired === null) return null;
  const { format } = view;
  const { text, by, due } = actionRequired;
  const own = isReader(view, by);
  const overdue = due !== null && Date.parse(due) < Date.now();
  return h(
    "div",
    { key: "todo", class: own ? "todo own" : "todo", part: "action", "data-by": by },
    icon("hand"),
    h(
      "div",
      {},
      h("strong", {}, actorText(view, by)),
      // Written by the carrier's staff, in German.
      h("p", { lang: "de" }, text),
      due !== null &&
        h(
          "p",
          { class: overdue ? "due overdue" : "due" },
          format.text(overdue ? "waiting.overdue" : "waiting.untilDay", { day: format.day(due) }),
        ),
    ),
  );
}
