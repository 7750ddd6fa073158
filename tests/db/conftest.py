"""A database with two partners, and connections whose changes are rolled back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from db.session import Database
from tests.db.rows import Row, add_tenant, as_carrier


@pytest.fixture(scope="module")
async def shared_database(shared_database_url: str) -> AsyncIterator[Database]:
    """An empty database for one module, whose tests must leave it empty."""
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
    """A connection that sees every row. Its changes are rolled back."""
    async with shared_database.engine.connect() as connection:
        transaction = await connection.begin()
        yield await as_carrier(connection)
        await transaction.rollback()


@dataclass(frozen=True)
class Forest:
    """A partner with a sub-tenant, and an unrelated partner."""

    partner: Row
    sub_tenant: Row
    stranger: Row


@pytest.fixture
async def forest(connection: AsyncConnection) -> Forest:
    partner = await add_tenant(connection, 1)
    return Forest(
        partner, await add_tenant(connection, 2, partner), await add_tenant(connection, 10)
    )
