"""Prices of an item or of a whole order."""

import re
from decimal import Decimal
from typing import Any

from db.enums import PriceKind
from intake.json_node import LONGEST_KEY, JsonNode
from intake.json_place import Names
from intake.words import PRICE_KINDS, folded
from ordering.order.stated import StatedPrice

_PERIOD = re.compile(r"(\d{1,4})\s*([^\W\d]+)")

_MEMBERS = {
    "kind": "priceType",
    "name": "name",
    "description": "description",
    "net_amount": "price.dutyFreeAmount.value",
    "gross_amount": "price.taxIncludedAmount.value",
    "currency": "price.dutyFreeAmount.unit",
    "tax_rate": "price.taxRate",
    "period": "recurringChargePeriod",
    "period_length": "recurringChargePeriod",
    "unit": "unitOfMeasure",
    "alterations": "priceAlteration",
}
"""Where a price says what `StatedPrice` has under another name."""


def read_prices(node: JsonNode, key: str, prefix: str, names: Names) -> list[StatedPrice]:
    """The prices in a list member. `prefix` names their item as a subject of `names`."""
    prices = []
    for index, price in enumerate(node.nodes(key)):
        prices.append(_price(price))
        names.add_fields(f"{prefix}prices {index}", price.place, _MEMBERS)
    return prices


def _price(node: JsonNode) -> StatedPrice:
    kind = PRICE_KINDS.get(folded(node.value.get("priceType")))
    if kind is not None:
        node.mark_placed("priceType")
    elif node.value.get("recurringChargePeriod"):
        kind = PriceKind.RECURRING
    else:
        kind = PriceKind.USAGE if node.value.get("unitOfMeasure") else PriceKind.ONE_TIME
    period = node.text("recurringChargePeriod")
    counted = _PERIOD.fullmatch(period.strip()) if period else None
    price = StatedPrice(
        kind=kind,
        name=node.text("name"),
        description=node.text("description"),
        period=counted[2] if counted else period,
        period_length=int(counted[1]) if counted else None,
        unit=node.text("unitOfMeasure"),
    )
    if (amounts := node.node("price")) is not None:
        price.tax_rate = amounts.amount("taxRate")
        # A price has one currency: an amount in another one has no place and stays in the rest.
        for field, key in (("net_amount", "dutyFreeAmount"), ("gross_amount", "taxIncludedAmount")):
            money = amounts.node(key)
            if money is not None and price.currency in (None, money.value.get("unit")):
                amount, currency = _money(money)
                setattr(price, field, amount)
                price.currency = price.currency or currency
    price.alterations = [_alteration(alteration) for alteration in node.nodes("priceAlteration")]
    return price


def _money(node: JsonNode | None) -> tuple[Decimal | None, str | None]:
    """Amount and currency, or neither of them."""
    if node is None or not node.has_text("unit") or (amount := node.amount("value")) is None:
        return None, None
    return amount, node.text("unit", longest=LONGEST_KEY)


def _alteration(node: JsonNode) -> dict[str, Any]:
    price = node.node("price")
    percentage = price.amount("percentage") if price else None
    money = (price.node("dutyFreeAmount") or price.node("taxIncludedAmount")) if price else None
    amount, currency = _money(money)
    return {
        "name": node.text("name"),
        "description": node.text("description"),
        "percentage": None if percentage is None else f"{percentage:f}",
        "amount": None if amount is None else f"{amount:f}",
        "currency": currency,
        "duration": node.integer("applicationDuration"),
        "period": node.text("recurringChargePeriod"),
        "priority": node.integer("priority"),
    }
