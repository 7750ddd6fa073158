"""Stated content cannot be changed; history, intake messages and the audit log only grow."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Enum,
    Integer,
    Table,
    Uuid,
    and_,
    delete,
    insert,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db.enums import ActionParty, ContractEffect, OrderPhase
from db.ids import new_id
from db.immutability import STATED_COLUMNS
from db.models import Order
from db.types import Amount, Instant
from tests.db.conftest import Forest
from tests.db.rows import NOW, TABLES, Row, add, complete
from tests.db.test_constraints import refused

STATED_PARTS = ("order_items", "order_prices", "order_external_ids")
APPEND_ONLY = ("order_history", "intake_messages", "audit_entries")
REPORTED_PARTS = ("order_milestones", "order_delays", "order_notes", "order_documents")

# The columns of processing; all other columns of an order are stated when ordering.
PROCESSING: dict[str, Any] = {
    "phase": OrderPhase.CLARIFICATION,
    "contract_id": "a contract of the tenant",
    "contract_effect": ContractEffect.CREATED,
    "expected_completion_date": NOW,
    "completed_at": None,
    "processing_seconds": None,
    "action_text": "Bitte prüfen",
    "action_by": ActionParty.PARTNER,
    "action_due": NOW,
    "delayed": True,
    "report_times": {"phase": NOW.isoformat()},
    "reported_characteristics": [{"name": "vlan", "value": 7}],
    "updated_at": NOW.replace(hour=13),
    "version": 2,
    "search_orders": "gefunden",
    "search_offers": "gefunden",
    "search_contracts": "gefunden",
    "search_customers": "gefunden",
}
COMPUTED = {"status", "expected_sort"}
UNCHANGEABLE = [
    *(("orders", column) for column in STATED_COLUMNS),
    *(
        (table, column.name)
        for table in STATED_PARTS
        for column in TABLES[table].columns
        if (table, column.name) != ("order_items", "state")
    ),
    *((table, column.name) for table in APPEND_ONLY for column in TABLES[table].columns),
]


def other(column: "Column[Any]") -> Any:  # noqa: PLR0911 - one line a type
    """A value that differs from those of `tests.db.rows`."""
    kind = column.type
    if isinstance(kind, Enum):
        assert kind.enum_class is not None
        return list(kind.enum_class)[-1]
    if isinstance(kind, Uuid):
        return new_id()
    if isinstance(kind, JSON):
        return [{"name": "other", "value": 1}]
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Instant):
        return NOW.replace(hour=23)
    if isinstance(kind, Amount):
        return Decimal(7)
    if isinstance(kind, Integer):
        return 7
    return "other"


def this(table: Table, row: Row) -> ColumnElement[bool]:
    return and_(*(column == row[column.name] for column in table.primary_key))


def test_every_column_of_an_order_is_either_stated_or_processing() -> None:
    assert {*STATED_COLUMNS, *PROCESSING, *COMPUTED} == set(TABLES["orders"].columns.keys())
    assert not set(STATED_COLUMNS) & set(PROCESSING)


@pytest.mark.parametrize(
    ("name", "column"), UNCHANGEABLE, ids=[".".join(pair) for pair in UNCHANGEABLE]
)
async def test_stated_content_and_history_cannot_be_changed(
    name: str, column: str, connection: AsyncConnection, forest: Forest
) -> None:
    table = TABLES[name]
    row = await add(connection, name, forest.partner)
    async with refused(connection, "append-only" if name in APPEND_ONLY else "cannot be changed"):
        changed = {column: other(table.columns[column])}
        await connection.execute(update(table).where(this(table, row)).values(changed))


@pytest.mark.parametrize("name", ["orders", *STATED_PARTS, *APPEND_ONLY])
async def test_stated_content_and_history_cannot_be_deleted(
    name: str, connection: AsyncConnection, forest: Forest
) -> None:
    table = TABLES[name]
    row = await add(connection, name, forest.partner)
    async with refused(connection, "never deleted|cannot be changed|append-only"):
        await connection.execute(delete(table).where(this(table, row)))


@pytest.mark.parametrize("name", STATED_PARTS)
async def test_the_first_history_entry_seals_stated_parts(
    name: str, connection: AsyncConnection, forest: Forest
) -> None:
    order = (await add(connection, "orders", forest.partner))["id"]
    open_order = (await add(connection, "orders", forest.partner))["id"]
    await add(connection, name, forest.partner, order_id=order)
    await add(connection, "order_history", forest.partner, order_id=order)

    await add(connection, name, forest.partner, order_id=open_order)
    row = await complete(connection, name, forest.partner, order_id=order, position=2)
    async with refused(connection, "stated parts cannot be added"):
        await connection.execute(insert(TABLES[name]).values(row))


@pytest.mark.parametrize("name", REPORTED_PARTS)
async def test_processing_adds_to_a_received_order_and_corrects_it(
    name: str, connection: AsyncConnection, forest: Forest
) -> None:
    table = TABLES[name]
    order = (await add(connection, "orders", forest.partner))["id"]
    await add(connection, "order_history", forest.partner, order_id=order)
    row = await add(connection, name, forest.partner, order_id=order)
    text = next(c for c in ("name", "reason", "text", "title") if c in table.columns)
    changed = await connection.execute(
        update(table).where(this(table, row)).values({text: "corrected"})
    )
    assert changed.rowcount == 1
    removed = await connection.execute(delete(table).where(this(table, row)))
    assert removed.rowcount == 1


async def test_processing_changes_every_other_column_of_an_order(
    connection: AsyncConnection, forest: Forest
) -> None:
    order = await add(connection, "orders", forest.partner)
    await add(connection, "order_history", forest.partner, order_id=order["id"])
    contract = await add(connection, "contracts", forest.partner)
    changed = await connection.execute(
        update(Order)
        .where(Order.id == order["id"])
        .values(PROCESSING | {"contract_id": contract["id"]})
    )
    assert changed.rowcount == 1


async def test_an_item_reports_its_state(connection: AsyncConnection, forest: Forest) -> None:
    item = await add(connection, "order_items", forest.partner)
    items = TABLES["order_items"]
    changed = await connection.execute(
        update(items).where(this(items, item)).values(state="completed")
    )
    assert changed.rowcount == 1


async def test_an_update_with_equal_stated_values_is_allowed(
    connection: AsyncConnection, forest: Forest
) -> None:
    order = await add(connection, "orders", forest.partner)
    same = {column: order[column] for column in STATED_COLUMNS if column in order}
    changed = await connection.execute(
        update(Order).where(Order.id == order["id"]).values(same | {"version": 2})
    )
    assert changed.rowcount == 1
