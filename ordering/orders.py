"""What may happen to an order once it was received.

Every service changes the rows of an `OrderRecord`, bumps version and `updated_at`, and never
commits; `UnitOfWork.save` writes. A service that refuses raises `RefusedError`. `at` is when the
reported thing happened, None where only the present state is told: an older report never
overwrites what a newer one said, and answers False.
"""

from collections.abc import Sequence
from datetime import datetime

from db.enums import ActionParty, MilestoneKind, OrderPhase
from db.models import OrderDelay, OrderHistoryEntry, OrderMilestone, OrderNote
from ordering.errors import Refusal, RefusedError
from ordering.lifecycle import IN_PROGRESS, INTERRUPTIONS, RANK, steps
from ordering.stated import Characteristic, is_scalar
from ordering.unit_of_work import OrderRecord, UnitOfWork

UNSPECIFIED_ACTION = "Bitte klären Sie mit dem Vertriebssupport, welche Angaben fehlen."
"""The action of a clarification that was reported without saying what is to be clarified."""


def touch(book: UnitOfWork, record: OrderRecord) -> None:
    """Count a change. A new order is its own first version."""
    if not record.changed and not record.is_new:
        record.order.version += 1
        record.order.updated_at = max(book.now, record.order.updated_at)
    record.changed = True


def advance(
    book: UnitOfWork,
    record: OrderRecord,
    phase: OrderPhase,
    at: datetime | None,
    *,
    reason: str | None = None,
    action: str | None = None,
    action_by: ActionParty | None = None,
    action_due: datetime | None = None,
) -> bool:
    """Move the order to `phase`, through the steps that the report left out (`lifecycle.steps`).

    True also where the order is in that phase already. Refuses what the life cycle does not allow.
    """
    order = record.order
    newest = record.times.take("phase", at, f"{RANK[phase]:02}")
    if order.phase is phase is OrderPhase.CLARIFICATION:
        _clarify(book, record, at, action=action, by=action_by, due=action_due)
    if not newest:
        return False
    if order.phase is phase:
        return True
    dated = order.expected_completion_date is not None
    way = steps(order.phase, phase, record.phase_before, dated=dated)
    if way is None:
        raise RefusedError(
            Refusal.IMPOSSIBLE_TRANSITION,
            f"impossible transition: an order that is {order.phase} cannot become {phase}",
            "phase",
        )
    for step in way:
        _enter(book, record, step, at, reason if step is phase else None)
    if phase is OrderPhase.CLARIFICATION:
        action = action or UNSPECIFIED_ACTION
        _clarify(book, record, at, action=action, by=action_by, due=action_due)
    return True


def proceed(book: UnitOfWork, record: OrderRecord, at: datetime | None) -> bool:
    """The order is being carried out: CONFIRMED where that is new and a delivery date is known.

    Out of an interruption it goes back to being confirmed or provisioned, whatever it was.
    """
    before = record.phase_before
    passed = {entry.phase for entry in record.history}
    if record.order.phase in INTERRUPTIONS and before in _CARRIED_OUT:
        phase = before
    elif record.order.expected_completion_date is not None and not passed & _CARRIED_OUT:
        phase = OrderPhase.CONFIRMED
    else:
        phase = OrderPhase.PROVISIONING
    if advance(book, record, phase, at):
        return True
    last = record.history[-1]
    if (
        last.phase is OrderPhase.CONFIRMED
        and at is not None
        and last.occurred_at > at
        and not passed & INTERRUPTIONS
    ):
        # Of two such reports the first is the confirmation: the one that was taken for it, for
        # having arrived earlier, was the second.
        advance(book, record, OrderPhase.PROVISIONING, last.occurred_at)
    return False


_CARRIED_OUT = frozenset({OrderPhase.CONFIRMED, OrderPhase.PROVISIONING})


_LONGEST = 2**31 - 1
"""What the database's integer holds: some systems write year 1 where they know no date."""


