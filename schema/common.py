"""Small types that several documents share."""

import json
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

import strawberry

from auth.oauth_scopes import OAuthScope
from db.queries import ranges
from schema.enums import ConsentBy, DocumentKind
from schema.permissions import requires

E = TypeVar("E", bound=StrEnum)


@strawberry.type(description="A postal address. Every part may be unknown.")
class Address:
    street: str | None = strawberry.field(description="The street.")
    house_number: str | None = strawberry.field(description="The house number with its suffix.")
    postal_code: str | None = strawberry.field(description="The postal code.")
    city: str | None = strawberry.field(description="The town.")
    country: str | None = strawberry.field(description='The country by ISO 3166-1: "DE".')


@strawberry.type(description="An amount of money, without value added tax unless it says so.")
class Money:
    amount: Decimal = strawberry.field(description="The exact amount.")
    currency: str = strawberry.field(description='The currency by ISO 4217: "EUR".')

    @classmethod
    def of(cls, amount: Decimal | None, currency: str | None) -> "Money | None":
        return None if amount is None or currency is None else cls(amount=amount, currency=currency)


@strawberry.type(description="A property that has no field of its own.")
class Characteristic:
    name: str = strawberry.field(
        description="The name. The parts of a nested name are joined by dots."
    )
    value: str = strawberry.field(
        description="The value as text; numbers, truth values and lists as JSON."
    )

    @classmethod
    def list_of(cls, stored: list[Any]) -> "list[Characteristic]":
        return [
            cls(
                name=pair["name"],
                value=pair["value"]
                if isinstance(pair["value"], str)
                else json.dumps(pair["value"], ensure_ascii=False),
            )
            for pair in stored
        ]


@strawberry.type(description="A document to read or keep.")
class Document:
    kind: DocumentKind = strawberry.field(description="What the document is.")
    title: str = strawberry.field(description="Its title, in its own language.")
    content_type: str = strawberry.field(description='Its media type: "application/pdf".')
    url: str = strawberry.field(description="Where it can be fetched.")


@strawberry.type(
    description="Somebody who uses the carrier's portal.",
    directives=requires(OAuthScope.PERSONAL_DATA_READ),
)
class PortalUser:
    name: str = strawberry.field(description="The person's name.")
    email: str = strawberry.field(description="The person's e-mail address.")


@strawberry.type(description="A consent to an offer.")
class Consent:
    given_by: ConsentBy = strawberry.field(description="Whose consent it is.")
    given_at: datetime = strawberry.field(description="When it was given.")
    name: str | None = strawberry.field(
        description="The name of the consenting person (Zustimmer).",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
    email: str | None = strawberry.field(
        description="The e-mail address stated by the person, who gets the order confirmation.",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )


@strawberry.input(description="A range of instants. Leave an end out to leave it open.")
class DateTimeRange:
    from_: datetime | None = strawberry.field(
        name="from", default=None, description="The earliest instant, inclusive."
    )
    to: datetime | None = strawberry.field(
        default=None,
        description="The end, exclusive: ranges that follow one another neither overlap nor miss.",
    )


@strawberry.input(description="A range of calendar days. Leave an end out to leave it open.")
class DateRange:
    from_: date | None = strawberry.field(
        name="from", default=None, description="The first day, inclusive."
    )
    to: date | None = strawberry.field(default=None, description="The last day, inclusive.")


def instants(wanted: DateTimeRange | None) -> ranges.InstantRange:
    return ranges.InstantRange(wanted.from_, wanted.to) if wanted else ranges.InstantRange()


def days(wanted: DateRange | None) -> ranges.DateRange:
    return ranges.DateRange(wanted.from_, wanted.to) if wanted else ranges.DateRange()


def members(given: list[E] | None) -> tuple[E, ...] | None:
    """A list of a filter as the database's filter holds it: in one order, each member once."""
    return None if given is None else tuple(sorted(set(given)))
