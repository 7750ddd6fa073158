"""Translates messages into changes of an order."""

from collections.abc import Iterator
from datetime import datetime

from db.enums import OrderPhase
from intake.envelope import Envelope, Kind
from intake.json_node import JsonNode
from intake.parsed_order import ParsedOrder, error_reason
from intake.schemas import known_types
from intake.words import ACTION_PARTIES, CANCELLING, DRAFT, IN_PROGRESS, PHASES
from ordering.order.changes import (
    CancellationRequested,
    Change,
    CharacteristicsReported,
    ClarificationReported,
    PhaseReported,
    ProgressReported,
)
from ordering.order.stated import Characteristic

DELETED = "Im Auftragssystem des Netzbetreibers gelöscht."
"""The reason of a cancellation if the order was deleted. Partners read it."""


def translate(envelope: Envelope, order: ParsedOrder, digest: str) -> tuple[Change, ...]:
    """The changes that a message reports, in the order in which they are applied.

    Values without another place are reported as characteristics.
    """
    changes = [*order.facts, *_phase_change(envelope, order)]
    # Events repeat the names of their members: the name of the event tells them apart.
    prefix = f"{envelope.type.name}[{envelope.event_id or digest[:12]}]"
    rest = [
        Characteristic(f"{prefix}.{characteristic.name}", characteristic.value)
        for _, characteristic in envelope.root.rest(known_types=known_types())
    ]
    if characteristics := (*order.reported, *rest):
        changes.append(CharacteristicsReported(characteristics))
    return tuple(changes)


def is_draft(envelope: Envelope, order: ParsedOrder) -> bool:
    """Whether the message reports an order that is not placed yet."""
    follows_state = envelope.type.kind in (Kind.SNAPSHOT, Kind.CREATED, Kind.STATE)
    return follows_state and order.state == DRAFT


def _phase_change(envelope: Envelope, order: ParsedOrder) -> Iterator[Change]:
    match envelope.type.kind:
        case Kind.INFORMATION:
            yield _clarification(envelope)
        case Kind.DELETED:
            yield PhaseReported(OrderPhase.CANCELLED, DELETED)
        case Kind.CANCELLATION:
            yield from _cancellation(envelope.cancellation)
        case Kind.ERROR:
            errors = envelope.order.nodes("productOrderErrorMessage")
            reasons = [reason for error in errors if (reason := error_reason(error))]
            reason = reasons[-1] if reasons else order.reason
            yield PhaseReported(OrderPhase.FAILED, reason)
        case _:
            yield from _state(order)


def _state(order: ParsedOrder) -> Iterator[Change]:
    if order.state in CANCELLING:
        yield CancellationRequested()
    elif order.state == IN_PROGRESS:
        yield ProgressReported()
    elif order.state not in (None, DRAFT):
        yield PhaseReported(PHASES[order.state], order.reason)


def _cancellation(task: JsonNode | None) -> Iterator[Change]:
    """A cancellation is a task of its own: when it is done, the order is cancelled."""
    if task is None:
        return
    if task.text("state") == "done":
        yield PhaseReported(
            OrderPhase.CANCELLED,
            occurred_at=task.instant("effectiveCancellationDate"),
            reason=task.text("cancellationReason"),
        )
    elif task.value.get("state") in ("acknowledged", "inProgress", None):
        yield CancellationRequested()


def _clarification(envelope: Envelope) -> ClarificationReported:
    """What is required, from whom and until when.

    The standard has a JSON patch alone, which tells the member that is missing. Also read are
    `message` or `description`, `actionBy` and `dueDate`, in the patch or beside it.
    """
    patch = envelope.information
    action: str | None = None
    due: datetime | None = None
    by = None
    for holder in filter(None, (patch, envelope.root.node("event"))):
        action = action or holder.text("message", "description")
        due = due or holder.instant("dueDate", "requiredBy")
        actor = holder.value.get("actionBy")
        if isinstance(actor, str) and actor.casefold() in ACTION_PARTIES:
            by = ACTION_PARTIES[actor.casefold()]
            holder.mark_placed("actionBy")
    missing = None
    if patch is not None:
        missing = patch.text("path")
        action = action or patch.text("value")
    if action and missing:
        action = f"{action} ({missing})"
    return ClarificationReported(action or missing, by, due)
