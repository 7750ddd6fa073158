"""The one way to change an order: apply changes to it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.base import Base
from db.models import (
    OrderDelay,
    OrderExternalId,
    OrderHistoryEntry,
    OrderItem,
    OrderMilestone,
    OrderNote,
    OrderPrice,
)
from ordering.contract.link import link_contract
from ordering.order import facts, phase_changes
from ordering.order.aggregate import OrderAggregate
from ordering.order.changes import (
    CancellationRequested,
    Change,
    CharacteristicsReported,
    ClarificationReported,
    ContractReported,
    DelayReported,
    ExpectedDateReported,
    ItemStateReported,
    MilestoneReported,
    NoteAdded,
    PartnerNoteAdded,
    PhaseReported,
    ProgressReported,
)
from ordering.order.context import ChangeContext
from ordering.order.events import Event, OrderReceived


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of the changes."""

    events: tuple[Event, ...]
    """Empty if the order already was as reported."""
    superseded: bool
    """Whether a newer report of the same thing was known, so that a change did not count."""


def apply(
    order: OrderAggregate,
    changes: Iterable[Change],
    at: datetime | None,
    *,
    now: datetime,
    on_receipt: bool = False,
) -> Applied:
    """Apply changes to an order. Counts one version if anything changed.

    `at` is the time of the report; None if it tells the present state. An older report never
    overwrites a newer one. With `on_receipt` the changes came with the order itself and belong to
    its first version. Changes rows in memory; `UnitOfWork.save` stores them.

    Raises `RefusedError` for a change that is not allowed. The order is then changed in part: the
    transaction has to be rolled back.
    """
    context = ChangeContext(order, order.not_before_receipt(at), now)
    if on_receipt:
        context.events.append(OrderReceived(order.row.number))
    counted = [_HANDLERS[type(change)](context, change) for change in changes]
    if context.events and not on_receipt:
        order.row.version += 1
        order.row.updated_at = max(now, order.row.updated_at)
    return Applied(tuple(context.events), superseded=not all(counted))


def parts_read(changes: Iterable[Change]) -> set[type[Base]]:
    """The tables of an order's parts that have to be loaded for the changes."""
    return {part for change in changes for part in _PARTS_READ[type(change)]}


_HANDLERS: dict[type[Any], Callable[[ChangeContext, Any], bool]] = {
    PhaseReported: phase_changes.report_phase,
    ProgressReported: phase_changes.report_progress,
    ClarificationReported: phase_changes.report_clarification,
    CancellationRequested: facts.request_cancellation,
    ExpectedDateReported: facts.report_expected_date,
    ContractReported: link_contract,
    MilestoneReported: facts.report_milestone,
    DelayReported: facts.report_delay,
    NoteAdded: facts.add_note,
    PartnerNoteAdded: facts.add_partner_note,
    ItemStateReported: facts.report_item_state,
    CharacteristicsReported: facts.report_characteristics,
}
"""Each applies one change, and returns False if a newer report of the same thing is known."""

_OF_PHASES = frozenset({OrderHistoryEntry, OrderDelay})
_PARTS_READ: dict[type[Any], frozenset[type[Base]]] = {
    PhaseReported: _OF_PHASES,
    ProgressReported: _OF_PHASES,
    ClarificationReported: _OF_PHASES,
    CancellationRequested: frozenset({OrderMilestone}),
    ExpectedDateReported: frozenset({OrderMilestone}),
    # A new contract has what was ordered; the search text has the external ids.
    ContractReported: frozenset({OrderMilestone, OrderItem, OrderPrice, OrderExternalId}),
    MilestoneReported: frozenset({OrderMilestone}),
    DelayReported: _OF_PHASES,
    NoteAdded: frozenset({OrderNote}),
    PartnerNoteAdded: frozenset({OrderNote}),
    ItemStateReported: frozenset({OrderItem}),
    CharacteristicsReported: frozenset(),
}
"""What each handler uses: with any other part it raises KeyError."""