def _enter(
    book: UnitOfWork,
    record: OrderRecord,
    phase: OrderPhase,
    at: datetime | None,
    reason: str | None,
) -> None:
    order, last = record.order, record.history[-1]
    occurred_at = max(min(at or book.now, book.now), order.received_at)
    entry = record.part(
        OrderHistoryEntry,
        sequence=last.sequence + 1,
        previous_sequence=last.sequence,
        phase=phase,
        occurred_at=occurred_at,
        reason=reason,
    )
    record.history.append(book.add(entry))
    order.phase = phase
    order.completed_at = order.processing_seconds = None
    if phase is OrderPhase.COMPLETED:
        order.completed_at = occurred_at
        took = int((occurred_at - order.received_at).total_seconds())
        order.processing_seconds = min(took, _LONGEST)
    order.action_text = order.action_by = order.action_due = None
    if phase not in IN_PROGRESS:
        for delay in record.delays:
            if delay.resolved_at is None:
                delay.resolved_at = max(occurred_at, delay.reported_at)
    order.delayed = phase in IN_PROGRESS and _is_delayed(record)
    touch(book, record)


def _clarify(
    book: UnitOfWork,
    record: OrderRecord,
    at: datetime | None,
    *,
    action: str | None,
    by: ActionParty | None,
    due: datetime | None,
) -> None:
    """Say what is to be clarified. A report that does not say it leaves what is known."""
    order = record.order
    if action is None:
        return
    began = [e.occurred_at for e in record.history if e.phase is not OrderPhase.CLARIFICATION][-1]
    if at is not None and at < began:
        return
    if action is not UNSPECIFIED_ACTION and not record.times.take("action", at, action):
        return
    new = (action, by or ActionParty.PARTNER, due)
    if new != (order.action_text, order.action_by, order.action_due):
        order.action_text, order.action_by, order.action_due = new
        touch(book, record)


def set_expected_date(
    book: UnitOfWork, record: OrderRecord, expected: datetime, at: datetime | None
) -> bool:
    """The delivery date that the carrier promises, with its milestone."""
    order = record.order
    reach(book, record, MilestoneKind.DATE_CONFIRMED, at)
    if not record.times.take("expected_completion_date", at, expected.isoformat()):
        return False
    if order.expected_completion_date == expected:
        return True
    order.expected_completion_date = expected
    touch(book, record)
    return True


def reach(book: UnitOfWork, record: OrderRecord, kind: MilestoneKind, at: datetime | None) -> None:
    """A milestone that follows from what happened, and that nobody reported as such. The first
    time counts, whichever is heard of first."""
    reached_at = max(min(at or book.now, book.now), record.order.received_at)
    for milestone in record.milestones:
        if milestone.kind is kind and milestone.reference is None:
            if milestone.reached_at is None or reached_at < milestone.reached_at:
                milestone.reached_at = reached_at
                touch(book, record)
            return
    _add_milestone(book, record, kind, None).reached_at = reached_at


def report_milestone(
    book: UnitOfWork,
    record: OrderRecord,
    kind: MilestoneKind,
    at: datetime | None,
    *,
    reference: str | None = None,
    name: str | None = None,
    message: str | None = None,
    planned_at: datetime | None = None,
    reached_at: datetime | None = None,
    violated: bool | None = None,
) -> bool:
    """A fact beside the phase; one that was reported before is completed and corrected.

    Without `reached_at` it is still ahead, or again.
    """
    called = name or (message if kind is MilestoneKind.OTHER else None)
    key = f"milestone {reference or f'{kind} {called}'}"
    found = [
        m
        for m in record.milestones
        if m.reference == reference
        and (reference or (m.kind is kind and called in (m.name, name or m.message)))
    ]
    milestone = found[0] if found else _add_milestone(book, record, kind, reference)
    values = {
        "kind": None if kind is MilestoneKind.OTHER else kind,
        "name": name,
        "message": message,
        "planned_at": planned_at,
        "reached_at": reached_at,
        "violated": violated,
    }
    counts = True
    for field, value in values.items():
        if value is None and field != "reached_at":
            continue
        if not record.times.take(f"{key} {field}", at, "" if value is None else str(value)):
            counts = False
        elif getattr(milestone, field) != value:
            setattr(milestone, field, value)
            touch(book, record)
    return counts


