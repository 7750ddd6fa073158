"""Statements sent after the block of a read session are cancelled, and do not wait for ever."""

import asyncio

import pytest
from sqlalchemy import func, select

from db.models import Customer
from db.scope.tenant_scope import TenantScope
from db.session import Database

COUNT = select(func.count()).select_from(Customer)


async def test_a_statement_after_the_end_is_cancelled(database_url: str) -> None:
    database = Database(database_url)
    try:
        async with database.read(TenantScope.carrier()) as session:
            assert await session.scalar(COUNT) == 0
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(session.scalar(COUNT), 10)
    finally:
        await database.close()


async def test_statements_that_wait_at_the_end_are_cancelled_after_the_current_one(
    database_url: str,
) -> None:
    database = Database(database_url)
    try:
        async with database.read(TenantScope.carrier()) as session:
            left = [asyncio.ensure_future(session.scalar(COUNT)) for _ in range(3)]
            await asyncio.sleep(0)
        results = await asyncio.wait_for(asyncio.gather(*left, return_exceptions=True), 10)
        assert results[0] == 0
        assert [type(result) for result in results[1:]] == [asyncio.CancelledError] * 2
        assert session.statements == 1
    finally:
        await database.close()
