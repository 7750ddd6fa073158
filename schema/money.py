"""Amounts of money."""

from decimal import Decimal

import strawberry


@strawberry.type(
    description="An amount of money. It excludes value added tax unless the field says otherwise."
)
class Money:
    amount: Decimal = strawberry.field(description='The exact amount: "19.90".')
    currency: str = strawberry.field(description='The currency as an ISO 4217 code: "EUR".')

    @classmethod
    def of(cls, amount: Decimal | None, currency: str | None) -> "Money | None":
        return None if amount is None or currency is None else cls(amount=amount, currency=currency)
