"""Receiving an order, and holding what was stated against what is said of it later."""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from db.enums import ItemAction, MilestoneKind, OrderPhase
from db.ids import new_id
from db.models import (
    Order,
    OrderDelay,
    OrderExternalId,
    OrderHistoryEntry,
    OrderItem,
    OrderMilestone,
    OrderNote,
    OrderPrice,
    Tenant,
)
from ordering.automation import is_automated
from ordering.contracts import set_search_text
from ordering.lifecycle import RANK
from ordering.orders import reach
from ordering.parties import (
    find_or_add_customer,
    find_or_add_product,
    find_or_add_site,
    order_offer,
)
from ordering.stated import (
    Characteristic,
    StatedCustomer,
    StatedOrder,
    StatedPrice,
    is_scalar,
)
from ordering.unit_of_work import OrderRecord, UnitOfWork

_PARTS = (
    OrderItem,
    OrderPrice,
    OrderExternalId,
    OrderMilestone,
    OrderDelay,
    OrderNote,
    OrderHistoryEntry,
)


def receive_order(book: UnitOfWork, tenant: Tenant, stated: StatedOrder) -> OrderRecord:
    """A new order, RECEIVED, with everything that was stated. From here on that never changes.

    Customer, site, offer and products come into being where their numbers are new.
    """
    named = stated.customer or StatedCustomer(tenant.number, tenant.name)
    customer = find_or_add_customer(book, tenant, named)
    site = find_or_add_site(book, customer, stated.site) if stated.site else None
    received_at = min(stated.received_at, book.now)
    offer = None
    if stated.offer_number:
        offer = order_offer(book, customer, stated.offer_number, stated.business_case, received_at)
    products = [
        find_or_add_product(
            book, item.product_number, item.product_name or item.name or item.product_number
        )
        if item.product_number
        else None
        for item in stated.items
    ]
    first = next((product for product in products if product is not None), None)
    order = Order(
        id=new_id(),
        tenant_id=tenant.id,
        root_tenant_id=tenant.root_tenant_id,
        number=stated.number,
        customer_id=customer.id,
        site_id=site.id if site else None,
        product_id=first.id if first else None,
        offer_id=offer.id if offer else None,
        business_case=stated.business_case,
        category=stated.category,
        description=stated.description,
        dealer_id=stated.dealer_id,
        sub_partner_id=stated.sub_partner_id,
        received_at=received_at,
        requested_start_date=stated.requested_start_date,
        requested_completion_date=stated.requested_completion_date,
        automated=is_automated(first.family if first else None, stated.business_case),
        characteristics=_as_json(stated.characteristics),
        phase=OrderPhase.RECEIVED,
        delayed=False,
        reported_characteristics=[],
        updated_at=book.now,
        version=1,
        search_text="",
    )
    record = OrderRecord(order, {part: [] for part in _PARTS}, is_new=True)
    book.records[order.root_tenant_id, order.number] = record
    book.add(order)
    for position, (item, product) in enumerate(zip(stated.items, products, strict=True), 1):
        row = record.part(
            OrderItem,
            position=position,
            parent_position=None if item.parent is None else item.parent + 1,
            reference=item.reference,
            action=item.action or ItemAction.ADD,
            product_id=product.id if product else None,
            name=item.name or _made_up_names(item.product_number, item.reference, position)[0],
            quantity=1 if item.quantity is None else item.quantity,
            state=item.state,
            terms=item.terms,
            relationships=item.relationships,
            characteristics=_as_json(item.characteristics),
        )
        record.items.append(book.add(row))
        for price in item.prices:
            _add_price(book, record, position, price)
    for price in stated.prices:
        _add_price(book, record, None, price)
    for position, external in enumerate(stated.external_ids, 1):
        external_id = record.part(
            OrderExternalId,
            position=position,
            owner=external.owner,
            kind=external.kind,
            value=external.value,
        )
        record.external_ids.append(book.add(external_id))
    entry = record.part(
        OrderHistoryEntry,
        sequence=1,
        previous_sequence=None,
        phase=OrderPhase.RECEIVED,
        occurred_at=received_at,
        reason=None,
    )
    record.history.append(book.add(entry))
    record.times.take("phase", received_at, f"{RANK[OrderPhase.RECEIVED]:02}")
    reach(book, record, MilestoneKind.ORDER_RECEIVED, received_at)
    set_search_text(book, record)
    record.changed = True
    return record


def _add_price(
    book: UnitOfWork, record: OrderRecord, item_position: int | None, price: StatedPrice
) -> None:
    row = record.part(
        OrderPrice,
        position=len(record.prices) + 1,
        item_position=item_position,
        kind=price.kind,
        **{field: getattr(price, field) for field in _PRICE_FIELDS},
        alterations=price.alterations,
    )
    record.prices.append(book.add(row))


