"""What the steps of `ordering.order.apply` share."""

from dataclasses import dataclass, field
from datetime import datetime

from db.enums import MilestoneKind
from ordering.order.aggregate import OrderAggregate
from ordering.order.events import Event, MilestoneReached


@dataclass(slots=True)
class ChangeContext:
    """The order, the time of the report (None: the present), and what has changed so far."""

    order: OrderAggregate
    at: datetime | None
    now: datetime
    events: list[Event] = field(default_factory=list)

    def counts(self, name: str, rank: str = "") -> bool:
        """Whether this report of `name` is the newest; see `ReportTimes.take`."""
        return self.order.report_times.take(name, self.at, rank)

    def time_of(self, at: datetime | None) -> datetime:
        """When something happened: neither in the future nor before the order's receipt."""
        return max(min(at or self.now, self.now), self.order.row.received_at)

    def reach(self, kind: MilestoneKind) -> None:
        """Set a milestone that follows from a change. The earliest time counts, in whichever order
        the reports arrive."""
        order, reached_at = self.order, self.time_of(self.at)
        milestone = order.milestones.find(kind)
        if milestone is None:
            milestone = order.add_milestone(kind)
        elif milestone.reached_at is not None and milestone.reached_at <= reached_at:
            return
        milestone.reached_at = reached_at
        self.events.append(MilestoneReached(kind, None, reached_at))
