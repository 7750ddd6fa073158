"""One connection and one transaction for whatever a session reads, by the driver or not."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from db.models import Customer
from db.paging import Window
from db.queries.customers import CUSTOMERS, CustomerFilter, CustomerSortField
from db.scope import Scope
from db.session import Database, ReadSession
from tests import postgres
from tests.db.rows import add, add_tenant, as_carrier

BY_NUMBER = Window(CustomerSortField.NUMBER, descending=False, limit=5)
PAGE = CUSTOMERS.page(CustomerFilter(), BY_NUMBER)
CARRIER = Scope.carrier()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=2)
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        await add(connection, "customers", await add_tenant(connection, 1))
    yield database
    await database.close()


async def by_driver(session: ReadSession) -> list[str]:
    return [row.number for row in await session.records(PAGE, None, **BY_NUMBER.parameters)]


async def by_sqlalchemy(session: ReadSession) -> list[str]:
    return list(await session.entities(select(Customer.number)))


@pytest.mark.parametrize("first", [by_driver, by_sqlalchemy])
async def test_prepared_queries_and_others_read_one_state(
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


async def test_an_error_of_the_driver_is_one_of_sqlalchemys(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    async with database.engine.begin() as owner:
        await owner.execute(text("ALTER TABLE customers RENAME COLUMN name TO called"))
    async with database.read(CARRIER) as session:
        with pytest.raises(DBAPIError, match="name"):
            await by_driver(session)
    await database.close()
