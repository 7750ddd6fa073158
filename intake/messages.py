"""Messages: read, checked against the standard and translated into changes of one order."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from intake import schemas
from intake.digests import digest_of
from intake.envelope import Kind, message_type, read_envelope
from intake.json_node import JsonNode
from intake.json_place import Names, Place
from intake.parsed_order import ParsedOrder, read_order
from intake.parties import read_parties
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
    """Number and name of each product that a new order would name."""

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


def read_message(
    value: Any, path: str, now: datetime, *, digest: str | None = None, checked: bool = False
) -> Message:
    """The message in a JSON value. Raises `InvalidError` with everything that is wrong with it.

    `digest` is that of the value, if it is known. With `checked` the message was read before.
    """
    if not isinstance(value, dict):
        raise InvalidError((path, "neither a product order nor an event: not an object"))
    if not checked and not is_storable(value):
        _raise_any(unstorable(value, path))
    type_ = message_type(value, path)
    if not checked:
        _raise_any(schemas.problems(value, type_.schema, path))
    digest = digest or digest_of(value)
    envelope = read_envelope(JsonNode(value, Place.root(path)), type_)
    number = f"TMF622-{digest[:16]}" if envelope.number is None else envelope.number
    order = read_order(envelope.order, number, envelope.at or now)
    at = envelope.at
    if type_.kind is Kind.SNAPSHOT:
        at = order.state_at
    elif type_.kind is Kind.CREATED:
        at = order.state_at or at
    header = Header(
        path=path,
        digest=digest,
        event_id=envelope.event_id,
        number=number,
        brings_order=type_.brings_order,
        # A report from the future would supersede everything that happens until then.
        at=at and min(at, now),
        received_at=order.stated.received_at,
        products=_products(order) if type_.brings_order else (),
    )
    return Message(
        header=header,
        value=value,
        type=type_.name,
        is_draft=is_draft(envelope, order),
        order=order,
        changes=translate(envelope, order, digest),
    )


def named_tenant(value: dict[str, Any]) -> str | None:
    """The number of the tenant that a message names. Raises `InvalidError`."""
    envelope = read_envelope(JsonNode(value, Place.root("$")), message_type(value, "$"))
    tenant = read_parties(envelope.order, Names()).tenant
    return tenant.number if tenant else None


def _products(order: ParsedOrder) -> tuple[tuple[str, str], ...]:
    return tuple(
        (item.product_number, item.product_name or item.name or item.product_number)
        for item in order.stated.items
        if item.product_number
    )


def _raise_any(problems: Any) -> None:
    if first := list(islice(problems, schemas.MOST_PROBLEMS)):
        raise InvalidError(*first)
