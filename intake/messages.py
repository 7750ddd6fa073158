"""Messages: read, checked against the standard and translated into changes of one order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from intake import schemas
from intake.digests import digest_of
from intake.envelope import Kind, message_type, read_envelope
from intake.json_node import JsonNode
from intake.json_place import Place
from intake.parsed_order import ParsedOrder, read_order
from intake.problems import Fault, InvalidError
from intake.reader import is_storable, unstorable
from intake.translate import is_draft, translate
from ordering.errors import RefusedError
from ordering.order.changes import Change, ContractReported


@dataclass(frozen=True, slots=True)
class Message:
    """One message about one order."""

    path: str
    value: dict[str, Any]
    """Its JSON."""
    type: str
    digest: str
    """SHA-256 of the canonical JSON."""
    event_id: str | None
    number: str
    brings_order: bool
    """Whether it can be the first message about its order."""
    is_draft: bool
    order: ParsedOrder
    changes: tuple[Change, ...]
    """What it reports, in the order in which the changes are applied."""
    at: datetime | None
    """When that was true; None for the present."""

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


def read_message(value: Any, path: str, now: datetime) -> Message:
    """The message in a JSON value. Raises `InvalidError` with everything that is wrong with it."""
    if not isinstance(value, dict):
        raise InvalidError((path, "neither a product order nor an event: not an object"))
    if not is_storable(value):
        _raise_any(unstorable(value, path))
    type_ = message_type(value, path)
    _raise_any(schemas.problems(value, type_.schema, path))
    digest = digest_of(value)
    envelope = read_envelope(JsonNode(value, Place.root(path)), type_)
    number = f"TMF622-{digest[:16]}" if envelope.number is None else envelope.number
    order = read_order(envelope.order, number, envelope.at or now)
    at = envelope.at
    if type_.kind is Kind.SNAPSHOT:
        at = order.state_at
    elif type_.kind is Kind.CREATED:
        at = order.state_at or at
    return Message(
        path=path,
        value=value,
        type=type_.name,
        digest=digest,
        event_id=envelope.event_id,
        number=number,
        brings_order=type_.brings_order,
        is_draft=is_draft(envelope, order),
        order=order,
        changes=translate(envelope, order, digest),
        # A report from the future would supersede everything that happens until then.
        at=at and min(at, now),
    )


def _raise_any(problems: Any) -> None:
    if first := list(islice(problems, schemas.MOST_PROBLEMS)):
        raise InvalidError(*first)


def by_time(messages: Sequence[Message]) -> list[Message]:
    """The earliest account of each order, then everything else by time; the present comes last."""
    latest = datetime.max.replace(tzinfo=UTC)
    in_time = sorted(messages, key=lambda m: m.at or latest)
    first: dict[str, Message] = {}
    for message in sorted(in_time, key=lambda m: m.order.stated.received_at):
        if message.brings_order:
            first.setdefault(message.number, message)
    firsts = set(map(id, first.values()))
    return [*first.values(), *(m for m in in_time if id(m) not in firsts)]