_PRICE_FIELDS = (
    "name",
    "description",
    "net_amount",
    "gross_amount",
    "currency",
    "tax_rate",
    "period",
    "period_length",
    "unit",
)


def _as_json(characteristics: list[Characteristic]) -> list[dict[str, Any]]:
    return [{"name": c.name, "value": c.value} for c in characteristics]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is said otherwise than it was stated; `stated` is None where it was not."""

    what: str
    """`category`, `items 110 quantity`, `characteristics channel[1].name` …"""
    stated: Any
    said: Any


def differences(book: UnitOfWork, record: OrderRecord, said: StatedOrder) -> Iterator[Difference]:
    """Where a later account of the order departs from what was stated. What it leaves out, it
    does not say: no difference. Names of parties and sites are master data, not compared."""
    order = record.order
    customer = book.customers_by_id[order.customer_id].number
    site = book.sites_by_id[order.site_id].number if order.site_id else None
    offer = book.offers_by_id[order.offer_id].number if order.offer_id else None
    pairs: list[tuple[str, Any, Any]] = [
        ("customer", customer, said.customer.number if said.customer else None),
        ("site", site, said.site.number if said.site else None),
        ("offer", offer, said.offer_number),
    ]
    pairs += [(name, getattr(order, name), getattr(said, name)) for name in _ORDER_FIELDS]
    stated_ids = {(e.owner, e.kind, e.value) for e in record.external_ids}
    for external in said.external_ids:
        if (external.owner, external.kind, external.value) not in stated_ids:
            pairs.append((f"external_ids {external.value}", None, external.value))
    pairs += _characteristics("", order.characteristics, said.characteristics)
    prices: defaultdict[int | None, list[OrderPrice]] = defaultdict(list)
    for price in record.prices:
        prices[price.item_position].append(price)
    pairs += _prices("", prices[None], said.prices)
    by_reference: defaultdict[str | None, deque[OrderItem]] = defaultdict(deque)
    for row in record.items:
        by_reference[row.reference].append(row)
    for index, item in enumerate(said.items):
        at = f"items {item.label} "
        if alike := by_reference[item.reference]:
            # Of several with the same reference, or with none, the first is told first.
            row = alike.popleft()
        elif item.reference is None and index < len(record.items):
            row = record.items[index]
        else:
            yield Difference(at.strip(), "no such item", item.name)
            continue
        product = book.products_by_id[row.product_id].number if row.product_id else None
        made_up = row.name in _made_up_names(product, row.reference, row.position)
        pairs.append((at + "product", product, item.product_number))
        pairs.append((at + "name", None if made_up else row.name, item.name))
        pairs += [(at + name, getattr(row, name), getattr(item, name)) for name in _ITEM_FIELDS]
        pairs += _prices(at, prices[row.position], item.prices)
        pairs += _characteristics(at, row.characteristics, item.characteristics)
    for what, stated, told in pairs:
        if told not in (None, []) and told != stated:
            yield Difference(what, stated, told)


_ORDER_FIELDS = (
    "category",
    "description",
    "dealer_id",
    "sub_partner_id",
    "requested_start_date",
    "requested_completion_date",
)
_ITEM_FIELDS = ("quantity", "action", "terms", "relationships")


def _made_up_names(product: str | None, reference: str | None, position: int) -> list[str]:
    """What an item without a name of its own is called, the best first."""
    return [name for name in (product, reference, f"Position {position}") if name]


def _prices(
    at: str, stated: list[OrderPrice], said: list[StatedPrice]
) -> Iterator[tuple[str, Any, Any]]:
    for index, price in enumerate(said):
        what = f"{at}prices {index}"
        if index >= len(stated):
            yield what, "no such price", price.name or price.kind
            continue
        for field in ("kind", *_PRICE_FIELDS, "alterations"):
            yield f"{what} {field}", getattr(stated[index], field), getattr(price, field)


def _characteristics(
    at: str, stated: list[dict[str, Any]], said: list[Characteristic]
) -> Iterator[tuple[str, Any, Any]]:
    # A name may have several values: the numbers that are to be ported, say.
    known: defaultdict[str, list[Any]] = defaultdict(list)
    for entry in stated:
        known[entry["name"]].append(entry["value"])
    pairs = {
        (name, value) for name, values in known.items() for value in values if is_scalar(value)
    }
    for characteristic in said:
        if (characteristic.name, characteristic.value) not in pairs:
            values = known[characteristic.name]
            what = f"{at}characteristics {characteristic.name}"
            yield what, values[0] if len(values) == 1 else values, characteristic.value
