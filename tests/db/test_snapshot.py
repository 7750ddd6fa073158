"""A session reads by one connection and one transaction, by the driver or by SQLAlchemy."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from db.conditions import EVERYTHING
from db.keyset import Window
from db.models import Customer
from db.queries.lists import CUSTOMERS
from db.scope.tenant_scope import TenantScope
from db.scope.transactions import ScopedConnection
from db.session import Database, ReadSession
from tests.db.rows import add, add_tenant, as_carrier
from tests.support import postgres

BY_NUMBER = Window(Customer.number, descending=False, limit=5)
PAGE = CUSTOMERS.page(EVERYTHING, BY_NUMBER)
CARRIER = TenantScope.carrier()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await filled(database_url)
    yield database
    await database.close()


async def filled(url: str) -> Database:
    """A database with one customer."""
    database = Database(url, pool_size=2)
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        await add(connection, "customers", await add_tenant(connection, 1))
    return database


async def by_driver(session: ReadSession) -> list[str]:
    return [row.number for row in await session.records(PAGE, None)]


async def by_sqlalchemy(session: ReadSession) -> list[str]:
    return list(await session.entities(select(Customer.number)))


@pytest.mark.parametrize("first", [by_driver, by_sqlalchemy])
async def test_compiled_statements_and_others_read_one_state(
    database: Database, first: Callable[[ReadSession], Awaitable[list[str]]]
) -> None:
    async with database.read(CARRIER) as session:
        [before] = await first(session)
        async with database.write(CARRIER) as writer:
            await writer.execute(update(Customer).values(number="NEW"))
        assert await by_driver(session) == await by_sqlalchemy(session) == [before]
    async with database.read(CARRIER) as session:
        assert await by_driver(session) == await by_sqlalchemy(session) == ["NEW"] != [before]


async def test_a_session_ends_its_transaction(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1)
    for read in (by_driver, by_sqlalchemy):
        async with database.read(CARRIER) as session:
            await read(session)
        async with database.engine.connect() as reused:
            pooled = await reused.get_raw_connection()
            assert not pooled.driver_connection.is_in_transaction()  # type: ignore[union-attr]
    await database.close()


async def test_a_session_that_is_cancelled_while_it_begins_ends_its_transaction(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgresql_url, pool_size=1)
    execute = ScopedConnection.execute
    begun = asyncio.Event()

    async def never_return(self: ScopedConnection, query: str, *arguments: Any) -> str:
        status: str = await execute(self, query, *arguments)
        if "SET LOCAL ROLE" in query:
            begun.set()
            await asyncio.Event().wait()
        return status

    async def read() -> None:
        async with database.read(TenantScope.tree(1)) as session:
            await by_driver(session)

    with monkeypatch.context() as patched:
        patched.setattr(ScopedConnection, "execute", never_return)
        reading = asyncio.ensure_future(read())
        await begun.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    # The same connection, without the transaction and the role of the scope.
    async with database.engine.connect() as reused:
        pooled = await reused.get_raw_connection()
        driver: Any = pooled.driver_connection
        assert not driver.is_in_transaction()
        assert await driver.fetchval("SELECT current_user = session_user")
    await database.close()


async def test_after_a_failed_begin_the_next_statement_begins_again(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await filled(postgresql_url)
    execute = ScopedConnection.execute
    failures = [asyncpg.UndefinedObjectError("role does not exist")]

    async def fail_once(self: ScopedConnection, query: str, *arguments: Any) -> str:
        if "SET LOCAL ROLE" in query and failures:
            await execute(self, "BEGIN")
            raise failures.pop()
        status: str = await execute(self, query, *arguments)
        return status

    monkeypatch.setattr(ScopedConnection, "execute", fail_once)
    async with database.read(CARRIER) as session:
        with pytest.raises(DBAPIError, match="role"):
            await by_driver(session)
        assert len(await by_driver(session)) == 1
        assert len(await by_sqlalchemy(session)) == 1
    await database.close()


async def test_rows_that_were_read_outlive_their_connection(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1)
    async with database.read(CARRIER) as session:
        assert await by_driver(session) == []
        await disconnect_all(postgresql_url)
    async with database.read(CARRIER) as session:
        assert await by_driver(session) == []
    await database.close()


async def test_a_connection_that_was_closed_in_the_pool_is_not_used(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=2)
    async with database.read(CARRIER) as one, database.read(CARRIER) as another:
        await by_driver(one)
        await by_driver(another)
        closed = [await closing(session) for session in (one, another)]
    await disconnect_all(postgresql_url)
    for event in closed:
        await event.wait()
    async with database.read(CARRIER) as one, database.read(CARRIER) as another:
        assert await by_driver(one) == await by_sqlalchemy(another) == []
    async with database.write(CARRIER) as writer:
        await writer.execute(update(Customer).values(number="NEW"))
    await database.close()


async def closing(session: ReadSession) -> asyncio.Event:
    """An event that is set when the driver notices the closed connection."""
    snapshot: Any = session._source
    pooled = await snapshot._connection.get_raw_connection()
    closed = asyncio.Event()
    pooled.driver_connection.add_termination_listener(lambda _: closed.set())
    return closed


async def test_connections_that_the_server_closed_are_replaced(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=2)
    async with database.read(CARRIER) as other, database.read(CARRIER) as session:
        await by_driver(other)
        await by_driver(session)
        await disconnect_all(postgresql_url)
        with pytest.raises(DBAPIError) as failed:
            await by_driver(session)
        assert failed.value.connection_invalidated
    for _ in range(3):
        async with database.read(CARRIER) as session:
            assert await by_driver(session) == []
    await database.close()


async def disconnect_all(url: str) -> None:
    connection = await postgres.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    await connection.close()


async def test_errors_of_the_driver_are_raised_as_sqlalchemys(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    async with database.engine.begin() as owner:
        await owner.execute(text("ALTER TABLE customers RENAME COLUMN name TO called"))
    async with database.read(CARRIER) as session:
        with pytest.raises(DBAPIError, match="name"):
            await by_driver(session)
    await database.close()
