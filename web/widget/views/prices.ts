// Prices and terms in words.
import type { WidgetOrderAmounts } from "../../.generated/operations";
import { type Child, h } from "../dom";
import type { Order } from "../store";
import type { View } from "./view";

type Alteration = WidgetOrderAmounts["alterations"][number];
type Term = Order["items"][number]["terms"][number];

/** A price of one, and of all where there are several. */
export function price(view: View, each: WidgetOrderAmounts, quantity: number): Child[] {
  const { format } = view;
  const amount = each.net ?? each.gross;
  const taxed = each.net !== null && each.gross !== null && each.taxRate !== null;
  return [
    h(
      "span",
      { class: "name" },
      [each.name, each.description].filter(Boolean).join(" – ") || format.value("price", each.kind),
      h("small", {}, rhythm(view, each)),
    ),
    h(
      "span",
      { class: "amount" },
      amount !== null && h("b", {}, format.money(amount)),
      taxed &&
        h(
          "small",
          {},
          `${format.say("items.price.net")} · ${format.say("items.price.gross", {
            amount: each.gross ? format.money(each.gross) : "",
            tax: format.percent(each.taxRate ?? "0"),
          })}`,
        ),
      amount !== null &&
        quantity > 1 &&
        h(
          "small",
          {},
          format.say("items.price.for", {
            amount: format.money({
              amount: times(amount.amount, quantity),
              currency: amount.currency,
            }),
            count: format.number(quantity),
          }),
        ),
      ...each.alterations.map((alteration) =>
        h("small", { class: "alteration" }, altered(view, alteration)),
      ),
    ),
  ];
}

/** What a term says: its own words, else its length. */
export function termOf(view: View, { description, amount, unit }: Term): string {
  return description ?? (amount === null || unit === null ? "" : length(view, amount, unit));
}

/** So many units of time: "24 months". */
export function length({ format }: View, count: number, unit: string): string {
  if (unit === "month" || unit === "year" || unit === "day")
    return format.count(`unit.${unit}`, count);
  return `${format.number(count)} ${unit}`;
}

function rhythm(view: View, { kind, period, periodLength, unit }: WidgetOrderAmounts): string {
  const { format } = view;
  if (kind !== "RECURRING" || period === null) {
    return [format.value("price", kind), unit].filter(Boolean).join(" / ");
  }
  if ((periodLength ?? 1) === 1) return format.value("period", period);
  return format.say("period.every", { unit: length(view, periodLength ?? 1, period) });
}

function altered(
  view: View,
  { name, description, percentage, amount, duration, period }: Alteration,
): string {
  const { format } = view;
  const size = amount ? format.money(amount) : percentage ? format.percent(percentage) : "";
  const time = duration !== null && period !== null ? length(view, duration, period) : "";
  return [name ?? description, size, time].filter(Boolean).join(" · ");
}

/** An exact decimal, so many times. */
function times(amount: string, count: number): string {
  const [whole = "0", fraction = ""] = amount.replace("-", "").split(".");
  const digits = (BigInt(whole + fraction) * BigInt(count))
    .toString()
    .padStart(fraction.length + 1, "0");
  const point = digits.length - fraction.length;
  const sign = amount.startsWith("-") ? "-" : "";
  return `${sign}${digits.slice(0, point)}${fraction && "."}${digits.slice(point)}`;
}
