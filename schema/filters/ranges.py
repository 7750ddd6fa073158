"""Ranges of instants and of days, which several filters have."""

from datetime import date, datetime
from operator import ge, le, lt

import strawberry

from schema.inputs import bound


@strawberry.input(description="A range of instants. A bound that is left out is open.")
class DateTimeRange:
    from_: datetime | None = bound(
        ge, 'The earliest instant, inclusive: "2026-05-01T00:00:00+02:00".', name="from"
    )
    to: datetime | None = bound(
        lt,
        "The end of the range, exclusive. Consecutive ranges neither overlap nor leave gaps.",
    )


@strawberry.input(description="A range of calendar days. A bound that is left out is open.")
class DateRange:
    from_: date | None = bound(ge, 'The first day, inclusive: "2026-05-01".', name="from")
    to: date | None = bound(le, 'The last day, inclusive: "2026-05-31".')
