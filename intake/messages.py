"""Messages: read, checked against the standard and translated into changes of one order."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from intake import schemas
from intake.digests import digest_of
from intake.envelope import Envelope, Kind, message_type, read_envelope
from intake.json_node import JsonNode
from intake.json_place import Place
from intake.parsed_order import ParsedOrder, entered_state, read_order
from intake.problems import Fault, InvalidError
from intake.reader import is_storable, unstorable
from intake.translate import is_draft, translate
from ordering.errors import RefusedError
from ordering.order.changes import Change, ContractReported


@dataclass(frozen=True, slots=True)
class Header:
    """What tells a message from others and orders it among them."""

    path: str
    digest: str
    """SHA-256 of the canonical JSON."""
    event_id: str | None
    number: str
    brings_order: bool
    """Whether it can be the first message about its order."""
    at: datetime | None
    """When that was true; None for the present."""
    received_at: datetime | None
    """When the order was received; None for a repeat."""
    products: tuple[tuple[str, str], ...] = ()
    """Number and name of each product that a new order names, if the message was read whole."""
    text_digest: str | None = None
    """SHA-256 of its JSON text, if it is known."""

    @classmethod
    def of_repeat(cls, digest: str, number: str, event_id: str | None, path: str) -> "Header":
        """Of a message that was taken in before."""
        return cls(path, digest, event_id, number, False, None, None)


@dataclass(frozen=True, slots=True)
class Message:
    """One message about one order."""

    header: Header
    value: dict[str, Any]
    """Its JSON."""
    type: str
    is_draft: bool
    order: ParsedOrder
    changes: tuple[Change, ...]
    """What it reports, in the order in which the changes are applied."""

    @property
    def path(self) -> str:
        return self.header.path

    @property
    def digest(self) -> str:
        return self.header.digest

    @property
    def event_id(self) -> str | None:
        return self.header.event_id

    @property
    def number(self) -> str:
        return self.header.number

    @property
    def brings_order(self) -> bool:
        return self.header.brings_order

    @property
    def at(self) -> datetime | None:
        return self.header.at

    @property
    def contract_number(self) -> str | None:
        """The contract that the order may be linked to."""
        numbers = (c.numbers[0] for c in self.changes if isinstance(c, ContractReported))
        return next(numbers, None)

    def fail(self, subject: str, reason: str, code: str) -> InvalidError:
        """An error at the place where the message says something about the subject."""
        path, _ = self.order.names.find(subject) or (self.order.path, "")
        return InvalidError((path, reason), code=code)

    def refused(self, refusal: RefusedError) -> InvalidError:
        return self.fail(refusal.subject, str(refusal), refusal.code)

    def draft(self) -> InvalidError:
        return self.fail("phase", "a draft is not an order yet", Fault.DRAFT)


def read_header(value: Any, path: str, now: datetime, digest: str | None) -> Header:
    """The header of the message in a JSON value, which is checked against the standard.

    Raises `InvalidError` with everything that is wrong with it. Reading the message whole may still
    find values that cannot be stored. Products are not read.
    """
    _check(value, path)
    try:
        envelope = _envelope(value, path)
        created, state = envelope.order.instant("creationDate"), envelope.order.text("state")
        state_at, _ = entered_state(envelope.order, state, created)
    except InvalidError:
        # Raises what is wrong in the order in which a message is read.
        return read_message(value, path, now, digest=digest, checked=True).header
    received_at = created or envelope.at or now
    return _header(envelope, digest or digest_of(value), state_at, received_at, now)


def read_message(
    value: Any,
    path: str,
    now: datetime,
    *,
    digest: str | None = None,
    checked: bool = False,
    header: Header | None = None,
) -> Message:
    """The message in a JSON value. Raises `InvalidError` with everything that is wrong with it.

    `digest` is that of the value, and `header` the message's, if they are known. With `checked` the
    value was checked against the standard before.
    """
    if not checked:
        _check(value, path)
    digest = digest or digest_of(value)
    envelope = _envelope(value, path)
    type_ = envelope.type
    order = read_order(envelope.order, _number(envelope, digest), envelope.at or now)
    if header is None:
        header = _header(envelope, digest, order.state_at, order.stated.received_at, now)
        if type_.brings_order:
            header = replace(header, products=_products(order))
    return Message(
        header=header,
        value=value,
        type=type_.name,
        is_draft=is_draft(envelope, order),
        order=order,
        changes=translate(envelope, order, digest),
    )


def _check(value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise InvalidError((path, "neither a product order nor an event: not an object"))
    if not is_storable(value):
        _raise_any(unstorable(value, path))
    _raise_any(schemas.problems(value, message_type(value, path).schema, path))


def _envelope(value: dict[str, Any], path: str) -> Envelope:
    return read_envelope(JsonNode(value, Place.root(path)), message_type(value, path))


def _number(envelope: Envelope, digest: str) -> str:
    return f"TMF622-{digest[:16]}" if envelope.number is None else envelope.number


def _header(
    envelope: Envelope,
    digest: str,
    state_at: datetime | None,
    received_at: datetime,
    now: datetime,
) -> Header:
    at = envelope.at
    if envelope.type.kind is Kind.SNAPSHOT:
        at = state_at
    elif envelope.type.kind is Kind.CREATED:
        at = state_at or at
    return Header(
        path=envelope.root.path,
        digest=digest,
        event_id=envelope.event_id,
        number=_number(envelope, digest),
        brings_order=envelope.type.brings_order,
        # A report from the future would supersede everything that happens until then.
        at=at and min(at, now),
        received_at=received_at,
    )


def _products(order: ParsedOrder) -> tuple[tuple[str, str], ...]:
    return tuple(
        (item.product_number, item.product_name or item.name or item.product_number)
        for item in order.stated.items
        if item.product_number
    )


def _raise_any(problems: Any) -> None:
    if first := list(islice(problems, schemas.MOST_PROBLEMS)):
        raise InvalidError(*first)
