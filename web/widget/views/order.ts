// One order: its state in words, its course, and all that was stated and came of it.
import { type Child, type Markup, h } from "../dom";
import { icon } from "../icons";
import type { Order } from "../store";
import { course } from "./course";
import { contract, documents, offer } from "./links";
import { dates, items, notes, parties, properties } from "./stated";
import {
  badge,
  freshness,
  instant,
  isReader,
  partyOf,
  skeleton,
  statusOf,
  troubleOf,
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
        format.say("order.back"),
      ),
      freshness(view, state.at, state.loading),
    ),
    h(
      "header",
      { key: "header", class: "top order" },
      h(
        "h2",
        { key: "heading", part: "heading", tabindex: -1, "data-order": state.number },
        `${format.say("order")} `,
        h("span", { class: "document" }, state.number),
      ),
      order && h("p", { class: "about" }, aboutOf(order)),
    ),
    troubleOf(view, state),
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
    h("strong", {}, format.say("order.missing", { number: state.number })),
    h("p", {}, format.say("order.missing.help")),
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
      course(view, order),
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
    h("h3", { id: "heading-state", class: "quiet" }, format.say("order.status")),
    h(
      "div",
      { class: "stand" },
      statusOf(order.status, order.statusLabel, "status"),
      order.phaseLabel !== order.statusLabel && h("span", { class: "phase" }, order.phaseLabel),
      order.delayed && badge("delayed", "late", format.say("mark.delayed")),
      store.order?.moved && badge("changed", "spark", format.say("mark.changed")),
    ),
    todo(view, order),
    ...lasting(view, order),
    explained(view, order, {
      meaning: phase?.meaning ?? "",
      next: phase?.next ?? "",
      contact: guide?.contact ?? "",
    }),
    h("p", { class: "sub" }, `${format.say("order.lastChange")}: `, instant(view, order.updatedAt)),
  );
}

/**
 * The explanation, word by word. What comes next and whom to contact are its last sentences, and get
 * headings from the style sheet. What must be done stands above it already, in the same words.
 */
function explained(
  { format }: View,
  { statusExplanation, actionRequired }: Order,
  told: { readonly meaning: string; readonly next: string; readonly contact: string },
): Markup {
  const whole =
    actionRequired && told.meaning
      ? [told.meaning, told.next, told.contact].filter(Boolean).join(" ")
      : statusExplanation;
  const contact = told.contact ? whole.lastIndexOf(told.contact) : -1;
  const end = contact < 0 ? whole.length : contact;
  const next = told.next ? whole.lastIndexOf(told.next, end) : -1;
  const begin = next < 0 ? end : next;
  return h(
    "p",
    { class: "explanation" },
    whole.slice(0, begin),
    begin < end &&
      h(
        "span",
        { "data-part": "next", "data-label": format.say("order.next") },
        whole.slice(begin, end),
      ),
    end < whole.length &&
      h(
        "span",
        { "data-part": "contact", "data-label": format.say("order.contact") },
        whole.slice(end),
      ),
  );
}

/** The delays that are not over, and why. */
function lasting({ format }: View, { delays, delayed }: Order): Child[] {
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
          h("strong", {}, format.say("order.delayed", { day: format.day(reportedAt) })),
          h("p", { lang: "de" }, reason),
        ),
      ),
    );
}

function todo(view: View, { actionRequired }: Order): Child {
  if (actionRequired === null) return null;
  const { format } = view;
  const { text, by, due } = actionRequired;
  const own = isReader(view, by);
  const who = own ? format.say("act.you") : format.say("act.other", { party: partyOf(view, by) });
  const overdue = due !== null && Date.parse(due) < Date.now();
  return h(
    "div",
    { key: "todo", class: own ? "todo own" : "todo", part: "action", "data-by": by },
    icon("hand"),
    h(
      "div",
      {},
      h("strong", {}, who),
      // The words of the carrier's staff, as they are.
      h("p", { lang: "de" }, text),
      due !== null &&
        h(
          "p",
          { class: overdue ? "due overdue" : "due" },
          format.say(overdue ? "waiting.overdue" : "waiting.untilDay", { day: format.day(due) }),
        ),
    ),
  );
}
