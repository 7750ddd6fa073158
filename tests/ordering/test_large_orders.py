"""Large orders: the work on them grows with their size, not with its square.

No test states a time. With so many parts quadratic work would take minutes; linear work takes less
than a second or two.
"""

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest

from db.base import Base
from db.enums import BusinessCase, OrderPhase, PriceKind
from db.models import (
    Customer,
    Order,
    OrderDelay,
    OrderExternalId,
    OrderHistoryEntry,
    OrderItem,
    OrderMilestone,
    OrderNote,
    OrderPrice,
)
from ordering.orders import add_note, report_characteristics, set_item_state
from ordering.receive import differences
from ordering.stated import Characteristic, StatedItem, StatedOrder, StatedPrice
from ordering.unit_of_work import OrderRecord, UnitOfWork

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MANY = 30_000


@pytest.fixture
def book() -> UnitOfWork:
    # Nothing here is loaded or saved.
    book = UnitOfWork(cast(Any, None), NOW)
    book.customers_by_id[UUID(int=1)] = Customer(id=UUID(int=1), number="K-1")
    return book


@pytest.fixture
def record() -> OrderRecord:
    order = Order(
        id=UUID(int=2),
        customer_id=UUID(int=1),
        phase=OrderPhase.RECEIVED,
        characteristics=[{"name": "number", "value": f"{i}"} for i in range(MANY)],
        reported_characteristics=[],
        version=1,
    )
    parts: dict[type[Base], list[Any]] = {
        part: []
        for part in (OrderDelay, OrderExternalId, OrderHistoryEntry, OrderMilestone, OrderNote)
    }
    parts[OrderItem] = [
        OrderItem(position=i, reference="1", name="Anschluss", quantity=1, characteristics=[])
        for i in range(MANY)
    ]
    parts[OrderPrice] = [
        OrderPrice(item_position=i, kind=PriceKind.ONE_TIME, name=f"Preis {i}", alterations=[])
        for i in range(MANY)
    ]
    return OrderRecord(order, parts, is_new=True)


def test_many_notes_are_added_once(book: UnitOfWork, record: OrderRecord) -> None:
    for _ in range(2):
        for i in range(MANY):
            add_note(book, record, f"Notiz {i}")
    assert len(record.notes) == MANY


def test_many_characteristics_are_reported(book: UnitOfWork, record: OrderRecord) -> None:
    stated = [Characteristic("number", f"{i}") for i in range(MANY)]
    new = [Characteristic(f"n{i}", i) for i in reversed(range(MANY))]
    report_characteristics(book, record, [*stated, *new], NOW)
    reported = record.order.reported_characteristics
    assert len(reported) == MANY
    assert reported[:2] == [{"name": "n0", "value": 0}, {"name": "n1", "value": 1}]


def test_the_state_of_each_of_many_items_is_reported(book: UnitOfWork, record: OrderRecord) -> None:
    for place, item in enumerate(record.items):
        item.reference = f"{place}"
    for i in range(MANY):
        assert set_item_state(book, record, f"{i}", "held", NOW)
    assert {item.state for item in record.items} == {"held"}


def test_many_parts_are_compared_with_what_was_stated(
    book: UnitOfWork, record: OrderRecord
) -> None:
    said = StatedOrder(
        number="A-1",
        customer=None,
        business_case=BusinessCase.NEW_ORDER,
        received_at=NOW,
        items=[
            StatedItem(
                label="1",
                reference="1",
                parent=None,
                action=None,
                quantity=1,
                name=None,
                prices=[StatedPrice(kind=PriceKind.ONE_TIME, name=f"Preis {i}")],
            )
            for i in range(MANY)
        ],
        characteristics=[Characteristic("number", f"{i}") for i in range(MANY)],
    )
    assert list(differences(book, record, said)) == []
    said.items[-1].prices[0].name = "Preis"
    said.characteristics[0] = Characteristic("number", "new")
    found = list(differences(book, record, said))
    assert [d.what for d in found] == ["characteristics number", "items 1 prices 0 name"]
