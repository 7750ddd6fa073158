// Prices and terms as text.
import type { WidgetOrderAmounts } from "../../.generated/operations";
import { type Child, h } from "../dom";
import type { Order } from "../store";
import type { View } from "./view";

type Alteration = WidgetOrderAmounts["alterations"][number];
type Term = Order["items"][number]["terms"][number];

/** The unit price and, for a quantity above one, the total. */
export function price(view: View, amounts: WidgetOrderAmounts, quantity: number): Child[] {
  const { format } = view;
  const amount = amounts.net ?? amounts.gross;
  const taxed = amounts.net !== null && amounts.gross !== null && amounts.taxRate !== null;
  return [
    h(
      "span",
      { class: "name" },
      [amounts.name, amounts.description].filter(Boolean).join(" – ") ||
        format.value("price", amounts.kind),
      h("small", {}, periodOf(view, amounts)),
    ),
    h(
      "span",
      { class: "amount" },
      amount !== null && h("b", {}, format.money(amount)),
      taxed &&
        h(
          "small",
          {},
          `${format.text("items.price.net")} · ${format.text("items.price.gross", {
            amount: amounts.gross ? format.money(amounts.gross) : "",
            tax: format.percent(amounts.taxRate ?? "0"),
          })}`,
        ),
      amount !== null &&
        quantity > 1 &&
        h(
          "small",
          {},
          format.text("items.price.for", {
            amount: format.money({
              amount: times(amount.amount, quantity),
              currency: amount.currency,
            }),
            count: format.number(quantity),
          }),
        ),
      ...amounts.alterations.map((alteration) =>
        h("small", { class: "alteration" }, altered(view, alteration)),
      ),
    ),
  ];
}

/** A term's description, else its length. */
export function termOf(view: View, { description, amount, unit }: Term): string {
  return description ?? (amount === null || unit === null ? "" : length(view, amount, unit));
}

/** A length of time: "24 months". */
export function length({ format }: View, count: number, unit: string): string {
  if (unit === "month" || unit === "year" || unit === "day")
    return format.count(`unit.${unit}`, count);
  return `${format.number(count)} ${unit}`;
}

function periodOf(view: View, { kind, period, periodLength, unit }: WidgetOrderAmounts): string {
  const { format } = view;
  if (kind !== "RECURRING" || period === null) {
    return [format.value("price", kind), unit].filter(Boolean).join(" / ");
  }
  if ((periodLength ?? 1) === 1) return format.value("period", period);
  return format.text("period.every", { unit: length(view, periodLength ?? 1, period) });
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

/** Multiplies an exact decimal. */
function times(amount: string, count: number): string {
  const [whole = "0", fraction = ""] = amount.replace("-", "").split(".");
  const digits = (BigInt(whole + fraction) * BigInt(count))
    .toString()
    .padStart(fraction.length + 1, "0");
  const point = digits.length - fraction.length;
  const sign = amount.startsWith("-") ? "-" : "";
  return `${sign}${digits.slice(0, point)}${fraction && "."}${digits.slice(point)}`;
}
