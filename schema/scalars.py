"""The custom scalars: DateTime, Date and Decimal."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from execution.leaves import batch_serializer

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def _instants(values: list[Any]) -> list[Any] | None:
    # The JSON encoder writes instants in UTC in the same form.
    zones = set(map(_ZONE, filter(None, values)))
    return values if zones <= _UTC else None


_ZONE, _UTC = attrgetter("tzinfo"), {UTC}


@batch_serializer(_instants)
def format_instant(value: datetime) -> str:
    """The instant as RFC 3339 in UTC, with microseconds unless they are zero."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat().removesuffix("+00:00") + "Z"


def _parse_instant(value: Any) -> datetime:
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        # Python reads at most six digits of a second; the database stores no more.
        text = re.sub(r"(\.\d{6})\d+", r"\1", value.upper())
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise GraphQLError(
        'DateTime must be an RFC 3339 instant with an offset, like "2026-05-04T08:30:00Z".'
    )


def _parse_date(value: Any) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise GraphQLError('Date must be an ISO 8601 calendar day, like "2026-05-04".')


def _parse_decimal(value: Any) -> Decimal:
    if isinstance(value, str | int) and not isinstance(value, bool):
        try:
            number = Decimal(value)
        except InvalidOperation:
            pass
        else:
            if number.is_finite():
                return number
    raise GraphQLError('Decimal must be a decimal number in a string, like "19.90".')


def _format_decimal(value: Decimal) -> str:
    return f"{value:f}"


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant as defined by RFC 3339. Responses are in UTC: "
        '"2026-05-04T08:30:00Z". Arguments may use any offset, but must state one.',
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=format_instant,
        parse_value=_parse_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description='A calendar day as defined by ISO 8601: "2026-05-04".',
        specified_by_url="https://scalars.graphql.org/andimarek/local-date.html",
        serialize=date.isoformat,
        parse_value=_parse_date,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, written as a string to prevent rounding: "19.90".',
        specified_by_url="https://www.w3.org/TR/xmlschema-2/#decimal",
        serialize=_format_decimal,
        parse_value=_parse_decimal,
    ),
}
