// The timeline of an order: phases, milestones and delays.
import type { OrderStatus } from "../../.generated/operations";
import { type Child, type Markup, h } from "../dom";
import { type Icon, ICON_OF_STATUS, icon } from "../icons";
import type { Order } from "../store";
import { badge, day, instant, section, type View } from "./view";

interface TimelineEvent {
  readonly key: string;
  readonly kind: "phase" | "milestone" | "delay" | "ahead" | "missed";
  readonly at: string;
  readonly icon: Icon | null;
  readonly title: string;
  readonly notes: readonly Child[];
  readonly marks?: readonly Child[];
  readonly status?: OrderStatus;
  readonly current?: boolean;
}

export function timeline(view: View, order: Order): Markup {
  const { format } = view;
  const past = [...phases(view, order), ...delays(view, order), ...reached(view, order)];
  past.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  const ahead = [...planned(view, order), ...delivery(view, order)];
  ahead.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return section(
    "course",
    format.text("course"),
    h("ol", { class: "course", part: "timeline" }, ...past.map((event) => entry(view, event))),
    ahead.length > 0 &&
      h(
        "h4",
        { key: "ahead" },
        format.text(order.status === "IN_PROGRESS" ? "course.ahead" : "course.unreached"),
      ),
    ahead.length > 0 &&
      h(
        "ol",
        { key: "ahead-list", class: "course ahead" },
        ...ahead.map((event) => entry(view, event)),
      ),
  );
}

function entry(view: View, event: TimelineEvent): Markup {
  const { format } = view;
  return h(
    "li",
    {
      key: event.key,
      class: event.current ? `event ${event.kind} current` : `event ${event.kind}`,
      "data-event": event.kind,
      "data-status": event.status,
      "aria-current": event.current ? "step" : null,
    },
    h("span", { class: "dot" }, event.icon && icon(event.icon)),
    h(
      "div",
      { class: "what" },
      h(
        "p",
        { class: "head" },
        h("span", { class: "name" }, event.title),
        event.current && h("span", { class: "badge now" }, format.text("course.now")),
        ...(event.marks ?? []),
      ),
      event.kind === "ahead" || event.kind === "missed" || event.kind === "delay"
        ? null
        : h("p", { class: "when" }, instant(view, event.at)),
      ...event.notes,
    ),
  );
}

function phases(view: View, order: Order): TimelineEvent[] {
  const known = view.store.order?.historySeen ?? order.history.length;
  const last = order.history.length;
  return order.history.map(({ sequence, status, phaseLabel, occurredAt, reason }) => ({
    key: `phase-${sequence}`,
    kind: "phase",
    at: occurredAt,
    icon: ICON_OF_STATUS[status],
    title: phaseLabel,
    notes: [reason !== null && h("p", { class: "reason", lang: "de" }, reason)],
    status,
    marks: sequence > known ? [badge("changed", "spark", view.format.text("course.new"))] : [],
    current: sequence === last,
  }));
}

function reached(view: View, order: Order): TimelineEvent[] {
  return order.milestones.flatMap((milestone, index) => {
    const { reachedAt, plannedAt, message } = milestone;
    if (reachedAt === null) return [];
    const other = plannedAt !== null && view.format.day(plannedAt) !== view.format.day(reachedAt);
    return {
      key: `milestone-${index}`,
      kind: "milestone" as const,
      at: reachedAt,
      icon: null,
      title: milestone.name ?? milestone.label,
      notes: [
        message !== null && h("p", { class: "reason", lang: "de" }, message),
        other &&
          h(
            "p",
            { class: "when" },
            view.format.text("course.wasPlanned", { day: view.format.day(plannedAt) }),
          ),
      ],
      marks: milestone.violated
        ? [badge("delayed", "late", view.format.text("course.missed"))]
        : [],
    };
  });
}

function planned(view: View, order: Order): TimelineEvent[] {
  const { format } = view;
  return order.milestones.flatMap((milestone, index) => {
    const { plannedAt, reachedAt, message, violated } = milestone;
    if (plannedAt === null || reachedAt !== null) return [];
    const over = violated || Date.parse(plannedAt) < Date.now();
    const words = format.text(over ? "course.wasPlanned" : "course.planned", {
      day: format.day(plannedAt),
    });
    return {
      key: `milestone-${index}`,
      kind: over ? ("missed" as const) : ("ahead" as const),
      at: plannedAt,
      icon: null,
      title: milestone.name ?? milestone.label,
      notes: [
        h("p", { class: "when" }, words),
        message !== null && h("p", { class: "reason", lang: "de" }, message),
      ],
      marks: violated ? [badge("delayed", "late", format.text("course.missed"))] : [],
    };
  });
}

function delivery(view: View, order: Order): TimelineEvent[] {
  const { expectedCompletionDate: expected, status, milestones } = order;
  if (expected === null || status !== "IN_PROGRESS") return [];
  const told = milestones.some(
    ({ plannedAt, reachedAt }) => plannedAt === expected && reachedAt === null,
  );
  if (told) return [];
  return [
    {
      key: "delivery",
      kind: "ahead",
      at: expected,
      icon: null,
      title: view.format.text("course.delivery"),
      notes: [h("p", { class: "when" }, day(view, expected))],
    },
  ];
}

function delays(view: View, order: Order): TimelineEvent[] {
  const { format } = view;
  return order.delays.map(({ reason, reportedAt, resolvedAt }, index) => {
    const words =
      resolvedAt === null
        ? format.text("course.delay.lasts", { time: format.instant(reportedAt) })
        : format.text("course.delay.over", {
            from: format.day(reportedAt),
            to: format.day(resolvedAt),
          });
    return {
      key: `delay-${index}`,
      kind: "delay",
      at: reportedAt,
      icon: "late",
      title: format.text("course.delay"),
      notes: [h("p", { class: "when" }, words), h("p", { class: "reason", lang: "de" }, reason)],
    };
  });
}
