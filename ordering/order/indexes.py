"""The milestones and delays of an order by what a report knows them by.

An order may have thousands, each reported several times: a search through all of them for each
report would take time that grows with the square.
"""

from collections.abc import Iterable
from datetime import datetime

from db.enums import MilestoneKind
from db.models import OrderDelay, OrderMilestone


class Milestones:
    """Milestones by reference, or without one by kind; OTHER by its name, else by its message.

    What a milestone is known by never changes.
    """

    def __init__(self, milestones: Iterable[OrderMilestone]) -> None:
        self._by_reference: dict[str, OrderMilestone] = {}
        self._by_kind: dict[tuple[MilestoneKind, str | None], OrderMilestone] = {}
        for milestone in milestones:
            self.add(milestone)

    def add(self, milestone: OrderMilestone) -> None:
        """Add a milestone. Of two that are known by the same, the first counts."""
        if milestone.reference is not None:
            self._by_reference.setdefault(milestone.reference, milestone)
        else:
            text = label(milestone.kind, milestone.name, milestone.message)
            self._by_kind.setdefault((milestone.kind, text), milestone)

    def find(
        self,
        kind: MilestoneKind,
        reference: str | None = None,
        name: str | None = None,
        message: str | None = None,
    ) -> OrderMilestone | None:
        if reference is not None:
            return self._by_reference.get(reference)
        return self._by_kind.get((kind, label(kind, name, message)))


def label(kind: MilestoneKind, name: str | None, message: str | None) -> str | None:
    """What tells milestones of a kind apart that have no reference."""
    return (name or message) if kind is MilestoneKind.OTHER else None


class Delays:
    """Delays by reference, or without one by kind and reason; and those that are unresolved."""

    def __init__(self, delays: Iterable[OrderDelay]) -> None:
        self._by_reference: dict[str, OrderDelay] = {}
        self._by_content: dict[tuple[str | None, str], OrderDelay] = {}
        self._open: dict[int, OrderDelay] = {}
        for delay in delays:
            self.add(delay)

    def add(self, delay: OrderDelay) -> None:
        if delay.reference is not None:
            self._by_reference.setdefault(delay.reference, delay)
        else:
            self._by_content.setdefault((delay.kind, delay.reason), delay)
        if delay.resolved_at is None:
            self._open[delay.position] = delay

    @property
    def open(self) -> list[OrderDelay]:
        """Unresolved delays, by position."""
        return [self._open[position] for position in sorted(self._open)]

    def set_resolved(self, delay: OrderDelay, at: datetime | None) -> None:
        delay.resolved_at = at
        if at is None:
            self._open[delay.position] = delay
        else:
            self._open.pop(delay.position, None)

    def find(self, reference: str | None, kind: str | None, reason: str) -> OrderDelay | None:
        if reference is not None:
            return self._by_reference.get(reference)
        return self._by_content.get((kind, reason))
