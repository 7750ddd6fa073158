"""Days and instants of an order, including the ends of the calendar.

Some systems write the first or the last day of the calendar for an unknown date, and the database
holds what they wrote. Nothing here raises for any instant.
"""

from datetime import MAXYEAR, UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

CARRIER_TIME = ZoneInfo("Europe/Berlin")
"""The time zone of the carrier and its partners."""

_STATED_YEARS = range(1990, 2201)
"""The years of real dates. A date outside of them stands for an unknown one."""


def carrier_day(instant: datetime) -> date:
    """The day of an instant in the carrier's time zone, or the nearest that the calendar has."""
    try:
        return instant.astimezone(CARRIER_TIME).date()
    except OverflowError:
        return date.max if instant.year == MAXYEAR else date.min


def stated(instant: datetime | None) -> datetime | None:
    """The instant, or None if it is unknown or stands for an unknown one."""
    if instant is None or carrier_day(instant).year not in _STATED_YEARS:
        return None
    return instant


def later(instant: datetime, by: timedelta) -> datetime:
    """The instant plus a duration, or the last one that the calendar has."""
    try:
        return instant + by
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
