"""A database with two partners, and connections to it whose changes are undone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from db.session import Database
from tests.db.rows import Row, add_tenant, as_carrier


@pytest.fixture(scope="module")
async def shared_database(shared_database_url: str) -> AsyncIterator[Database]:
    """An empty database for one module, which leaves it as it was."""
    database = Database(shared_database_url)
    yield database
    await database.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty database for one test."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def connection(shared_database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection without scope, as a script's would be; what it does is rolled back."""
    async with shared_database.engine.connect() as connection:
        transaction = await connection.begin()
        yield await as_carrier(connection)
        await transaction.rollback()


@dataclass(frozen=True)
class Forest:
    """One partner with a sub-tenant, and a stranger."""

    partner: Row
    sub_tenant: Row
    stranger: Row


@pytest.fixture
async def forest(connection: AsyncConnection) -> Forest:
    partner = await add_tenant(connection, 1)
    return Forest(
        partner, await add_tenant(connection, 2, partner), await add_tenant(connection, 10)
    )
