"""Facts about an order that do not change its phase: dates, milestones, delays, notes, items."""

from datetime import datetime
from typing import Any

from db.enums import MilestoneKind
from db.models import OrderDelay, OrderNote
from ordering.errors import Refusal, RefusedError
from ordering.order.changes import (
    CancellationRequested,
    CharacteristicsReported,
    DelayReported,
    ExpectedDateReported,
    ItemStateReported,
    MilestoneReported,
    NoteAdded,
    PartnerNoteAdded,
)
from ordering.order.context import ChangeContext
from ordering.order.events import (
    CharacteristicChanged,
    DateConfirmed,
    DelayChanged,
    DelayStarted,
    ItemStateChanged,
    MilestoneChanged,
    MilestoneReached,
    NoteWritten,
)
from ordering.order.indexes import label
from ordering.order.lifecycle import IN_PROGRESS
from ordering.order.stated import is_scalar

_MISSING = object()


def request_cancellation(context: ChangeContext, change: CancellationRequested) -> bool:
    context.reach(MilestoneKind.CANCELLATION_REQUESTED)
    return True


def report_expected_date(context: ChangeContext, change: ExpectedDateReported) -> bool:
    row = context.order.row
    context.reach(MilestoneKind.DATE_CONFIRMED)
    if not context.counts("expected_completion_date", change.date.isoformat()):
        return False
    if row.expected_completion_date != change.date:
        before, row.expected_completion_date = row.expected_completion_date, change.date
        context.events.append(DateConfirmed(before, change.date))
    return True


def report_milestone(context: ChangeContext, change: MilestoneReported) -> bool:
    """Each value has the time of its own newest report."""
    order, now = context.order, context.now
    kind, name, message = change.kind, change.name, change.message
    key = f"milestone {change.reference or f'{kind} {label(kind, name, message)}'}"
    milestone = order.milestones.find(kind, change.reference, name, message)
    is_new = milestone is None
    if milestone is None:
        milestone = order.add_milestone(kind, change.reference, name, message)
    reached_at = min(change.reached_at or context.at or now, now) if change.reached else None
    values: dict[str, Any] = {
        "kind": None if kind is MilestoneKind.OTHER else kind,
        "name": name,
        "message": message,
        "planned_at": change.planned_at,
        "reached_at": reached_at,
        "violated": change.violated,
    }
    is_newest, changed = True, set()
    for field, value in values.items():
        if value is None and field != "reached_at":
            continue
        if not context.counts(f"{key} {field}", "" if value is None else str(value)):
            is_newest = False
        elif getattr(milestone, field) != value:
            setattr(milestone, field, value)
            changed.add(field)
    if "reached_at" in changed and reached_at is not None:
        event = MilestoneReached(milestone.kind, milestone.reference, reached_at)
        context.events.append(event)
    elif changed or is_new:
        context.events.append(MilestoneChanged(milestone.kind, milestone.reference))
    return is_newest


def report_delay(context: ChangeContext, change: DelayReported) -> bool:
    order, now = context.order, context.now
    reported_at = min(change.reported_at or context.at or now, now)
    known = order.delays.find(change.reference, change.kind, change.reason)
    if known is not None:
        return _repeat_delay(context, known, change, reported_at)
    if change.reference:
        context.counts(f"delay {change.reference}", change.reason)
    in_progress = order.row.phase in IN_PROGRESS
    order.add_delay(
        reference=change.reference,
        kind=change.kind,
        reason=change.reason,
        reported_at=reported_at,
        resolved_at=None if in_progress else max(order.history[-1].occurred_at, reported_at),
    )
    order.row.delayed = in_progress
    context.events.append(DelayStarted(change.reason, change.reference))
    return True


def _repeat_delay(
    context: ChangeContext, delay: OrderDelay, change: DelayReported, reported_at: datetime
) -> bool:
    row, content = context.order.row, (change.kind, change.reason)
    is_newest = context.counts(f"delay {change.reference}", change.reason)
    event: type[DelayChanged | DelayStarted] | None = None
    if reported_at < delay.reported_at:
        delay.reported_at = reported_at
        event = DelayChanged
    if is_newest and change.reference and (delay.kind, delay.reason) != content:
        delay.kind, delay.reason = content
        event = DelayChanged
    ended = delay.resolved_at
    at = context.at or context.now
    if is_newest and ended is not None and row.phase in IN_PROGRESS and at > ended:
        # The order had failed and was repaired.
        context.order.delays.set_resolved(delay, None)
        row.delayed = True
        event = DelayStarted
    if event:
        context.events.append(event(change.reason, change.reference))
    return is_newest


def add_note(context: ChangeContext, change: NoteAdded) -> bool:
    order = context.order
    content = (change.text, change.reference, change.author, change.written_at)
    if content in order.note_contents:
        return True
    order.note_contents.add(content)
    order.add(
        OrderNote,
        reference=change.reference,
        author=change.author,
        written_at=change.written_at,
        text=change.text,
    )
    context.events.append(NoteWritten(change.text, change.author))
    return True


def add_partner_note(context: ChangeContext, change: PartnerNoteAdded) -> bool:
    context.order.add(
        OrderNote,
        author=change.author,
        account=change.account,
        written_at=context.time_of(context.at),
        text=change.text,
    )
    context.events.append(NoteWritten(change.text, change.author))
    return True


def report_item_state(context: ChangeContext, change: ItemStateReported) -> bool:
    """Raises `RefusedError` if the order has no such item."""
    items = context.order.items_by_reference.get(change.item)
    if items is None:
        raise RefusedError(
            Refusal.UNKNOWN_ITEM,
            f"the order has no item {change.item!r}",
            f"item state {change.item}",
        )
    if not context.counts(f"item {change.item}", change.state):
        return False
    for item in items:
        if item.state != change.state:
            event = ItemStateChanged(item.position, item.state, change.state)
            item.state = change.state
            context.events.append(event)
    return True


def report_characteristics(context: ChangeContext, change: CharacteristicsReported) -> bool:
    """An older value is ignored, and does not make the report superseded."""
    row = context.order.row
    if not change.characteristics:
        return True
    stated = {
        (entry["name"], entry["value"])
        for entry in row.characteristics
        if is_scalar(entry["value"])
    }
    reported = {entry["name"]: entry["value"] for entry in row.reported_characteristics}
    changed = False
    for characteristic in change.characteristics:
        name, value = characteristic.name, characteristic.value
        if (name, value) in stated:
            continue
        if not context.counts(f"characteristic {name}", repr(value)):
            continue
        known = reported.get(name, _MISSING)
        # 1 and True are equal, and not the same value.
        if known != value or type(known) is not type(value):
            reported[name] = value
            changed = True
            context.events.append(CharacteristicChanged(name, value))
    if changed:
        row.reported_characteristics = [
            {"name": name, "value": reported[name]} for name in sorted(reported)
        ]
    return True
