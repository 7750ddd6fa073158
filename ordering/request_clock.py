"""The time of a request, and until when a response that depends on it stays valid."""

from datetime import UTC, date, datetime, time, timedelta

from ordering.calendar import CARRIER_TIME, carrier_day


class RequestClock:
    """The instant at which a request is answered, with a record of how the response used it.

    A response depends on the time by these methods alone. Until `until`, time does not change it.
    """

    def __init__(self, now: datetime) -> None:
        self.instant = now
        """For code that decides how long a response is valid. What a response shows uses `now`."""
        self.until: datetime | None = None
        """The last instant at which the response is valid; None if it does not depend on time."""

    @property
    def now(self) -> datetime:
        """The instant itself: a response that shows it is valid at no other."""
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
