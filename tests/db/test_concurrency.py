"""Concurrent sessions: a reader keeps its snapshot, a writer waits for another."""

import asyncio

import pytest
from sqlalchemy import func, select, update

from db.models import Customer, Order
from db.scope.roles import Purpose
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.db.rows import add, add_tenant, as_carrier

TREE = TenantScope.tree(1)


@pytest.fixture
async def database(database: Database) -> Database:
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        partner = await add_tenant(connection, 1)
        await add(connection, "orders", partner, version=1)
    return database


async def version(database: Database) -> int | None:
    async with database.read(TREE) as session:
        return await session.scalar(select(Order.version))


async def test_a_read_session_sees_one_snapshot_while_others_commit(database: Database) -> None:
    async with database.read(TREE) as reader:
        assert await reader.scalar(select(Order.version)) == 1
        async with database.write(TREE, Purpose.MUTATION) as writer:
            await writer.execute(update(Order).values(version=2))
        assert await reader.scalar(select(Order.version)) == 1
        assert await reader.scalar(select(func.max(Order.version))) == 1
        assert await version(database) == 2


async def test_the_next_session_sees_committed_changes(database: Database) -> None:
    for expected in (2, 3, 4):
        async with database.write(TREE, Purpose.MUTATION) as writer:
            await writer.execute(update(Order).values(version=expected))
        assert await version(database) == expected


async def test_no_other_session_sees_uncommitted_changes(database: Database) -> None:
    async with database.write(TREE, Purpose.MUTATION) as writer:
        await writer.execute(update(Order).values(version=2))
        assert await version(database) == 1
        assert await writer.scalar(select(Order.version)) == 2


async def test_a_writer_waits_for_another(database: Database) -> None:
    has_written, may_commit = asyncio.Event(), asyncio.Event()
    committed: list[str] = []

    async def first() -> None:
        async with database.write(TREE, Purpose.MUTATION) as session:
            await session.execute(update(Order).values(version=Order.version + 1))
            has_written.set()
            await may_commit.wait()
            committed.append("first")

    async def second() -> None:
        await has_written.wait()
        async with database.write(TREE, Purpose.MUTATION) as session:
            await session.execute(update(Order).values(version=Order.version + 1))
            committed.append("second")

    async def release() -> None:
        # On SQLite the second writer waits at BEGIN, on PostgreSQL for the row.
        await has_written.wait()
        asyncio.get_running_loop().call_later(0.1, may_commit.set)

    await asyncio.wait_for(asyncio.gather(first(), second(), release()), 20)
    assert committed == ["first", "second"]
    assert await version(database) == 3


async def test_many_writers_lose_no_change(database: Database) -> None:
    async def count() -> None:
        async with database.write(TREE, Purpose.MUTATION) as session:
            await session.execute(update(Order).values(version=Order.version + 1))

    await asyncio.gather(*(count() for _ in range(20)))
    assert await version(database) == 21


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    async with database.write(TREE, Purpose.MUTATION) as writer:
        await writer.execute(update(Order).values(version=2))
        seen = await asyncio.wait_for(
            asyncio.gather(*(version(database) for _ in range(5))), timeout=5
        )
    assert seen == [1] * 5


async def test_concurrent_loaders_share_a_session(database: Database) -> None:
    async with database.read(TREE) as session:
        counts = await asyncio.gather(
            *(session.scalar(select(func.count()).select_from(Customer)) for _ in range(10))
        )
        assert counts == [1] * 10
        assert session.statements == 10
