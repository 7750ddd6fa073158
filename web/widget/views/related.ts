// What an order belongs to: its offer, its contract and their documents.
import type { DocumentKind } from "../../.generated/operations";
import { type Child, type Markup, h } from "../dom";
import { icon } from "../icons";
import type { Order } from "../store";
import { length } from "./prices";
import { day, facts, instant, hasScope, section, statusOf, type View } from "./view";

type Contract = NonNullable<Order["contract"]>;
interface DocumentLink {
  readonly kind: DocumentKind;
  readonly title: string;
  readonly url: string;
}

export function contract(view: View, order: Order): Child {
  if (!hasScope(view, "contracts:read")) return null;
  const { format } = view;
  const { contract: related } = order;
  const name = format.text("contract");
  if (related === null) {
    const words = order.status === "ERROR" ? "contract.noneEnded" : "contract.none";
    return section("contract", name, h("p", { class: "none" }, format.text(words)));
  }
  const { term } = related;
  const effect = order.contractEffect && format.value("effect", order.contractEffect);
  return section(
    "contract",
    name,
    facts([
      [
        format.text("contract.number"),
        [
          h("b", { "data-contract": related.number }, related.number),
          h("small", {}, related.statusLabel),
        ],
      ],
      [format.text("contract.effect"), effect],
      [format.text("contract.term"), termOf(view, term)],
      [
        format.text("contract.minimum"),
        term.minimumMonths !== null && length(view, term.minimumMonths, "month"),
      ],
      [
        format.text("contract.notice"),
        term.noticePeriodMonths !== null && length(view, term.noticePeriodMonths, "month"),
      ],
      [format.text("contract.renewable"), renewal(view, related)],
      [format.text("contract.predecessor"), related.predecessor?.number],
      [format.text("contract.successor"), related.successor?.number],
    ]),
    h("h4", {}, format.text("contract.orders")),
    siblings(view, order, related),
  );
}

function termOf({ format }: View, { start, end }: Contract["term"]): string {
  if (start === null) return "";
  if (end === null) return format.text("contract.from", { start: format.day(start) });
  return format.text("contract.fromTo", { start: format.day(start), end: format.day(end) });
}

function renewal({ format }: View, { renewable, renewableFrom }: Contract): string {
  if (renewable) return format.text("contract.renewableNow");
  if (renewableFrom === null || Date.parse(renewableFrom) < Date.now()) return "";
  return format.text("contract.renewableFrom", { day: format.day(renewableFrom) });
}

/** Buttons that open the contract's other orders. */
function siblings(view: View, order: Order, { orders }: Contract): Child {
  const { format, act } = view;
  const others = (orders?.nodes ?? []).filter(({ id }) => id !== order.id);
  if (others.length === 0) return h("p", { class: "none" }, format.text("contract.noOrders"));
  const hidden = (orders?.totalCount ?? 0) - 1 - others.length;
  return h(
    "ul",
    { class: "siblings" },
    ...others.map((other) =>
      h(
        "li",
        { key: other.id },
        h(
          "button",
          {
            type: "button",
            class: "entry",
            "data-order": other.number,
            onclick: () => act.open(other),
          },
          h(
            "span",
            { class: "head" },
            h("b", {}, other.number),
            h("span", {}, other.businessCaseLabel),
          ),
          h(
            "span",
            { class: "who" },
            statusOf(other.status, other.statusLabel),
            day(view, other.receivedAt),
          ),
        ),
      ),
    ),
    hidden > 0 &&
      h("li", { key: "hidden", class: "none" }, format.count("contract.moreOrders", hidden)),
  );
}

export function offer(view: View, order: Order): Child {
  if (!hasScope(view, "offers:read")) return null;
  const { format } = view;
  const { offer: related } = order;
  const name = format.text("offer");
  if (related === null)
    return section("offer", name, h("p", { class: "none" }, format.text("offer.none")));
  const moment = (iso: string | null): Child => iso !== null && instant(view, iso);
  return section(
    "offer",
    name,
    facts([
      [
        name,
        [
          h("b", { "data-offer": related.number }, related.number),
          h("small", {}, related.statusLabel),
        ],
      ],
      [format.text("offer.created"), moment(related.createdAt)],
      [format.text("offer.sent"), moment(related.sentAt)],
      [format.text("offer.valid"), related.validUntil !== null && day(view, related.validUntil)],
      [format.text("offer.decided"), moment(related.decidedAt)],
      ...related.consents.map(
        ({ givenBy, givenAt, name: person }) =>
          [
            format.text("offer.consent"),
            [
              person ?? format.value("offer.consent", givenBy),
              h("small", {}, instant(view, givenAt)),
            ],
          ] as const,
      ),
    ]),
  );
}

/** The order's own documents, then those of each product in the reader's language. */
export function documents(view: View, order: Order): Markup {
  const { format } = view;
  const products = new Map(
    order.items.flatMap(({ product }) => (product ? [[product.name, product] as const] : [])),
  );
  const groups = [...products.values()].map(({ name, documents: all }) => {
    const own = all.filter(({ language }) => format.tag.toUpperCase().startsWith(language));
    const kinds = new Set(own.map(({ kind }) => kind));
    // A document that exists only in another language is better than none.
    return [
      name,
      [...own, ...all.filter((other) => !own.includes(other) && !kinds.has(other.kind))],
    ] as const;
  });
  const none = order.documents.length === 0 && groups.every(([, all]) => all.length === 0);
  return section(
    "documents",
    format.text("documents"),
    none && h("p", { class: "none" }, format.text("documents.none")),
    listOf(view, "order", order.documents),
    ...groups.map(([name, all]) => (all.length > 0 ? group(view, name, all) : null)),
  );
}

function group(view: View, name: string, all: readonly DocumentLink[]): Markup {
  return h(
    "details",
    { key: `product-${name}`, class: "group" },
    h("summary", {}, name),
    listOf(view, name, all),
  );
}

function listOf({ format }: View, key: string, all: readonly DocumentLink[]): Child {
  const links = all.flatMap(({ kind, title, url }, index) =>
    isWebAddress(url)
      ? h(
          "li",
          { key: `${index}` },
          h(
            "a",
            { href: url, target: "_blank", rel: "noopener noreferrer" },
            icon("file"),
            h("span", {}, title, h("small", {}, format.value("document", kind))),
            h("span", { class: "visually-hidden" }, ` (${format.text("documents.opens")})`),
          ),
        )
      : [],
  );
  return links.length > 0 && h("ul", { key: `documents-${key}`, class: "documents" }, ...links);
}

/** Links are only made of http(s) addresses: `javascript:` would run in the page. */
function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url);
}
