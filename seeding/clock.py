"""Times of the order book: whole seconds since 1970, moved into German working hours."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

MINUTE = 60
HOUR = 3600
DAY = 86_400

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_OPENING = 7 * HOUR + 30 * MINUTE


@lru_cache(maxsize=256)  # an order uses the same time repeatedly
def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def day(seconds: int) -> date:
    """Return the date in Germany."""
    return date.fromordinal(_EPOCH_ORDINAL + (seconds + _offset(seconds // DAY)) // DAY)


def working_time(seconds: int) -> int:
    """Move a time into office hours (7:30 to 17:30), and a weekend to Tuesday or Wednesday."""
    offset = _offset(seconds // DAY)
    days, second = divmod(seconds + offset, DAY)
    weekday = (days + 3) % 7
    if weekday > 4:
        days += 3
    return days * DAY + _OPENING + second * 5 // 12 - offset


def end_of_day(seconds: int) -> int:
    """Return 17:00 in Germany of the day, or of Monday for weekends."""
    offset = _offset(seconds // DAY)
    days = (seconds + offset) // DAY
    weekday = (days + 3) % 7
    if weekday > 4:
        days += 7 - weekday
    return days * DAY + 17 * HOUR - offset


def add_months(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, _days_of_month(year, month + 1)))


def _days_of_month(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


@lru_cache(maxsize=4096)
def _offset(days: int) -> int:
    """Return the UTC offset of Berlin, computed because small machines lack a zone database."""
    today = date.fromordinal(_EPOCH_ORDINAL + days)
    summer = _last_sunday(today.year, 3) <= today < _last_sunday(today.year, 10)
    return 2 * HOUR if summer else HOUR


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)
