"""Which of two reports about the same thing is newer, in whichever order they arrive."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


class ReportTimes:
    """When each thing was last reported about one order, by name.

    Of two reports with the same time the higher rank counts, so that every order of arrival ends
    in the same state.
    """

    def __init__(self, stored: Mapping[str, Any] | None) -> None:
        self._last: dict[str, list[str]] = {**(stored or {})}
        self.changed = False

    def take(self, name: str, at: datetime | None, rank: str = "") -> bool:
        """Record a report of `name` at `at`. False if a newer one is known.

        A report without a time tells the present state, and always counts.
        """
        if at is None:
            return True
        report = [_text(at), rank]
        last = self._last.get(name)
        if last is not None and report < last:
            return False
        if report != last:
            self._last[name] = report
            self.changed = True
        return True

    def stored(self) -> dict[str, Any]:
        """The value of `orders.report_times`."""
        return dict(self._last)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
