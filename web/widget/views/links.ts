// What an order belongs to: the offer it came from, the contract it led to, and its documents.
import type { DocumentKind } from "../../.generated/operations";
import { type Child, type Markup, h } from "../dom";
import { icon } from "../icons";
import type { Order } from "../store";
import { length } from "./prices";
import { day, facts, instant, maySee, section, statusOf, type View } from "./view";

type Contract = NonNullable<Order["contract"]>;
interface Linked {
  readonly kind: DocumentKind;
  readonly title: string;
  readonly url: string;
}

export function contract(view: View, order: Order): Child {
  if (!maySee(view, "contracts:read")) return null;
  const { format } = view;
  const { contract: found } = order;
  const name = format.say("contract");
  if (found === null) {
    const words = order.status === "ERROR" ? "contract.noneEnded" : "contract.none";
    return section("contract", name, h("p", { class: "none" }, format.say(words)));
  }
  const { term } = found;
  const effect = order.contractEffect && format.value("effect", order.contractEffect);
  return section(
    "contract",
    name,
    facts([
      [
        format.say("contract.number"),
        [
          h("b", { "data-contract": found.number }, found.number),
          h("small", {}, found.statusLabel),
        ],
      ],
      [format.say("contract.effect"), effect],
      [format.say("contract.term"), termOf(view, term)],
      [
        format.say("contract.minimum"),
        term.minimumMonths !== null && length(view, term.minimumMonths, "month"),
      ],
      [
        format.say("contract.notice"),
        term.noticePeriodMonths !== null && length(view, term.noticePeriodMonths, "month"),
      ],
      [format.say("contract.renewable"), renewal(view, found)],
      [format.say("contract.predecessor"), found.predecessor?.number],
      [format.say("contract.successor"), found.successor?.number],
    ]),
    h("h4", {}, format.say("contract.orders")),
    siblings(view, order, found),
  );
}

function termOf({ format }: View, { start, end }: Contract["term"]): string {
  if (start === null) return "";
  if (end === null) return format.say("contract.from", { start: format.day(start) });
  return format.say("contract.fromTo", { start: format.day(start), end: format.day(end) });
}

function renewal({ format }: View, { renewable, renewableFrom }: Contract): string {
  if (renewable) return format.say("contract.renewableNow");
  if (renewableFrom === null || Date.parse(renewableFrom) < Date.now()) return "";
  return format.say("contract.renewableFrom", { day: format.day(renewableFrom) });
}

/** The contract's other orders, each of which can be opened. */
function siblings(view: View, order: Order, { orders }: Contract): Child {
  const { format, act } = view;
  const others = (orders?.nodes ?? []).filter(({ id }) => id !== order.id);
  if (others.length === 0) return h("p", { class: "none" }, format.say("contract.noOrders"));
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
  if (!maySee(view, "offers:read")) return null;
  const { format } = view;
  const { offer: found } = order;
  const name = format.say("offer");
  if (found === null)
    return section("offer", name, h("p", { class: "none" }, format.say("offer.none")));
  const moment = (iso: string | null): Child => iso !== null && instant(view, iso);
  return section(
    "offer",
    name,
    facts([
      [
        name,
        [h("b", { "data-offer": found.number }, found.number), h("small", {}, found.statusLabel)],
      ],
      [format.say("offer.created"), moment(found.createdAt)],
      [format.say("offer.sent"), moment(found.sentAt)],
      [format.say("offer.valid"), found.validUntil !== null && day(view, found.validUntil)],
      [format.say("offer.decided"), moment(found.decidedAt)],
      ...found.consents.map(
        ({ givenBy, givenAt, name: person }) =>
          [
            format.say("offer.consent"),
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
    // What there is in another language alone is better than nothing.
    return [
      name,
      [...own, ...all.filter((other) => !own.includes(other) && !kinds.has(other.kind))],
    ] as const;
  });
  const none = order.documents.length === 0 && groups.every(([, all]) => all.length === 0);
  return section(
    "documents",
    format.say("documents"),
    none && h("p", { class: "none" }, format.say("documents.none")),
    listOf(view, "order", order.documents),
    ...groups.map(([name, all]) => (all.length > 0 ? group(view, name, all) : null)),
  );
}

function group(view: View, name: string, all: readonly Linked[]): Markup {
  return h(
    "details",
    { key: `product-${name}`, class: "group" },
    h("summary", {}, name),
    listOf(view, name, all),
  );
}

function listOf({ format }: View, key: string, all: readonly Linked[]): Child {
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
            h("span", { class: "quiet" }, ` (${format.say("documents.opens")})`),
          ),
        )
      : [],
  );
  return links.length > 0 && h("ul", { key: `documents-${key}`, class: "documents" }, ...links);
}

/** Other schemes, such as `javascript:`, have no place in a link. */
function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url);
}
