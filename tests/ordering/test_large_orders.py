"""Large orders: the work on them grows with their size, not with its square.

No test states a time. With so many parts quadratic work would take minutes; linear work takes less
than a second or two.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from db.base import Base
from db.enums import BusinessCase, MilestoneKind, OrderPhase, PriceKind
from db.models import (
    Customer,
    Order,
    OrderDelay,
    OrderHistoryEntry,
    OrderItem,
    OrderMilestone,
    OrderPrice,
)
from ordering.lookups import Lookups
from ordering.order.aggregate import PARTS, OrderAggregate
from ordering.order.apply import apply
from ordering.order.changes import (
    Change,
    CharacteristicsReported,
    DelayReported,
    ItemStateReported,
    MilestoneReported,
    NoteAdded,
    PhaseReported,
)
from ordering.order.differences import differences
from ordering.order.stated import Characteristic, StatedItem, StatedOrder, StatedPrice

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MANY = 30_000


@pytest.fixture
def order() -> OrderAggregate:
    lookups = Lookups()
    lookups.customers.add(Customer(id=UUID(int=1), root_tenant_id=1, number="K-1"))
    row = Order(
        id=UUID(int=2),
        root_tenant_id=1,
        customer_id=UUID(int=1),
        phase=OrderPhase.RECEIVED,
        received_at=NOW,
        updated_at=NOW,
        characteristics=[{"name": "number", "value": f"{i}"} for i in range(MANY)],
        reported_characteristics=[],
        version=1,
    )
    parts: dict[type[Base], list[Any]] = {part: [] for part in PARTS}
    parts[OrderItem] = [
        OrderItem(position=i, reference="1", name="Anschluss", quantity=1, characteristics=[])
        for i in range(MANY)
    ]
    parts[OrderPrice] = [
        OrderPrice(item_position=i, kind=PriceKind.ONE_TIME, name=f"Preis {i}", alterations=[])
        for i in range(MANY)
    ]
    return OrderAggregate(row, parts, lookups)


def test_many_notes_are_added_once(order: OrderAggregate) -> None:
    notes = [NoteAdded(f"Notiz {i}") for i in range(MANY)]
    assert len(apply(order, notes, NOW, now=NOW).events) == MANY
    assert apply(order, notes, NOW, now=NOW).events == ()
    assert (len(order.notes), order.row.version) == (MANY, 2)


def test_many_milestones_and_delays_are_reported_again_and_again(order: OrderAggregate) -> None:
    order.parts[OrderHistoryEntry].append(OrderHistoryEntry(phase=OrderPhase.RECEIVED))
    milestones = [
        MilestoneReported(MilestoneKind.OTHER, True, reference=reference, name=f"Schritt {i}")
        for i in range(MANY // 6)
        for reference in (None, f"{i}")
    ]
    delays = [
        DelayReported(f"Grund {i}", reference=reference)
        for i in range(MANY // 6)
        for reference in (None, f"{i}")
    ]
    changes: list[Change] = [*milestones, *delays]
    assert len(apply(order, changes, NOW, now=NOW).events) == 4 * (MANY // 6)
    assert apply(order, changes, NOW, now=NOW).events == ()
    assert [len(order.parts[part]) for part in (OrderMilestone, OrderDelay)] == [MANY // 3] * 2
    for phase in (OrderPhase.ON_HOLD, OrderPhase.PROVISIONING, OrderPhase.FAILED):
        apply(order, [PhaseReported(phase)], NOW, now=NOW)
    assert {delay.resolved_at for delay in order.parts[OrderDelay]} == {NOW}


def test_many_characteristics_are_reported(order: OrderAggregate) -> None:
    stated = [Characteristic("number", f"{i}") for i in range(MANY)]
    new = [Characteristic(f"n{i}", i) for i in reversed(range(MANY))]
    apply(order, [CharacteristicsReported((*stated, *new))], NOW, now=NOW)
    reported = order.row.reported_characteristics
    assert len(reported) == MANY
    assert reported[:2] == [{"name": "n0", "value": 0}, {"name": "n1", "value": 1}]


def test_the_state_of_each_of_many_items_is_reported(order: OrderAggregate) -> None:
    for index, item in enumerate(order.items):
        item.reference = f"{index}"
    apply(order, [ItemStateReported(f"{i}", "held") for i in range(MANY)], NOW, now=NOW)
    assert {item.state for item in order.items} == {"held"}


def test_many_parts_are_compared_with_what_was_stated(order: OrderAggregate) -> None:
    later = StatedOrder(
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
    assert list(differences(order, later)) == []
    later.items[-1].prices[0].name = "Preis"
    later.characteristics[0] = Characteristic("number", "new")
    subjects = [difference.subject for difference in differences(order, later)]
    assert subjects == ["characteristics number", "items 1 prices 0 name"]
