"""Which of two reports about the same thing is the newer one, whatever their order of arrival."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


class ReportTimes:
    """Of one order: when each thing was last reported, by name.

    Reports of the same instant are decided by their rank, so that every order of arrival ends in
    the same state.
    """

    def __init__(self, stored: Mapping[str, Any] | None) -> None:
        self._last: dict[str, list[str]] = {**(stored or {})}
        self.changed = False

    def take(self, name: str, at: datetime | None, rank: str = "") -> bool:
        """Whether a report of `at` counts, because no newer one of `name` came before.

        A report without a time tells the present state: it always counts.
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
        """What a row keeps of it."""
        return dict(self._last)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
