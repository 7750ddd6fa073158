"""Where a later account of an order differs from what was stated when ordering."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from db.base import Base
from db.models import OrderExternalId, OrderItem, OrderPrice
from ordering.order.aggregate import OrderAggregate
from ordering.order.stated import (
    Characteristic,
    StatedOrder,
    StatedPrice,
    is_scalar,
    names_of_item,
    values_of,
)

_ORDER_FIELDS = (
    "category",
    "description",
    "dealer_id",
    "sub_partner_id",
    "requested_start_date",
    "requested_completion_date",
)
_ITEM_FIELDS = ("quantity", "action", "terms", "relationships")

_Comparison = tuple[str, Any, Any]
"""Subject, what was stated, and what the later account says."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that the later account gives and that was not stated so.

    `stated` is None or empty if nothing was stated.
    """

    subject: str
    """`category`, `items 110 quantity`, `characteristics channel[1].name` …"""
    stated: Any
    later: Any


def parts_compared(later: StatedOrder) -> set[type[Base]]:
    """The tables of an order's parts that have to be loaded for a comparison."""
    parts: set[type[Base]] = set()
    if later.external_ids:
        parts.add(OrderExternalId)
    if later.prices or later.items:
        parts.add(OrderPrice)
    if later.items:
        parts.add(OrderItem)
    return parts


def differences(order: OrderAggregate, later: StatedOrder) -> Iterator[Difference]:
    """What the later account leaves out is not a difference. Names of parties and sites are master
    data and are not compared."""
    row, site, offer = order.row, order.site, order.offer
    pairs: list[_Comparison] = [
        ("customer", order.customer.number, later.customer and later.customer.number),
        ("site", site and site.number, later.site and later.site.number),
        ("offer", offer and offer.number, later.offer_number),
    ]
    pairs += [(name, getattr(row, name), getattr(later, name)) for name in _ORDER_FIELDS]
    if later.external_ids:
        stated_ids = {(e.owner, e.kind, e.value) for e in order.external_ids}
        pairs += [
            (f"external_ids {external_id.value}", None, external_id.value)
            for external_id in later.external_ids
            if (external_id.owner, external_id.kind, external_id.value) not in stated_ids
        ]
    if later.characteristics:
        pairs += _characteristics("", row.characteristics, later.characteristics)
    if later.prices or later.items:
        prices: defaultdict[int | None, list[OrderPrice]] = defaultdict(list)
        for price in order.prices:
            prices[price.item_position].append(price)
        pairs += _prices("", prices[None], later.prices)
        pairs += _items(order, later, prices)
    for subject, stated, value in pairs:
        if value not in (None, []) and value != stated:
            yield Difference(subject, stated, value)


def _items(
    order: OrderAggregate, later: StatedOrder, prices: Mapping[int | None, list[OrderPrice]]
) -> Iterator[_Comparison]:
    if not later.items:
        return
    by_reference: defaultdict[str | None, deque[OrderItem]] = defaultdict(deque)
    for row in order.items:
        by_reference[row.reference].append(row)
    for index, item in enumerate(later.items):
        subject = f"items {item.label}"
        if same := by_reference[item.reference]:
            # Of several items with the same reference, or with none, the first comes first.
            row = same.popleft()
        elif item.reference is None and index < len(order.items):
            row = order.items[index]
        else:
            yield subject, "no such item", item.name or item.label
            continue
        product = order.product_of(row)
        number = product.number if product else None
        is_derived = row.name in names_of_item(number, row.reference, row.position)
        yield f"{subject} product", number, item.product_number
        yield f"{subject} name", None if is_derived else row.name, item.name
        for name in _ITEM_FIELDS:
            yield f"{subject} {name}", getattr(row, name), getattr(item, name)
        yield from _prices(f"{subject} ", prices[row.position], item.prices)
        yield from _characteristics(f"{subject} ", row.characteristics, item.characteristics)


def _prices(
    prefix: str, stated: list[OrderPrice], later: list[StatedPrice]
) -> Iterator[_Comparison]:
    for index, price in enumerate(later):
        subject = f"{prefix}prices {index}"
        if index >= len(stated):
            yield subject, "no such price", price.name or price.kind
            continue
        for field, value in values_of(price).items():
            yield f"{subject} {field}", getattr(stated[index], field), value


def _characteristics(
    prefix: str, stated: list[dict[str, Any]], later: list[Characteristic]
) -> Iterator[_Comparison]:
    # A name may have several values, for example the numbers to be ported.
    values: defaultdict[str, list[Any]] = defaultdict(list)
    for entry in stated:
        values[entry["name"]].append(entry["value"])
    known = {(e["name"], e["value"]) for e in stated if is_scalar(e["value"])}
    for characteristic in later:
        name, value = characteristic.name, characteristic.value
        if (name, value) not in known:
            of_name = values[name]
            stated_value = of_name[0] if len(of_name) == 1 else of_name
            yield f"{prefix}characteristics {name}", stated_value, value
