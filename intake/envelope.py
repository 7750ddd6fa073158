"""What kind of message a JSON value is, and where its order is."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from intake import schemas
from intake.json_node import JsonNode
from intake.problems import InvalidError


class Kind(Enum):
    SNAPSHOT = auto()
    """An order as it is, without an event around it."""
    CREATED = auto()
    STATE = auto()
    """State and attribute changes, milestones and jeopardy alerts: each reports what it holds."""
    INFORMATION = auto()
    ERROR = auto()
    DELETED = auto()
    CANCELLATION = auto()


@dataclass(frozen=True, slots=True)
class MessageType:
    name: str
    kind: Kind
    schema: str
    payload: tuple[str, ...] = ("productOrder",)
    """The members of an event that may hold its payload."""

    @property
    def brings_order(self) -> bool:
        """Whether such a message can be the first one about an order."""
        return self.kind in (Kind.SNAPSHOT, Kind.CREATED)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message, without what its order says."""

    type: MessageType
    root: JsonNode
    """The whole message."""
    order: JsonNode
    number: str | None
    """The number of the order, if it has one."""
    at: datetime | None = None
    """When the event happened."""
    event_id: str | None = None
    cancellation: JsonNode | None = None
    information: JsonNode | None = None


_ORDER = MessageType("ProductOrder", Kind.SNAPSHOT, "ProductOrder")
_TASK = MessageType("CancelProductOrder", Kind.CANCELLATION, "CancelProductOrder")
_TASK_MEMBERS = ("cancelProductOrder", "canccelProductOrder")
_TASK_EVENT = "CancelProductOrderStateChangeEvent"

_EVENTS = {
    name: MessageType(name, kind, name)
    for name, kind in {
        "ProductOrderCreateEvent": Kind.CREATED,
        "ProductOrderStateChangeEvent": Kind.STATE,
        "ProductOrderAttributeValueChangeEvent": Kind.STATE,
        "ProductOrderMilestoneEvent": Kind.STATE,
        "ProductOrderJeopardyAlertEvent": Kind.STATE,
        "ProductOrderInformationRequiredEvent": Kind.INFORMATION,
        "ProductOrderErrorMessageEvent": Kind.ERROR,
        "ProductOrderDeleteEvent": Kind.DELETED,
    }.items()
} | {
    name: MessageType(name, Kind.CANCELLATION, schema, _TASK_MEMBERS)
    for name, schema in {
        _TASK_EVENT: _TASK_EVENT,
        # The schemas here lack this event; in the standard it has the same payload.
        "CancelProductOrderCreateEvent": _TASK_EVENT,
        "CancelProductOrderInformationRequiredEvent": "Event",
    }.items()
}


def message_type(value: dict[str, Any], path: str) -> MessageType:
    """By `eventType`, `@type` or shape, in this order. Raises `InvalidError`.

    The standard's own example of a CancelProductOrderCreateEvent misspells its `@type`.
    """
    names = [value.get("eventType"), value.get("@type")]
    for name in names:
        if isinstance(name, str) and name in _EVENTS:
            return _EVENTS[name]
    if "eventType" in value or "event" in value or str(value.get("@type")).endswith("Event"):
        name = next((name for name in names if isinstance(name, str)), None)
        raise InvalidError((f"{path}.eventType", f"{name!r} is not an event of product orders"))
    name = value.get("@type")
    if name == _TASK.name:
        return _TASK
    # An extension of the type, or none (which the schema then reports), together with items.
    is_known = isinstance(name, str) and name in schemas.known_types()
    if name == _ORDER.name or (not is_known and "productOrderItem" in value):
        return _ORDER
    raise InvalidError((f"{path}['@type']", f"{name!r} is neither a product order nor an event"))


def read_envelope(root: JsonNode, type_: MessageType) -> Envelope:
    """Raises `InvalidError`."""
    if type_ is _ORDER:
        if not root.value.get("id") and not root.value.get("productOrderItem"):
            raise root.fail("id", "is missing, like productOrderItem: this is not a whole order")
        return Envelope(type_, root, root, root.key("id"))
    if type_ is _TASK:
        order = _order_of_task(root)
        at = root.instant("creationDate")
        return Envelope(type_, root, order, order.key("id") or "", at, cancellation=root)
    return _read_event(root, type_)


def _read_event(root: JsonNode, type_: MessageType) -> Envelope:
    root.mark_placed("eventType")
    at = root.instant("timeOccurred", "timeOcurred") or root.instant("eventTime")
    root.mark_placed("eventTime")
    event = root.node("event")
    if event is None:
        raise root.fail("event", "is missing")
    payloads = [node for member in type_.payload if (node := event.node(member)) is not None]
    if not payloads:
        raise event.fail(type_.payload[0], "is missing")
    order, cancellation = payloads[0], None
    if type_.kind is Kind.CANCELLATION:
        cancellation = order
        order = _order_of_task(cancellation)
    number = order.key("id")
    if number is None and not type_.brings_order:
        raise order.fail("id", "is missing: which order is it about?")
    return Envelope(
        type_,
        root,
        order,
        number,
        at,
        event_id=root.key("eventId"),
        cancellation=cancellation,
        information=event.node("informationRequired"),
    )


def _order_of_task(task: JsonNode) -> JsonNode:
    order = task.node("productOrder")
    if order is None:
        raise task.fail("productOrder", "is missing: which order is to be cancelled?")
    return order
