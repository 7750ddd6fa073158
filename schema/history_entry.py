"""The history of an order's phases."""

from datetime import datetime

import strawberry

from db.enums import STATUS_OF_PHASE
from db.models import OrderHistoryEntry
from execution.resolving import reads
from schema.enums import OrderPhase, OrderStatus
from schema.fields import label_of


@reads("phase")
def _history_status(root: strawberry.Parent[OrderHistoryEntry]) -> OrderStatus:
    return STATUS_OF_PHASE[root.phase]


@strawberry.type(description="A phase that an order entered.")
class HistoryEntry:
    sequence: int = strawberry.field(
        description="The position of the entry in the history: 1, 2, 3 and so on, without gaps."
    )
    phase: OrderPhase = strawberry.field(description="The phase that the order entered.")
    phase_label = label_of("phase")
    status: OrderStatus = strawberry.field(
        resolver=_history_status, description="The status that belongs to the phase."
    )
    occurred_at: datetime = strawberry.field(description="When the order entered the phase.")
    reason: str | None = strawberry.field(
        description="The reason for entering the phase. Null if none was reported."
    )
