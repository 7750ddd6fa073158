"""Messages: what kind each one is, which order it is about, and when it was true."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, auto
from itertools import islice
from typing import Any

from intake import schemas
from intake.orders import Said, read_order
from intake.payload import Part, member
from intake.problems import Fault, InvalidError
from intake.reader import unstorable
from ordering.errors import RefusedError


class Kind(Enum):
    SNAPSHOT = auto()
    """An order as it is, by itself."""
    CREATED = auto()
    STATE = auto()
    """State and attribute changes, milestones and jeopardy alerts: each says what it holds."""
    INFORMATION = auto()
    ERROR = auto()
    DELETED = auto()
    CANCELLATION = auto()


@dataclass(frozen=True, slots=True)
class _Type:
    kind: Kind
    schema: str
    payload: tuple[str, ...] = ("productOrder",)


_TASK = "CancelProductOrder"
_CANCELLATION = ("cancelProductOrder", "canccelProductOrder")
_CANCEL_EVENT = "CancelProductOrderStateChangeEvent"

EVENTS: dict[str, _Type] = {
    "ProductOrderCreateEvent": _Type(Kind.CREATED, "ProductOrderCreateEvent"),
    "ProductOrderStateChangeEvent": _Type(Kind.STATE, "ProductOrderStateChangeEvent"),
    "ProductOrderAttributeValueChangeEvent": _Type(
        Kind.STATE, "ProductOrderAttributeValueChangeEvent"
    ),
    "ProductOrderMilestoneEvent": _Type(Kind.STATE, "ProductOrderMilestoneEvent"),
    "ProductOrderJeopardyAlertEvent": _Type(Kind.STATE, "ProductOrderJeopardyAlertEvent"),
    "ProductOrderInformationRequiredEvent": _Type(
        Kind.INFORMATION, "ProductOrderInformationRequiredEvent"
    ),
    "ProductOrderErrorMessageEvent": _Type(Kind.ERROR, "ProductOrderErrorMessageEvent"),
    "ProductOrderDeleteEvent": _Type(Kind.DELETED, "ProductOrderDeleteEvent"),
    _CANCEL_EVENT: _Type(Kind.CANCELLATION, _CANCEL_EVENT, _CANCELLATION),
    # Not among the schemas here; the standard has it with the same payload.
    "CancelProductOrderCreateEvent": _Type(Kind.CANCELLATION, _CANCEL_EVENT, _CANCELLATION),
    "CancelProductOrderInformationRequiredEvent": _Type(Kind.CANCELLATION, "Event", _CANCELLATION),
}


@dataclass(slots=True)
class Message:
    """One message about one order."""

    path: str
    type: str
    kind: Kind
    digest: str
    """SHA-256 of the canonical JSON."""
    root: Part
    """The whole message; of an event, the envelope."""
    order: Part
    """The order in it."""
    number: str
    said: Said
    """What it says of the order."""
    at: datetime | None
    """When it was true; None for the present."""
    event_id: str | None = None
    cancellation: Part | None = None
    information: Part | None = None

    @property
    def brings_order(self) -> bool:
        """Whether it can be the first that is heard of an order."""
        return self.kind in (Kind.SNAPSHOT, Kind.CREATED)

    def refused(self, refusal: RefusedError) -> InvalidError:
        """What a service refused, at its place in the message."""
        path, _ = self.said.names.get(refusal.what or "", (self.order.path, ""))
        return InvalidError((path, str(refusal)), code=refusal.code)

    def draft(self) -> InvalidError:
        path = member(self.order.path, "state")
        return InvalidError((path, "a draft is not an order yet"), code=Fault.DRAFT)


def read_message(value: Any, path: str, now: datetime) -> Message:
    """The message that a JSON value is. Raises `InvalidError`, with everything that is wrong."""
    message = _read(value, path, now)
    if message.at is not None:
        # A report from the future would supersede everything that happens until then.
        message.at = min(message.at, now)
    return message


def _read(value: Any, path: str, now: datetime) -> Message:
    if not isinstance(value, dict):
        raise InvalidError((path, "neither a product order nor an event: not an object"))
    if bad := list(islice(unstorable(value, path), schemas.MOST_PROBLEMS)):
        raise InvalidError(*bad)
    name, known = _type_of(value, path)
    if bad := list(schemas.problems(value, known.schema, path)):
        raise InvalidError(*bad)
    root = Part(value, path)
    digest = digest_of(value)
    if name == _TASK:
        order = _order_of_task(root)
        number = order.key("id") or ""
        at = root.instant("creationDate")
        said = read_order(order, number, at or now)
        return Message(
            path, name, known.kind, digest, root, order, number, said, at, cancellation=root
        )
    if known.kind is Kind.SNAPSHOT:
        if not value.get("id") and not value.get("productOrderItem"):
            raise root.fail(
                "id", "is missing, and so is productOrderItem: no order, but a part of one"
            )
        number = root.key("id") or f"TMF622-{digest[:16]}"
        said = read_order(root, number, now)
        return Message(path, name, known.kind, digest, root, root, number, said, said.state_at)
    return _event(root, name, known, digest, now)


def _event(root: Part, name: str, known: _Type, digest: str, now: datetime) -> Message:
    root.place("eventType")
    at = root.instant("timeOccurred", "timeOcurred") or root.instant("eventTime")
    root.place("eventTime")
    payload = root.part("event")
    if payload is None:
        raise root.fail("event", "is missing")
    found = [part for key in known.payload if (part := payload.part(key)) is not None]
    if not found:
        raise payload.fail(known.payload[0], "is missing")
    order, cancellation = found[0], None
    if known.kind is Kind.CANCELLATION:
        cancellation = order
        order = _order_of_task(cancellation)
    number = order.key("id")
    if number is None:
        if known.kind is not Kind.CREATED:
            raise order.fail("id", "is missing: which order is it about?")
        number = f"TMF622-{digest[:16]}"
    said = read_order(order, number, at or now)
    if known.kind is Kind.CREATED:
        at = said.state_at or at
    return Message(
        root.path,
        name,
        known.kind,
        digest,
        root,
        order,
        number,
        said,
        at,
        event_id=root.key("eventId"),
        cancellation=cancellation,
        information=payload.part("informationRequired"),
    )


def _order_of_task(task: Part) -> Part:
    order = task.part("productOrder")
    if order is None:
        raise task.fail("productOrder", "is missing: which order is to be cancelled?")
    return order


def _type_of(value: dict[str, Any], path: str) -> tuple[str, _Type]:
    """By `eventType`, `@type` or shape, in this order.

    The standard's own example of a CancelProductOrderCreateEvent misspells its `@type`.
    """
    names = [value.get("eventType"), value.get("@type")]
    for name in names:
        if isinstance(name, str) and name in EVENTS:
            return name, EVENTS[name]
    if "eventType" in value or "event" in value or str(value.get("@type")).endswith("Event"):
        said = next((name for name in names if isinstance(name, str)), None)
        raise InvalidError((f"{path}.eventType", f"{said!r} is not an event of product orders"))
    said = value.get("@type")
    if said == _TASK:
        return said, _Type(Kind.CANCELLATION, _TASK)
    # A type of somebody's own, or none (which the schema then reports), beside items.
    if said == "ProductOrder" or (
        said not in schemas.known_types() and "productOrderItem" in value
    ):
        return "ProductOrder", _Type(Kind.SNAPSHOT, "ProductOrder")
    raise InvalidError((f"{path}['@type']", f"{said!r} is neither a product order nor an event"))


def by_time(messages: Sequence[Message]) -> list[Message]:
    """First each order's earliest account, then everything else by time; the present comes last."""
    latest = datetime.max.replace(tzinfo=UTC)
    in_time = sorted(messages, key=lambda m: m.at or latest)
    first: dict[str, Message] = {}
    for message in sorted(in_time, key=lambda m: m.said.stated.received_at):
        if message.brings_order:
            first.setdefault(message.number, message)
    firsts = set(map(id, first.values()))
    return [*first.values(), *(m for m in in_time if id(m) not in firsts)]


def digest_of(value: Any) -> str:
    """Of the canonical JSON: sorted names, no spaces, numbers by their value."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), default=_canonical, ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Decimal) -> object:
    return int(value) if value == value.to_integral_value() else f"{value.normalize():f}"
