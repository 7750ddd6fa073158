"""Changes of an order's phase, by the life-cycle table."""

from datetime import datetime

from db.enums import ActionParty, OrderPhase
from ordering.errors import Refusal, RefusedError
from ordering.order.changes import ClarificationReported, PhaseReported, ProgressReported
from ordering.order.context import ChangeContext
from ordering.order.events import ActionRequested, DelayEnded, PhaseChanged
from ordering.order.lifecycle import IN_PROGRESS, INTERRUPTIONS, RANK, steps

UNSPECIFIED_ACTION = "Bitte klären Sie mit dem Vertriebssupport, welche Angaben fehlen."
"""The action of a clarification that was reported without one. Partners read it."""

_CARRIED_OUT = frozenset({OrderPhase.CONFIRMED, OrderPhase.PROVISIONING})
_LONGEST = 2**31 - 1
"""The largest integer column value: some systems send the year 1 for an unknown date."""


def report_phase(context: ChangeContext, change: PhaseReported) -> bool:
    at = change.occurred_at or context.at
    return _advance(context, change.phase, at, reason=change.reason)


def report_clarification(context: ChangeContext, change: ClarificationReported) -> bool:
    return _advance(context, OrderPhase.CLARIFICATION, context.at, request=change)


def report_progress(context: ChangeContext, change: ProgressReported) -> bool:
    """CONFIRMED for the first time if a delivery date is known, else PROVISIONING.

    After an interruption, the one of the two that was interrupted.
    """
    order, at = context.order, context.at
    before = order.phase_before
    passed = set(order.phases)
    if order.row.phase in INTERRUPTIONS and before in _CARRIED_OUT:
        phase = before
    elif not passed & _CARRIED_OUT and order.row.expected_completion_date is not None:
        phase = OrderPhase.CONFIRMED
    else:
        phase = OrderPhase.PROVISIONING
    if _advance(context, phase, at):
        return True
    last = order.history[-1]
    if (
        last.phase is OrderPhase.CONFIRMED
        and at is not None
        and last.occurred_at > at
        and not passed & INTERRUPTIONS
    ):
        # Of two such reports the earlier one is the confirmation. The later one arrived first and
        # was taken for it: it was the start of provisioning.
        _advance(context, OrderPhase.PROVISIONING, last.occurred_at)
    return False


def _advance(
    context: ChangeContext,
    phase: OrderPhase,
    at: datetime | None,
    *,
    reason: str | None = None,
    request: ClarificationReported | None = None,
) -> bool:
    """Move to `phase`, through the steps that the report left out (`lifecycle.steps`).

    False if a newer report of the phase is known. Raises `RefusedError` if no way leads there.
    """
    order = context.order
    current = order.row.phase
    is_newest = order.report_times.take("phase", at, f"{RANK[phase]:02}")
    if request is not None and current is OrderPhase.CLARIFICATION:
        _request_action(context, at, request)
    if not is_newest:
        return False
    if current is phase:
        return True
    is_dated = order.row.expected_completion_date is not None
    way = steps(current, phase, order.phase_before, dated=is_dated)
    if way is None:
        raise RefusedError(
            Refusal.IMPOSSIBLE_TRANSITION,
            f"impossible transition from {current} to {phase}",
            "phase",
        )
    for step in way:
        _enter(context, step, at, reason if step is phase else None)
    if phase is OrderPhase.CLARIFICATION:
        _request_action(context, at, request or ClarificationReported(), on_entry=True)
    return True


def _enter(
    context: ChangeContext, phase: OrderPhase, at: datetime | None, reason: str | None
) -> None:
    order, row = context.order, context.order.row
    occurred_at = context.time_of(at)
    order.add_history(phase, occurred_at=occurred_at, reason=reason)
    context.events.append(PhaseChanged(row.phase, phase, occurred_at, reason))
    row.phase = phase
    row.completed_at = row.processing_seconds = None
    if phase is OrderPhase.COMPLETED:
        row.completed_at = occurred_at
        took = int((occurred_at - row.received_at).total_seconds())
        row.processing_seconds = min(took, _LONGEST)
    row.action_text = row.action_by = row.action_due = None
    if phase not in IN_PROGRESS:
        for delay in order.delays.open:
            order.delays.set_resolved(delay, max(occurred_at, delay.reported_at))
            context.events.append(DelayEnded(delay.reason, delay.reference))
    row.delayed = phase in IN_PROGRESS and bool(order.delays.open)


def _request_action(
    context: ChangeContext,
    at: datetime | None,
    request: ClarificationReported,
    *,
    on_entry: bool = False,
) -> None:
    """Set what has to be clarified. A report that does not say it, or that is about an earlier
    clarification, keeps what is known; on entry nothing is known yet."""
    order, row = context.order, context.order.row
    before = next(
        entry.occurred_at
        for entry in reversed(order.history)
        if entry.phase is not OrderPhase.CLARIFICATION
    )
    counts = (
        request.action is not None
        and (at is None or at >= before)
        and order.report_times.take("action", at, request.action)
    )
    if not counts and not on_entry:
        return
    action = request.action or UNSPECIFIED_ACTION
    by = request.by or ActionParty.PARTNER
    if (action, by, request.due) != (row.action_text, row.action_by, row.action_due):
        row.action_text, row.action_by, row.action_due = action, by, request.due
        context.events.append(ActionRequested(action, by, request.due))
