"""Prices of orders and their items."""

from decimal import Decimal
from typing import Any

import strawberry

from db.models import OrderPrice as OrderPriceRow
from execution.resolving import reads
from schema.enums import PriceKind
from schema.money import Money


@strawberry.type(description="A change of a price: a discount, say.")
class PriceAlteration:
    name: str | None = strawberry.field(description="What it is called.")
    description: str | None = strawberry.field(description="What it is.")
    percentage: Decimal | None = strawberry.field(description="By how many percent.")
    amount: Money | None = strawberry.field(description="By which amount.")
    duration: int | None = strawberry.field(description="For how many periods.")
    period: str | None = strawberry.field(description='The period: "month".')
    priority: int | None = strawberry.field(
        description="Which of several alterations is applied first: the lowest."
    )


@reads("net_amount", "currency")
def _net(root: strawberry.Parent[OrderPriceRow]) -> Money | None:
    return Money.of(root.net_amount, root.currency)


@reads("gross_amount", "currency")
def _gross(root: strawberry.Parent[OrderPriceRow]) -> Money | None:
    return Money.of(root.gross_amount, root.currency)


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


@strawberry.type(description="A price, as stated when ordering.")
class Price:
    kind: PriceKind = strawberry.field(description="When it is charged.")
    name: str | None = strawberry.field(description="What it is called.")
    description: str | None = strawberry.field(description="What it is for.")
    net: Money | None = strawberry.field(
        resolver=_net, description="The amount without value added tax."
    )
    gross: Money | None = strawberry.field(
        resolver=_gross, description="The amount with value added tax."
    )
    tax_rate: Decimal | None = strawberry.field(description="The value added tax in percent.")
    period: str | None = strawberry.field(
        description='The period of a recurring price: "month". Null otherwise.'
    )
    period_length: int | None = strawberry.field(
        description="How many such periods one charge covers; null means one."
    )
    unit: str | None = strawberry.field(description="What a usage price is charged for.")
    alterations: list[PriceAlteration] = strawberry.field(
        resolver=_alterations, description="Discounts and surcharges."
    )
