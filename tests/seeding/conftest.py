"""One order book, made once on each engine; its tests only read it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

import seeding
from db.scope.tenant_scope import TenantScope
from db.session import Database, ReadSession

ORDERS = 2_500


@pytest.fixture(scope="module")
def book(shared_database_url: str) -> tuple[str, seeding.Summary]:
    """The URL of the order book, and what it holds."""

    async def fill() -> seeding.Summary:
        database = Database(shared_database_url)
        try:
            return await seeding.seed(database, orders=ORDERS, seed=7)
        finally:
            await database.close()

    return shared_database_url, asyncio.run(fill())


@pytest.fixture
async def session(book: tuple[str, seeding.Summary]) -> AsyncIterator[ReadSession]:
    """Reads the whole order book."""
    database = Database(book[0])
    async with database.read(TenantScope.carrier()) as session:
        yield session
    await database.close()
