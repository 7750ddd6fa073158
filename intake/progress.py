"""Takes one message into the order book, by the services of `ordering`."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from db.enums import ActionParty, MilestoneKind, OrderPhase
from db.models import IntakeMessage
from intake.messages import Kind, Message
from intake.orders import Said, error_reason
from intake.payload import Part, is_spelling
from intake.problems import Fault, InvalidError, Outcome
from intake.schemas import MOST_PROBLEMS, known_types
from ordering import orders
from ordering.contracts import link_contract
from ordering.errors import Refusal, RefusedError
from ordering.receive import differences
from ordering.stated import Characteristic
from ordering.unit_of_work import OrderRecord, UnitOfWork

_PHASES = {
    "acknowledged": OrderPhase.RECEIVED,
    "inProgress.accepted": OrderPhase.ACCEPTED,
    "pending": OrderPhase.CLARIFICATION,
    "held": OrderPhase.ON_HOLD,
    "completed": OrderPhase.COMPLETED,
    "rejected": OrderPhase.REJECTED,
    "failed": OrderPhase.FAILED,
    "partial": OrderPhase.PARTIAL,
    "cancelled": OrderPhase.CANCELLED,
}
"""The phases that a state alone decides; `inProgress` asks for more (`ordering.orders.proceed`)."""
_CANCELLING = frozenset({"assessingCancellation", "pendingCancellation"})

DELETED = "Im Auftragssystem des Netzbetreibers gelöscht."
"""Why an order was cancelled whose deletion was reported."""


def apply(book: UnitOfWork, record: OrderRecord, message: Message) -> Outcome:
    """Bring the order forward by what the message says. Raises `InvalidError`."""
    record.changed = record.is_new
    if message.at is not None:
        # Clocks differ: what happened before the order came in was its first progress.
        message.at = max(message.at, record.order.received_at)
    try:
        counts = _apply(book, record, message)
    except RefusedError as refusal:
        raise message.refused(refusal) from None
    book.add(
        record.part(
            IntakeMessage,
            digest=message.digest,
            kind=message.type,
            event_id=message.event_id,
            occurred_at=message.at,
            received_at=book.now,
        )
    )
    record.digests.add(message.digest)
    record.is_new = False
    if not counts:
        return Outcome.SUPERSEDED
    return Outcome.LOADED if record.changed else Outcome.UNCHANGED


def _apply(book: UnitOfWork, record: OrderRecord, message: Message) -> bool:
    said, at = message.said, message.at
    newest = True
    if not record.is_new:
        _compare(book, record, message)
    if said.expected is not None:
        newest &= orders.set_expected_date(book, record, said.expected, at)
    if (number := _contract_number(book, record, said)) is not None:
        link_contract(book, record, number, at)
    for note in said.notes:
        orders.add_note(
            book,
            record,
            note.text,
            reference=note.reference,
            author=note.author,
            written_at=note.written_at,
        )
    for milestone in said.milestones:
        planned = milestone.status in ("Yet-To-Reach", "Violated")
        date = milestone.date if planned else milestone.date or at or book.now
        newest &= orders.report_milestone(
            book,
            record,
            milestone.kind,
            at,
            reference=milestone.reference,
            name=milestone.name,
            message=milestone.message,
            planned_at=date if planned else None,
            reached_at=None if planned or date is None else min(date, book.now),
            violated=milestone.status == "Violated" if milestone.status else None,
        )
    for alert in said.alerts:
        newest &= orders.report_delay(
            book,
            record,
            alert.reason,
            at,
            reference=alert.reference,
            kind=alert.kind,
            reported_at=min(alert.date, book.now) if alert.date else None,
        )
    for path, item, state in said.item_states:
        if (counts := orders.set_item_state(book, record, item, state, at)) is None:
            raise InvalidError((path, f"the order has no item {item!r}"), code=Fault.UNKNOWN_ITEM)
        newest &= counts
    newest &= _move(book, record, message)
    _keep_parties(book, record, message)
    _keep_rest(book, record, message)
    return newest


def _contract_number(book: UnitOfWork, record: OrderRecord, said: Said) -> str | None:
    """The contract of the order: the first agreement, unless the order has another of them."""
    if record.order.contract_id is not None:
        linked = book.contracts_by_id[record.order.contract_id].number
        if linked in said.agreements:
            return linked
    return said.agreements[0] if said.agreements else None


def _move(book: UnitOfWork, record: OrderRecord, message: Message) -> bool:
    at = message.at
    if message.kind is Kind.INFORMATION:
        return _clarify(book, record, message)
    if message.kind is Kind.DELETED:
        return orders.advance(book, record, OrderPhase.CANCELLED, at, reason=DELETED)
    if message.cancellation is not None:
        return _cancel(book, record, message, message.cancellation)
    if message.kind is Kind.ERROR:
        reasons = [error_reason(e) for e in message.order.parts("productOrderErrorMessage")]
        reason = next((reason for reason in reversed(reasons) if reason), message.said.reason)
        return orders.advance(book, record, OrderPhase.FAILED, at, reason=reason)
    return _follow_state(book, record, message)


def _follow_state(book: UnitOfWork, record: OrderRecord, message: Message) -> bool:
    state, at = message.said.state, message.at
    if state is None:
        return True
    if state == "draft":
        raise message.draft()
    if state in _CANCELLING:
        orders.reach(book, record, MilestoneKind.CANCELLATION_REQUESTED, at)
        return True
    if state == "inProgress":
        return orders.proceed(book, record, at)
    return orders.advance(book, record, _PHASES[state], at, reason=message.said.reason)


_PARTIES = {
    "partner": ActionParty.PARTNER,
    "vertriebspartner": ActionParty.PARTNER,
    "customer": ActionParty.CUSTOMER,
    "kunde": ActionParty.CUSTOMER,
    "carrier": ActionParty.CARRIER,
    "netzbetreiber": ActionParty.CARRIER,
}


def _clarify(book: UnitOfWork, record: OrderRecord, message: Message) -> bool:
    """What is required, from whom and until when.

    The standard has only a JSON patch: which attribute is missing. Beyond it are read `message`
    or `description`, `actionBy` and `dueDate` beside the patch or in it.
    """
    holders = [part for part in (message.information, message.root.part("event")) if part]
    what = by = due = None
    for holder in holders:
        what = what or holder.text("message", "description")
        due = due or holder.instant("dueDate", "requiredBy")
        actor = holder.value.get("actionBy")
        if isinstance(actor, str) and actor.casefold() in _PARTIES:
            by = _PARTIES[actor.casefold()]
            holder.place("actionBy")
    missing = message.information.text("path") if message.information else None
    value = message.information.value.get("value") if message.information else None
    if what is None and isinstance(value, str) and message.information:
        what = message.information.text("value")
    action = f"{what} ({missing})" if what and missing else what or missing
    return orders.advance(
        book,
        record,
        OrderPhase.CLARIFICATION,
        message.at,
        action=action,
        action_by=by,
        action_due=due,
    )


def _cancel(book: UnitOfWork, record: OrderRecord, message: Message, task: Part) -> bool:
    """A cancellation is a task of its own: the order is cancelled once that is done."""
    if task.text("state") == "done":
        at = task.instant("effectiveCancellationDate") or message.at
        reason = task.text("cancellationReason")
        return orders.advance(book, record, OrderPhase.CANCELLED, at, reason=reason)
    if task.value.get("state") in ("acknowledged", "inProgress", None):
        orders.reach(book, record, MilestoneKind.CANCELLATION_REQUESTED, message.at)
    return True


def _compare(book: UnitOfWork, record: OrderRecord, message: Message) -> None:
    """Refuse what contradicts the order as it was stated, and keep what it did not state."""
    said, wrong = message.said, []
    unstated: list[Characteristic] = []
    for difference in differences(book, record, said.stated):
        path, name = said.names.get(difference.what, (message.order.path, difference.what))
        if difference.stated in (None, []) or is_spelling(name):
            unstated += _scalars(name, difference.said)
        else:
            reason = f"stated content is immutable: {_text(difference.stated)}"
            wrong.append((path, f"{reason}, not {_text(difference.said)}"))
            if len(wrong) == MOST_PROBLEMS:
                break
    if wrong:
        raise InvalidError(*wrong, code=Refusal.STATED_CONTENT_IMMUTABLE)
    orders.report_characteristics(book, record, unstated, message.at)


def _keep_parties(book: UnitOfWork, record: OrderRecord, message: Message) -> None:
    """A seller who is not the tenant, and names that are not those of the master data."""
    said = message.said
    found: list[Characteristic] = []
    if (party := said.tenant) is not None:
        tenant = book.tenants.get(party.number)
        if tenant is None or tenant.id != record.order.tenant_id:
            found.append(Characteristic(f"{party.label}.id", party.number))
        if party.name is not None and (tenant is None or tenant.name != party.name):
            found.append(Characteristic(f"{party.label}.name", party.name))
    if (customer := said.stated.customer) is not None and customer.name is not None:
        _, label = said.names["customer"]
        if book.customers_by_id[record.order.customer_id].name != customer.name:
            found.append(Characteristic(f"{label}.name", customer.name))
    orders.report_characteristics(book, record, found, message.at)


def _keep_rest(book: UnitOfWork, record: OrderRecord, message: Message) -> None:
    envelope = f"{message.type}[{message.event_id or message.digest[:12]}]"
    # An envelope is of one event: its values stand beside those of the others.
    left = [
        Characteristic(f"{envelope}.{characteristic.name}", characteristic.value)
        for _, characteristic in message.root.rest(known_types=known_types())
    ]
    orders.report_characteristics(book, record, [*message.said.reported, *left], message.at)


def _scalars(name: str, value: Any) -> list[Characteristic]:
    if isinstance(value, list):
        return [
            Characteristic(f"{name}[{index}].{key}", below)
            for index, entry in enumerate(value)
            for key, below in entry.items()
            if below is not None
        ]
    return [Characteristic(name, value if isinstance(value, bool | int) else _text(value))]


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.value if isinstance(value, Enum) else str(value)
