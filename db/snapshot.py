"""A read-only snapshot: one connection and one transaction, opened when they are first needed.

On PostgreSQL prepared queries go to the driver itself, in the same transaction as everything that
goes through SQLAlchemy, whose adapter costs more than the driver and its network together.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from db.prepared import Prepared
from db.rows import Records
from db.scope.tenant_scope import TenantScope
from db.scope.transactions import ScopedConnection

SCOPE = "scope"
"""Under this name a session's `info` holds what it was opened for."""


_LOST = (
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)
_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, *_LOST)


class Snapshot:
    """One state of the database, as a scope sees it. Takes one statement at a time."""

    def __init__(
        self, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession], scope: TenantScope
    ) -> None:
        self._engine = engine
        self._sessions = sessions
        self._scope = scope
        self._connection: AsyncConnection | None = None
        self._driver: ScopedConnection | None = None
        """None on SQLite."""
        self._is_open = False
        self._session: AsyncSession | None = None

    async def session(self) -> AsyncSession:
        """An ORM session in the snapshot."""
        if self._session is None:
            connection = await self._connected()
            self._session = self._sessions(bind=connection, info={SCOPE: self._scope})
        return self._session

    async def records(self, query: Prepared, values: tuple[Any, ...]) -> Records[Any]:
        """The records of a prepared query."""
        connection = await self._connected()
        driver = self._driver
        if driver is None:
            return await connection.run_sync(query.sent, values)
        async with _noticed(connection, driver, query.sql):
            if query.needs_description:
                statement = await driver.prepare(query.sql)
                query.describe([each.type.oid for each in statement.get_attributes()])
            rows = await driver.fetch(query.sql, *values)
        return query.records(rows)

    async def close(self) -> None:
        """Give the connection back, whoever is cancelled meanwhile."""
        if self._connection is not None:
            await asyncio.shield(self._closed(self._connection))

    async def _connected(self) -> AsyncConnection:
        connection = self._connection
        if connection is None:
            self._connection = connection = await self._engine.connect()
        # Whoever comes after one for whom it did not open must not read as nobody.
        if not self._is_open:
            if self._engine.dialect.name == "postgresql":
                pooled = await connection.get_raw_connection()
                driver = cast("ScopedConnection", pooled.driver_connection)
                # Known before it begins: one that is cancelled meanwhile may have begun.
                self._driver = driver
                async with _noticed(connection, driver, "BEGIN"):
                    await driver.open_snapshot(self._scope)
            self._is_open = True
        return connection

    async def _closed(self, connection: AsyncConnection) -> None:
        try:
            if self._session is not None:
                await self._session.close()
            if self._driver is not None and not await _ended(self._driver):
                await connection.invalidate()
        finally:
            await connection.close()


async def _ended(driver: ScopedConnection) -> bool:
    """End the snapshot; whether the connection can be used again. What was read is good anyway."""
    if driver.is_closed():
        return False
    try:
        await driver.close_snapshot()
    except _ERRORS:
        driver.terminate()
        return False
    return True


class Transaction:
    """The transaction of an ORM session, asked in the same ways."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def session(self) -> AsyncSession:
        return self._session

    async def records(self, query: Prepared, values: tuple[Any, ...]) -> Records[Any]:
        return await self._session.run_sync(
            lambda session: query.sent(session.connection(), values)
        )


@asynccontextmanager
async def _noticed(
    connection: AsyncConnection, driver: ScopedConnection, statement: str
) -> AsyncIterator[None]:
    """What goes wrong in the driver goes wrong in SQLAlchemy, too."""
    try:
        yield
    except _ERRORS as error:
        if isinstance(error, _LOST):
            # Its server is leaving, and what the driver has read of that is not all.
            driver.terminate()
        if driver.is_closed():
            # SQLAlchemy finds that out for itself, and replaces every connection of its pool.
            await connection.exec_driver_sql("SELECT 1")
        raise OperationalError(statement, None, error) from error
