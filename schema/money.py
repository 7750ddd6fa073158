"""Amounts of money."""

from decimal import Decimal
from operator import attrgetter
from typing import Any

import strawberry

from execution.resolving import reads


@strawberry.type(
    description="An amount of money. It excludes value added tax unless the field says otherwise."
)
class Money:
    amount: Decimal = strawberry.field(description='The exact amount: "19.90".')
    currency: str = strawberry.field(description='The currency as an ISO 4217 code: "EUR".')

    @classmethod
    def of(cls, amount: Decimal | None, currency: str | None) -> "Money | None":
        return None if amount is None or currency is None else cls(amount=amount, currency=currency)


def money_of(attribute: str, description: str) -> Any:
    """A field with the amount that the parent's attribute holds, in the parent's currency."""
    amount_of = attrgetter(attribute)

    @reads(attribute, "currency")
    def resolve(root: strawberry.Parent[Any]) -> Money | None:
        return Money.of(amount_of(root), root.currency)

    return strawberry.field(resolver=resolve, description=description)
