"""The present, and until when what is said of it stays true."""

from datetime import UTC, date, datetime, time, timedelta

from ordering.calendar import CARRIER_TIME, carrier_day


class RequestClock:
    """The instant for which an answer is made. It remembers what the answer was told of it.

    Whatever an answer says depends on the present by these methods alone, so that until `until`
    it would be the same at every instant, as far as time goes.
    """

    def __init__(self, now: datetime) -> None:
        self.instant = now
        """For whoever decides how long an answer holds. What an answer says of it goes by `now`."""
        self.until: datetime | None = None
        """The last instant at which all that was told is so; None if that does not end."""

    @property
    def now(self) -> datetime:
        """The instant itself: what tells it is true at no other."""
        self._ends(self.instant)
        return self.instant

    @property
    def today(self) -> date:
        """The day in the carrier's time zone."""
        day = carrier_day(self.instant)
        # After the last day of the calendar there is no other.
        if day < date.max:
            midnight = datetime.combine(day + timedelta(days=1), time(), CARRIER_TIME)
            self._ends(midnight.astimezone(UTC) - timedelta(microseconds=1))
        return day

    def is_past(self, instant: datetime) -> bool:
        """Whether the instant has passed."""
        if instant < self.instant:
            return True
        self._ends(instant)
        return False

    def _ends(self, instant: datetime) -> None:
        if self.until is None or instant < self.until:
            self.until = instant
