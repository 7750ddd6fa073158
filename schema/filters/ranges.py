"""Conditions that several filters share, and their form in the database's filters."""

from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

import strawberry

from db.queries import ranges

E = TypeVar("E", bound=StrEnum)


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
