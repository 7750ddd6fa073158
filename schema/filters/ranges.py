"""Conditions that several filters share, and their form in the database's filters."""

from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

import strawberry

from db.queries import ranges
from db.queries.conditions import Search
from resolvers.context import Context
from resolvers.text import optional_text
from schema.fields import condition

E = TypeVar("E", bound=StrEnum)


@strawberry.input(description="A range of instants. A bound that is left out is open.")
class DateTimeRange:
    from_: datetime | None = strawberry.field(
        name="from",
        default=None,
        description='The earliest instant, inclusive: "2026-05-01T00:00:00+02:00".',
    )
    to: datetime | None = condition(
        "The end of the range, exclusive. Consecutive ranges neither overlap nor leave gaps."
    )


@strawberry.input(description="A range of calendar days. A bound that is left out is open.")
class DateRange:
    from_: date | None = strawberry.field(
        name="from", default=None, description='The first day, inclusive: "2026-05-01".'
    )
    to: date | None = condition('The last day, inclusive: "2026-05-31".')


def instants(range_: DateTimeRange | None) -> ranges.InstantRange:
    return ranges.InstantRange(range_.from_, range_.to) if range_ else ranges.InstantRange()


def days(range_: DateRange | None) -> ranges.DateRange:
    return ranges.DateRange(range_.from_, range_.to) if range_ else ranges.DateRange()


def search_of(context: Context, words: str | None) -> Search | None:
    """A search in the texts that the caller may read. None if there is none."""
    text = optional_text("search", words)
    return None if text is None else Search(text, context.principal.scopes)


def members(values: list[E] | None) -> tuple[E, ...] | None:
    """A list of a filter in the form of the database's filters: sorted, without duplicates."""
    return None if values is None else tuple(sorted(set(values)))
