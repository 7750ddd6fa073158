// The order's details: dates, parties, items with prices, other properties and notes.
import type { WidgetOrderPlace } from "../../.generated/operations";
import { type Child, type Markup, h } from "../dom";
import type { Order } from "../store";
import { price, termOf } from "./prices";
import { day, facts, instant, section, type View } from "./view";

type Item = Order["items"][number];

export function dates(view: View, order: Order): Markup {
  const { format } = view;
  const open = order.status === "IN_PROGRESS";
  const { expectedCompletionDate: expected } = order;
  const missed = open && expected !== null && Date.parse(expected) < Date.now();
  const of = (iso: string | null): Child => iso !== null && day(view, iso);
  return section(
    "dates",
    format.text("dates"),
    facts([
      [format.text("dates.received"), instant(view, order.receivedAt)],
      [format.text("dates.start"), of(order.requestedStartDate)],
      [format.text("dates.requested"), of(order.requestedCompletionDate)],
      [
        format.text("dates.expected"),
        [
          of(expected) || (open && format.text("dates.open")),
          missed && h("small", { class: "overdue" }, format.text("dates.missed")),
        ],
      ],
      [
        format.text("dates.completed"),
        order.completedAt !== null && instant(view, order.completedAt),
      ],
      [format.text("dates.estimate"), estimate(view, order)],
    ]),
  );
}

function estimate({ format }: View, { processingEstimate }: Order): Child[] {
  if (processingEstimate === null) return [];
  const { expectedAt, latestAt, basis } = processingEstimate;
  const [expected, latest] = [format.day(expectedAt), format.day(latestAt)];
  const words =
    expected === latest ? expected : format.text("dates.estimateBy", { expected, latest });
  return [
    words,
    h(
      "p",
      { class: "basis", "data-basis": true },
      format.count("dates.basis", basis.sampleSize, {
        product: basis.product.name,
        median: format.duration(basis.medianSeconds),
        most: format.duration(basis.percentile90Seconds),
      }),
      basis.automated && ` ${format.text("dates.automated")}`,
    ),
  ];
}

export function parties(view: View, order: Order): Markup {
  const { format } = view;
  const { customer, site, tenant } = order;
  return section(
    "parties",
    format.text("parties"),
    facts([
      [
        format.text("parties.customer"),
        customer && who(customer.name, customer.number, customer.address, customer.email),
      ],
      [format.text("parties.site"), site && who(site.name, null, site.address)],
      [format.text("parties.tenant"), tenant && who(tenant.name, tenant.number)],
      [format.text("parties.confirmedBy"), order.confirmedBy?.name],
      [format.text("parties.dealer"), order.dealerId],
      [format.text("parties.subPartner"), order.subPartnerId],
      ...order.externalIds.map(
        ({ value, type }) =>
          [format.text("stated.reference"), [value, type && h("small", {}, type)]] as const,
      ),
    ]),
  );
}

function who(
  name: string,
  number: string | null,
  place: WidgetOrderPlace | null = null,
  email: string | null = null,
): Child[] {
  const street = [place?.street, place?.houseNumber].filter(Boolean).join(" ");
  const town = [place?.postalCode, place?.city].filter(Boolean).join(" ");
  const country = place?.country === "DE" ? null : place?.country;
  return [
    name,
    ...[number, street, town, country, email].map((line) => line && h("small", {}, line)),
  ];
}

export function items(view: View, order: Order): Markup {
  const { format } = view;
  const totals = order.totalPrices.map((total) => h("li", {}, price(view, total, 1)));
  return section(
    "items",
    format.text("items"),
    h("ul", { class: "items" }, ...order.items.map((orderItem) => item(view, orderItem))),
    totals.length > 0 && h("h4", { key: "total" }, format.text("items.total")),
    totals.length > 0 && h("ul", { key: "prices", class: "prices" }, ...totals),
  );
}

function item(view: View, orderItem: Item): Markup {
  const { format } = view;
  const { product } = orderItem;
  const family =
    product === null ? null : product.name === orderItem.name ? product.familyLabel : product.name;
  return h(
    "li",
    {
      key: `item-${orderItem.position}`,
      class: orderItem.parentPosition === null ? "item" : "item part",
      "data-action": orderItem.action,
    },
    h(
      "div",
      { class: "head" },
      orderItem.quantity !== 1 &&
        h("span", { class: "times" }, `${format.number(orderItem.quantity)} ×`),
      h("b", {}, orderItem.name),
      h(
        "span",
        { class: `badge item-${orderItem.action}` },
        format.value("action", orderItem.action),
      ),
    ),
    family && h("p", { class: "sub" }, [family, product?.description].filter(Boolean).join(" – ")),
    facts([
      ...orderItem.characteristics.map(({ name, value }) => [name, value] as const),
      ...orderItem.terms.map(
        (term) => [term.name ?? format.text("items.term"), termOf(view, term)] as const,
      ),
    ]),
    orderItem.prices.length > 0 &&
      h(
        "ul",
        { class: "prices" },
        ...orderItem.prices.map((one) => h("li", {}, price(view, one, orderItem.quantity))),
      ),
  );
}

/** Further properties from the order and from its processing; no section if there are none. */
export function properties(view: View, order: Order): Child[] {
  const { format } = view;
  const stated = [
    [format.text("stated.description"), order.description] as const,
    [format.text("stated.category"), order.category] as const,
    ...order.characteristics.map(({ name, value }) => [name, value] as const),
  ].filter(([, value]) => value);
  const reported = order.reportedCharacteristics.map(({ name, value }) => [name, value] as const);
  return [
    stated.length > 0 && section("stated", format.text("stated"), facts(stated)),
    reported.length > 0 && section("reported", format.text("reported"), facts(reported)),
  ];
}

export function notes(view: View, order: Order): Child {
  if (order.notes.length === 0) return null;
  return section(
    "notes",
    view.format.text("notes"),
    h(
      "ul",
      { class: "notes" },
      ...order.notes.map(({ author, writtenAt, text }) =>
        h(
          "li",
          {},
          h("p", { lang: "de" }, text),
          h(
            "p",
            { class: "sub" },
            author,
            author && writtenAt && " · ",
            writtenAt !== null && instant(view, writtenAt),
          ),
        ),
      ),
    ),
  );
}
