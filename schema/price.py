"""Prices of orders and their items."""

from decimal import Decimal
from typing import Any

import strawberry

from db.models import OrderPrice as OrderPriceRow
from execution.resolving import reads
from schema.enums import PriceKind
from schema.money import Money, money_of


@strawberry.type(description="A discount or surcharge on a price.")
class PriceAlteration:
    name: str | None = strawberry.field(
        description="The name of the alteration. Null if none was stated."
    )
    description: str | None = strawberry.field(
        description="A description of the alteration. Null if none was stated."
    )
    percentage: Decimal | None = strawberry.field(
        description='The alteration in percent: "10" means 10 %. Null if none was stated.'
    )
    amount: Money | None = strawberry.field(
        description="The alteration as an amount. Null if none was stated."
    )
    duration: int | None = strawberry.field(
        description="The number of periods for which the alteration applies. Null if none was "
        "stated."
    )
    period: str | None = strawberry.field(
        description='The unit of `duration`: "month". Null if none was stated.'
    )
    priority: int | None = strawberry.field(
        description="The rank by which several alterations are applied: the lowest number first. "
        "Null if none was stated."
    )


@reads("alterations")
def _alterations(root: strawberry.Parent[OrderPriceRow]) -> list[PriceAlteration]:
    return [_alteration(stored) for stored in root.alterations]


def _alteration(stored: dict[str, Any]) -> PriceAlteration:
    def decimal(name: str) -> Decimal | None:
        return None if stored.get(name) is None else Decimal(stored[name])

    return PriceAlteration(
        name=stored.get("name"),
        description=stored.get("description"),
        percentage=decimal("percentage"),
        amount=Money.of(decimal("amount"), stored.get("currency")),
        duration=stored.get("duration"),
        period=stored.get("period"),
        priority=stored.get("priority"),
    )


@strawberry.type(description="A price, as stated when the order was placed.")
class Price:
    kind: PriceKind = strawberry.field(description="When the price is charged.")
    name: str | None = strawberry.field(
        description="The name of the price. Null if none was stated."
    )
    description: str | None = strawberry.field(
        description="A description of the price. Null if none was stated."
    )
    net: Money | None = money_of(
        "net_amount", "The amount excluding value added tax. Null if it was not stated."
    )
    gross: Money | None = money_of(
        "gross_amount", "The amount including value added tax. Null if it was not stated."
    )
    tax_rate: Decimal | None = strawberry.field(
        description='The rate of value added tax in percent: "19". Null if it was not stated.'
    )
    period: str | None = strawberry.field(
        description='The unit of the billing period of a recurring price: "month". Null for other '
        "prices."
    )
    period_length: int | None = strawberry.field(
        description='The number of such units in one billing period: 3 with `period` "month" '
        "means every three months. Null means 1."
    )
    unit: str | None = strawberry.field(
        description="The unit that a usage price is charged for. Null if none was stated."
    )
    alterations: list[PriceAlteration] = strawberry.field(
        resolver=_alterations, description="The discounts and surcharges on the price."
    )
