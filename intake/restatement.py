"""A later account of an order that is known: what it contradicts, and what it adds."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from intake.json_node import is_spelling
from intake.messages import Message
from intake.problems import InvalidError
from intake.schemas import MOST_PROBLEMS
from ordering.errors import Refusal
from ordering.order.aggregate import OrderAggregate
from ordering.order.differences import differences
from ordering.order.stated import Characteristic


def additions(order: OrderAggregate, message: Message) -> list[Characteristic]:
    """What a later account says that was not stated, to be kept as characteristics.

    Raises `InvalidError` for everything that contradicts what was stated.
    """
    wrong: list[tuple[str, str]] = []
    added: list[Characteristic] = []
    for difference in differences(order, message.order.stated):
        subject = difference.subject
        path, name = message.order.names.find(subject) or (message.order.path, subject)
        if difference.stated in (None, []) or is_spelling(name):
            added += _characteristics(name, difference.later)
        else:
            reason = f"stated content is immutable: {_text(difference.stated)}"
            wrong.append((path, f"{reason}, not {_text(difference.later)}"))
            if len(wrong) == MOST_PROBLEMS:
                break
    if wrong:
        raise InvalidError(*wrong, code=Refusal.STATED_CONTENT_IMMUTABLE)
    return added


def other_parties(order: OrderAggregate, message: Message) -> Iterator[Characteristic]:
    """A seller that is not the tenant, and names that differ from the master data."""
    if (party := message.order.tenant) is not None:
        tenant = order.lookups.tenants.get(party.number)
        if tenant is None or tenant.id != order.row.tenant_id:
            yield Characteristic(f"{party.place.name}.id", party.number)
        if party.name is not None and (tenant is None or tenant.name != party.name):
            yield Characteristic(f"{party.place.name}.name", party.name)
    customer = message.order.stated.customer
    if customer is not None and customer.name not in (None, order.customer.name):
        _, name = message.order.names.find("customer") or ("", "")
        yield Characteristic(f"{name}.name", customer.name)


def _characteristics(name: str, value: Any) -> list[Characteristic]:
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