def _add_milestone(
    book: UnitOfWork, record: OrderRecord, kind: MilestoneKind, reference: str | None
) -> OrderMilestone:
    milestone = record.part(
        OrderMilestone,
        position=len(record.milestones) + 1,
        kind=kind,
        reference=reference,
        violated=False,
    )
    record.milestones.append(book.add(milestone))
    touch(book, record)
    return milestone


def report_delay(
    book: UnitOfWork,
    record: OrderRecord,
    reason: str,
    at: datetime | None,
    *,
    reference: str | None = None,
    kind: str | None = None,
    reported_at: datetime | None = None,
) -> bool:
    """A delay. It changes no phase, and ends when the order does."""
    order = record.order
    reported_at = reported_at or at or book.now
    for delay in record.delays:
        if delay.reference == reference and (
            reference or (delay.kind, delay.reason) == (kind, reason)
        ):
            if reported_at < delay.reported_at:
                delay.reported_at = reported_at
                touch(book, record)
            if not record.times.take(f"delay {reference}", at, reason):
                return False
            if reference and (delay.kind, delay.reason) != (kind, reason):
                delay.kind, delay.reason = kind, reason
                touch(book, record)
            ended = delay.resolved_at
            if ended is not None and order.phase in IN_PROGRESS and (at or book.now) > ended:
                # The order had failed and was repaired.
                delay.resolved_at, order.delayed = None, True
                touch(book, record)
            return True
    if reference:
        record.times.take(f"delay {reference}", at, reason)
    ended = None if order.phase in IN_PROGRESS else record.history[-1].occurred_at
    delay = record.part(
        OrderDelay,
        position=len(record.delays) + 1,
        reference=reference,
        kind=kind,
        reason=reason,
        reported_at=reported_at,
        resolved_at=ended and max(ended, reported_at),
    )
    record.delays.append(book.add(delay))
    order.delayed = order.phase in IN_PROGRESS and _is_delayed(record)
    touch(book, record)
    return True


def _is_delayed(record: OrderRecord) -> bool:
    return any(delay.resolved_at is None for delay in record.delays)


def add_note(
    book: UnitOfWork,
    record: OrderRecord,
    text: str,
    *,
    reference: str | None = None,
    author: str | None = None,
    written_at: datetime | None = None,
) -> None:
    """A note; the same one again changes nothing."""
    content = (reference, author, written_at, text)
    if content in record.noted:
        return
    record.noted.add(content)
    note = record.part(
        OrderNote,
        position=len(record.notes) + 1,
        reference=reference,
        author=author,
        written_at=written_at,
        text=text,
    )
    record.notes.append(book.add(note))
    touch(book, record)


def set_item_state(
    book: UnitOfWork, record: OrderRecord, reference: str, state: str, at: datetime | None
) -> bool | None:
    """What was reported of one item; None where the order has no such item. One without a
    reference is known by its position: "#2"."""
    items = record.items_by_reference.get(reference)
    if items is None:
        return None
    if not record.times.take(f"item {reference}", at, state):
        return False
    for item in items:
        if item.state != state:
            item.state = state
            touch(book, record)
    return True


def report_characteristics(
    book: UnitOfWork,
    record: OrderRecord,
    characteristics: Sequence[Characteristic],
    at: datetime | None,
) -> None:
    """What has no place of its own. What the order stated already is not repeated."""
    if not characteristics:
        return
    order = record.order
    stated = {
        (entry["name"], entry["value"])
        for entry in order.characteristics
        if is_scalar(entry["value"])
    }
    reported = {entry["name"]: entry["value"] for entry in order.reported_characteristics}
    changed = False
    for name, value in ((entry.name, entry.value) for entry in characteristics):
        if (name, value) in stated:
            continue
        if not record.times.take(f"characteristic {name}", at, repr(value)):
            continue
        known = reported.get(name, _MISSING)
        if known != value or type(known) is not type(value):
            reported[name] = value
            changed = True
    if changed:
        order.reported_characteristics = [
            {"name": name, "value": reported[name]} for name in sorted(reported)
        ]
        touch(book, record)


_MISSING = object()
