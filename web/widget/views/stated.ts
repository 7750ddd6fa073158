// What was stated when ordering: dates, people, items with their prices, and the rest.
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
    format.say("dates"),
    facts([
      [format.say("dates.received"), instant(view, order.receivedAt)],
      [format.say("dates.start"), of(order.requestedStartDate)],
      [format.say("dates.requested"), of(order.requestedCompletionDate)],
      [
        format.say("dates.expected"),
        [
          of(expected) || (open && format.say("dates.open")),
          missed && h("small", { class: "overdue" }, format.say("dates.missed")),
        ],
      ],
      [
        format.say("dates.completed"),
        order.completedAt !== null && instant(view, order.completedAt),
      ],
      [format.say("dates.estimate"), estimate(view, order)],
    ]),
  );
}

function estimate({ format }: View, { processingEstimate }: Order): Child[] {
  if (processingEstimate === null) return [];
  const { expectedAt, latestAt, basis } = processingEstimate;
  const [expected, latest] = [format.day(expectedAt), format.day(latestAt)];
  const words =
    expected === latest ? expected : format.say("dates.estimateBy", { expected, latest });
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
      basis.automated && ` ${format.say("dates.automated")}`,
    ),
  ];
}

export function parties(view: View, order: Order): Markup {
  const { format } = view;
  const { customer, site, tenant } = order;
  return section(
    "parties",
    format.say("parties"),
    facts([
      [
        format.say("parties.customer"),
        customer && who(customer.name, customer.number, customer.address, customer.email),
      ],
      [format.say("parties.site"), site && who(site.name, null, site.address)],
      [format.say("parties.tenant"), tenant && who(tenant.name, tenant.number)],
      [format.say("parties.confirmedBy"), order.confirmedBy?.name],
      [format.say("parties.dealer"), order.dealerId],
      [format.say("parties.subPartner"), order.subPartnerId],
      ...order.externalIds.map(
        ({ value, type }) =>
          [format.say("stated.reference"), [value, type && h("small", {}, type)]] as const,
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
  const total = order.totalPrices.map((each) => h("li", {}, price(view, each, 1)));
  return section(
    "items",
    format.say("items"),
    h("ul", { class: "items" }, ...order.items.map((each) => item(view, each))),
    total.length > 0 && h("h4", { key: "total" }, format.say("items.total")),
    total.length > 0 && h("ul", { key: "prices", class: "prices" }, ...total),
  );
}

function item(view: View, each: Item): Markup {
  const { format } = view;
  const { product } = each;
  const family =
    product === null ? null : product.name === each.name ? product.familyLabel : product.name;
  return h(
    "li",
    {
      key: `item-${each.position}`,
      class: each.parentPosition === null ? "item" : "item part",
      "data-action": each.action,
    },
    h(
      "div",
      { class: "head" },
      each.quantity !== 1 && h("span", { class: "times" }, `${format.number(each.quantity)} ×`),
      h("b", {}, each.name),
      h("span", { class: `badge item-${each.action}` }, format.value("action", each.action)),
    ),
    family && h("p", { class: "sub" }, [family, product?.description].filter(Boolean).join(" – ")),
    facts([
      ...each.characteristics.map(({ name, value }) => [name, value] as const),
      ...each.terms.map(
        (term) => [term.name ?? format.say("items.term"), termOf(view, term)] as const,
      ),
    ]),
    each.prices.length > 0 &&
      h(
        "ul",
        { class: "prices" },
        ...each.prices.map((one) => h("li", {}, price(view, one, each.quantity))),
      ),
  );
}

/** What was stated beyond the fields, and what was reported; no section where there is nothing. */
export function properties(view: View, order: Order): Child[] {
  const { format } = view;
  const stated = [
    [format.say("stated.description"), order.description] as const,
    [format.say("stated.category"), order.category] as const,
    ...order.characteristics.map(({ name, value }) => [name, value] as const),
  ].filter(([, value]) => value);
  const reported = order.reportedCharacteristics.map(({ name, value }) => [name, value] as const);
  return [
    stated.length > 0 && section("stated", format.say("stated"), facts(stated)),
    reported.length > 0 && section("reported", format.say("reported"), facts(reported)),
  ];
}

export function notes(view: View, order: Order): Child {
  if (order.notes.length === 0) return null;
  return section(
    "notes",
    view.format.say("notes"),
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
