"""The life cycle of an order: which phase may follow which, and their names in TMF622 v5.

These tables are the only place for rules about phases.
"""

from collections import deque

from db.enums import STATUS_OF_PHASE, OrderPhase, OrderStatus

NEXT_PHASES: dict[OrderPhase, frozenset[OrderPhase]] = {
    phase: frozenset(OrderPhase(name) for name in names.split())
    for phase, names in {
        OrderPhase.RECEIVED: "ACCEPTED CONFIRMED PROVISIONING COMPLETED REJECTED FAILED CANCELLED",
        OrderPhase.ACCEPTED: (
            "CLARIFICATION CONFIRMED PROVISIONING COMPLETED REJECTED FAILED CANCELLED"
        ),
        # Also the phase before an interruption: see `can_follow`.
        OrderPhase.CLARIFICATION: "REJECTED FAILED CANCELLED",
        OrderPhase.ON_HOLD: "FAILED CANCELLED",
        OrderPhase.CONFIRMED: "CLARIFICATION ON_HOLD PROVISIONING COMPLETED FAILED CANCELLED",
        OrderPhase.PROVISIONING: "CLARIFICATION ON_HOLD COMPLETED PARTIAL FAILED CANCELLED",
        OrderPhase.COMPLETED: "",
        OrderPhase.REJECTED: "",
        OrderPhase.FAILED: "RECEIVED",
        OrderPhase.PARTIAL: "",
        OrderPhase.CANCELLED: "",
    }.items()
}
"""The phases that may come next. Every phase in progress can end in a cancellation, which is a task
of its own in TMF622 (`CancelProductOrder`)."""

INTERRUPTIONS = frozenset({OrderPhase.CLARIFICATION, OrderPhase.ON_HOLD})
"""Phases from which an order returns to the phase before."""

TMF622_STATE: dict[OrderPhase, str] = {
    OrderPhase.RECEIVED: "acknowledged",
    OrderPhase.ACCEPTED: "inProgress.accepted",
    OrderPhase.CLARIFICATION: "pending",
    OrderPhase.ON_HOLD: "held",
    OrderPhase.CONFIRMED: "inProgress",
    OrderPhase.PROVISIONING: "inProgress",
    OrderPhase.COMPLETED: "completed",
    OrderPhase.REJECTED: "rejected",
    OrderPhase.FAILED: "failed",
    OrderPhase.PARTIAL: "partial",
    OrderPhase.CANCELLED: "cancelled",
}

IN_PROGRESS = frozenset(
    phase for phase, status in STATUS_OF_PHASE.items() if status is OrderStatus.IN_PROGRESS
)


def can_follow(current: OrderPhase, following: OrderPhase, before: OrderPhase | None) -> bool:
    """Whether `following` may come after `current`.

    `before` is the last phase that was not an interruption, or None.
    """
    if current in INTERRUPTIONS and following is before:
        return True
    return following in NEXT_PHASES[current]


_BY_RANK = (
    "RECEIVED ACCEPTED CONFIRMED PROVISIONING CLARIFICATION ON_HOLD "
    "FAILED REJECTED PARTIAL CANCELLED COMPLETED"
)
RANK = {OrderPhase(name): rank for rank, name in enumerate(_BY_RANK.split())}
"""Of two phases that are reported for the same instant, the one with the higher rank is later."""


def steps(
    current: OrderPhase, following: OrderPhase, before: OrderPhase | None, *, dated: bool
) -> tuple[OrderPhase, ...] | None:
    """The phases to enter, in order, to come from `current` to `following`; None if no way leads
    there.

    A report may leave out steps that it implies: ACCEPTED before a clarification, CONFIRMED (with
    a delivery date) or PROVISIONING before a hold, the return from an interruption before anything
    else. Failures, repairs and interruptions are never implied.
    """
    passed = [OrderPhase.ACCEPTED, OrderPhase.CONFIRMED, OrderPhase.PROVISIONING]
    if not dated:
        passed.remove(OrderPhase.CONFIRMED)
    seen = {current}
    ways: deque[tuple[OrderPhase, ...]] = deque([()])
    while ways:
        way = ways.popleft()
        at = way[-1] if way else current
        if can_follow(at, following, before):
            return (*way, following)
        # Interruptions are never passed on the way, so `before` stays valid.
        for phase in passed if at not in INTERRUPTIONS else [before] if before else []:
            if phase not in seen and can_follow(at, phase, before):
                seen.add(phase)
                ways.append((*way, phase))
    return None
