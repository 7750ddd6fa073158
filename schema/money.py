"""Amounts of money."""

from decimal import Decimal

import strawberry


@strawberry.type(description="An amount of money, without value added tax unless it says so.")
class Money:
    amount: Decimal = strawberry.field(description="The exact amount.")
    currency: str = strawberry.field(description='The currency by ISO 4217: "EUR".')

    @classmethod
    def of(cls, amount: Decimal | None, currency: str | None) -> "Money | None":
        return None if amount is None or currency is None else cls(amount=amount, currency=currency)
