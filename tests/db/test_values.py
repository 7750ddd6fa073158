"""Values are read exactly as they were written, on both databases."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.ids import new_id, uuid7
from db.models import Contract, Order, OrderItem, OrderPrice
from tests.db.conftest import Forest
from tests.db.rows import add, complete

AMOUNTS = [
    "0",
    "0.1",
    "0.10",
    "12345678.123456789",
    "1E-7",
    "1E+5",
    "-0",
    "99999999999999999999.99",
    "0.1234567890123456789012345678901",
]


@pytest.mark.parametrize("written", AMOUNTS)
async def test_an_amount_is_exact(
    written: str, connection: AsyncConnection, forest: Forest
) -> None:
    amount = Decimal(written)
    await add(connection, "order_prices", forest.partner, net_amount=amount, currency="EUR")
    read = await connection.scalar(select(OrderPrice.net_amount))
    assert isinstance(read, Decimal)
    assert read == amount


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity"])
async def test_an_amount_is_a_number(
    written: str, connection: AsyncConnection, forest: Forest
) -> None:
    row = await complete(connection, "order_prices", forest.partner, currency="EUR")
    with pytest.raises(StatementError, match="must be finite"):
        await connection.execute(insert(OrderPrice).values(row | {"net_amount": Decimal(written)}))


INSTANTS = [
    datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC),
    datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    datetime(1970, 1, 1, tzinfo=UTC),
]


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
async def test_an_instant_comes_back_in_utc(
    instant: datetime, connection: AsyncConnection, forest: Forest
) -> None:
    order = await add(connection, "orders", forest.partner, requested_completion_date=instant)
    read = await connection.scalar(
        select(Order.requested_completion_date).where(Order.id == order["id"])
    )
    assert read == instant.astimezone(UTC)
    assert read is not None
    assert read.utcoffset() == timedelta(0)


async def test_instants_are_compared_and_sorted_independent_of_their_zone(
    connection: AsyncConnection, forest: Forest
) -> None:
    expected = sorted((instant.astimezone(UTC) for instant in INSTANTS), reverse=True)
    for instant in INSTANTS:
        await add(connection, "orders", forest.partner, requested_start_date=instant)
    column = Order.requested_start_date
    rows = await connection.scalars(
        select(column).where(column >= INSTANTS[2]).order_by(column.desc())
    )
    assert list(rows) == [i for i in expected if i >= INSTANTS[2]]


async def test_an_instant_without_a_zone_is_refused(
    connection: AsyncConnection, forest: Forest
) -> None:
    naive = datetime(2026, 11, 24, 12)  # noqa: DTZ001 - the value to refuse
    row = await complete(connection, "orders", forest.partner, received_at=naive)
    with pytest.raises(StatementError, match="needs a time zone"):
        await connection.execute(insert(Order).values(row))
    with pytest.raises(StatementError, match="needs a time zone"):
        await connection.execute(select(Order.id).where(Order.received_at > naive))


async def test_an_order_without_an_expected_date_sorts_last(
    connection: AsyncConnection, forest: Forest
) -> None:
    dates = [datetime(2026, 12, day, tzinfo=UTC) for day in (2, 1)]
    for expected in (None, *dates):
        await add(connection, "orders", forest.partner, expected_completion_date=expected)
    column = Order.expected_completion_date
    rows = await connection.scalars(select(column).order_by(Order.expected_sort))
    assert list(rows) == [dates[1], dates[0], None]


JSON_VALUES: list[Any] = [
    [],
    [{"name": "Größe", "value": "10 m²"}, {"name": "n", "value": None}],
    [{"name": "deep", "value": {"list": [1, 2.5, True, "\u2028"]}}],
]


@pytest.mark.parametrize("value", JSON_VALUES, ids=["none", "two", "nested"])
async def test_characteristics_come_back_in_their_order(
    value: list[Any], connection: AsyncConnection, forest: Forest
) -> None:
    await add(connection, "order_items", forest.partner, characteristics=value)
    assert await connection.scalar(select(OrderItem.characteristics)) == value


async def test_a_date_has_no_time(connection: AsyncConnection, forest: Forest) -> None:
    await add(connection, "contracts", forest.partner, term_end=date(2027, 2, 28))
    read = await connection.scalar(select(Contract.term_end))
    assert read == date(2027, 2, 28)
    assert type(read) is date


async def test_an_identity_comes_back(connection: AsyncConnection, forest: Forest) -> None:
    id_ = new_id()
    await add(connection, "orders", forest.partner, id=id_)
    assert await connection.scalar(select(Order.id)) == id_


def test_a_later_identity_is_greater() -> None:
    ids = [uuid7(milliseconds, 2**74 - 1 - milliseconds) for milliseconds in range(1, 2**20, 999)]
    assert ids == sorted(ids)
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}


async def test_tables_hold_no_type_of_one_database_alone(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        enums = await connection.scalar(text("SELECT count(*) FROM pg_type WHERE typtype = 'e'"))
        assert enums == 0
    else:
        tables = await connection.scalars(text("SELECT sql FROM sqlite_master"))
        assert not [sql for sql in tables if sql and re.search(r"\bNUMERIC\b", sql)]
