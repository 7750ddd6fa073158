"""A read-only snapshot: one connection and one transaction, opened on first use.

On PostgreSQL compiled statements go straight to the driver: SQLAlchemy's adapter costs more than
the driver and the network together. They share the transaction with statements sent by SQLAlchemy.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from db.rows import Records
from db.scope.enforcement import SCOPE
from db.scope.tenant_scope import TenantScope
from db.scope.transactions import ScopedConnection
from db.statements import CompiledStatement

_LOST = (
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)
_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, *_LOST)


class Snapshot:
    """One state of the rows in a scope. Takes one statement at a time."""

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

    async def records(
        self, compiled: CompiledStatement, parameters: tuple[Any, ...]
    ) -> Records[Any]:
        """The records of a compiled statement."""
        connection = await self._connected()
        driver = self._driver
        if driver is None:
            return await connection.run_sync(compiled.execute, parameters)
        async with _translated_errors(connection, driver, compiled.sql):
            if compiled.needs_description:
                prepared = await driver.prepare(compiled.sql)
                compiled.describe([column.type.oid for column in prepared.get_attributes()])
            rows = await driver.fetch(compiled.sql, *parameters)
        return compiled.records(rows)

    async def close(self) -> None:
        """Return the connection to the pool, even when cancelled."""
        if self._connection is not None:
            await asyncio.shield(self._close(self._connection))

    async def _connected(self) -> AsyncConnection:
        connection = self._connection
        if connection is None:
            self._connection = connection = await self._engine.connect()
        # If an earlier attempt to open the snapshot failed, try again: without it the transaction
        # has no role and sees no row.
        if not self._is_open:
            if self._engine.dialect.name == "postgresql":
                pooled = await connection.get_raw_connection()
                driver = cast("ScopedConnection", pooled.driver_connection)
                # Set first, for `close`: a cancelled BEGIN may have reached the server.
                self._driver = driver
                async with _translated_errors(connection, driver, "BEGIN"):
                    await driver.open_snapshot(self._scope)
            self._is_open = True
        return connection

    async def _close(self, connection: AsyncConnection) -> None:
        try:
            if self._session is not None:
                await self._session.close()
            if self._driver is not None and not await _end_snapshot(self._driver):
                await connection.invalidate()
        finally:
            await connection.close()


async def _end_snapshot(driver: ScopedConnection) -> bool:
    """End the snapshot; returns whether the connection can be used again.

    Errors are ignored: all rows have been read.
    """
    if driver.is_closed():
        return False
    try:
        await driver.close_snapshot()
    except _ERRORS:
        driver.terminate()
        return False
    return True


class Transaction:
    """The transaction of an ORM session, with the same methods as a snapshot."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def session(self) -> AsyncSession:
        return self._session

    async def records(
        self, compiled: CompiledStatement, parameters: tuple[Any, ...]
    ) -> Records[Any]:
        return await self._session.run_sync(
            lambda session: compiled.execute(session.connection(), parameters)
        )


@asynccontextmanager
async def _translated_errors(
    connection: AsyncConnection, driver: ScopedConnection, statement: str
) -> AsyncIterator[None]:
    """Raises OperationalError for the driver's errors, and shows SQLAlchemy lost connections."""
    try:
        yield
    except _ERRORS as error:
        if isinstance(error, _LOST):
            # The server is shutting down; the driver may not have noticed the lost connection yet.
            driver.terminate()
        if driver.is_closed():
            # SQLAlchemy notices it by a statement, and then replaces all connections of the pool.
            await connection.exec_driver_sql("SELECT 1")
        raise OperationalError(statement, None, error) from error
