"""Sessions: the only public way to the data.

A session is opened for a scope. A read session is one read-only snapshot; a write session is one
transaction, committed when its block ends. Every statement on a table of tenants gets the scope as
criteria, and every written row is checked against it (`db.scope.enforcement`). A statement that
cannot be scoped, such as one without a mapped class, is refused.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar, cast

from sqlalchemy import Dialect, Executable, Result, ScalarResult, Select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db.base import Base
from db.engine import WRITES, create_engine
from db.read_audit import ReadAudit, owner_attributes
from db.rows import Prefetch, Records, RowQuery, TupleQuery
from db.scope import bulk_writes
from db.scope.enforcement import PURPOSE, SCOPE, SENT
from db.scope.privileges import CHANGES
from db.scope.roles import Kind, Purpose
from db.scope.sql_check import watch
from db.scope.tenant_scope import TenantScope
from db.snapshot import Snapshot, Transaction
from db.statements import compiled_query, compiled_tuples

E = TypeVar("E")
M = TypeVar("M", bound=Base)


class ReadSession:
    """Reads one snapshot of the rows in a scope. Safe to use from concurrent loaders."""

    def __init__(
        self, source: Snapshot | Transaction, scope: TenantScope, dialect: Dialect
    ) -> None:
        self._source = source
        self._dialect = dialect
        self._lock = asyncio.Lock()
        self._sender: asyncio.Task[Any] | None = None
        """The task that waits for the current statement."""
        self._stopped = False
        self.scope = scope
        self.statements = 0
        """Number of statements sent."""
        self.read_audit: ReadAudit | None = None
        """Records all rows that the session returns, if set."""

    @property
    def dialect(self) -> str:
        return self._dialect.name

    async def execute(self, statement: Executable) -> Result[Any]:
        result: Result[Any] = await self._send(self._execute, statement)
        if self.read_audit is None:
            return result
        return self.read_audit.record_result(statement, result)

    @property
    def can_prefetch(self) -> bool:
        """Whether `records` can prefetch rows. A session whose reads are audited cannot: the audit
        sees the rows of one model at a time."""
        return self.dialect == "postgresql" and self.read_audit is None

    async def records(
        self,
        query: RowQuery[M],
        attributes: frozenset[str] | None,
        prefetches: tuple[Prefetch, ...] = (),
        **parameters: Any,
    ) -> Records[M]:
        """The query's rows as records with these attributes, or with all if None.

        `prefetches` needs a session that `can_prefetch`.
        """
        if self.read_audit is not None and attributes is not None:
            attributes |= owner_attributes(query.model)
        records = await self._records(query, attributes, prefetches, parameters)
        if self.read_audit is not None:
            self.read_audit.record_rows(query.model, records)
        return records

    async def _records(
        self,
        query: RowQuery[M],
        attributes: frozenset[str] | None,
        prefetches: tuple[Prefetch, ...],
        parameters: dict[str, Any],
    ) -> Records[M]:
        compiled = compiled_query(query, attributes, prefetches, self.scope, self._dialect)
        values = compiled.parameters(self.scope, {**query.parameters, **parameters})
        records: Records[M] = await self._send(self._source.records, compiled, values)
        return records

    async def tuples(
        self, query: TupleQuery | Select[*tuple[Any, ...]], **parameters: Any
    ) -> Sequence[tuple[Any, ...]]:
        """The rows of a statement that selects columns and aggregates, but no entities.

        `parameters` are the values of its named parameters.
        """
        if isinstance(query, TupleQuery):
            parameters = {**query.parameters, **parameters}
        compiled = None
        if self.read_audit is None:
            compiled = compiled_tuples(query, self.scope, self._dialect)
        if compiled is None:
            statement = query.build() if isinstance(query, TupleQuery) else query
            return list(map(tuple, await self.rows(statement.params(parameters))))
        compiled_statement, binds = compiled
        values = compiled_statement.parameters(self.scope, parameters, binds)
        rows: Sequence[Any] = await self._send(self._source.records, compiled_statement, values)
        return rows

    async def rows(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        """The rows of a statement."""
        return (await self.execute(statement)).all()

    async def entities(self, statement: Select[E, *tuple[Any, ...]]) -> Sequence[E]:
        """The first column of each row: the entities of a `select(Model)`."""
        return cast("ScalarResult[E]", (await self.execute(statement)).scalars()).all()

    async def scalar(self, statement: Select[E, *tuple[Any, ...]]) -> E | None:
        """The first column of the first row, or None."""
        return cast("E | None", (await self.execute(statement)).scalar())

    async def _execute(self, statement: Executable) -> Result[Any]:
        session = await self._source.session()
        return await session.execute(statement)

    async def _send(self, call: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """Send one statement after the current one has ended."""
        async with self._lock:
            if self._stopped:
                raise asyncio.CancelledError
            self.statements += 1
            self._sender = asyncio.current_task()
            try:
                return await call(*arguments)
            finally:
                self._sender = None

    async def settle(self) -> None:
        """Wait for the current statement, and cancel all later ones.

        Fields of an operation that failed may still be loading. A task that waited for ever would
        be destroyed half done at the next garbage collection.
        """
        self._stopped = True
        async with self._lock:
            pass

    def stop(self) -> None:
        """Cancel the current statement and all later ones.

        Cancelling an operation does not cancel its loaders, which are tasks of their own.
        """
        self._stopped = True
        if self._sender is not None:
            self._sender.cancel()


class WriteSession(ReadSession):
    """One transaction over the rows in a scope. Only `Database.write` commits it."""

    def __init__(self, session: AsyncSession, scope: TenantScope) -> None:
        super().__init__(Transaction(session), scope, session.get_bind().dialect)
        self._session = session

    @property
    def sent(self) -> int:
        """Number of statements sent, those by which rows are stored included."""
        return int(self._session.sync_session.info.get(SENT, 0))

    def add(self, *rows: Base) -> None:
        self._session.add_all(rows)

    async def flush(self) -> None:
        async with self._lock:
            await self._session.flush()

    async def insert(self, model: type[Base], rows: Sequence[bulk_writes.Row]) -> None:
        """Insert many rows with one statement. Raises OutOfScopeError."""
        await self._bulk(bulk_writes.insert, model, rows)

    async def update(
        self, model: type[Base], columns: Collection[str], rows: Sequence[bulk_writes.Row]
    ) -> None:
        """Set these columns of many rows with one statement; each row has its key and its owner.

        Raises OutOfScopeError.
        """
        await self._bulk(bulk_writes.update_rows, model, columns, rows)

    async def _bulk(self, write: Callable[..., None], *arguments: Any) -> None:
        async with self._lock:
            await self._session.run_sync(write, self.scope, *arguments)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of the transaction that is rolled back alone when its block raises."""
        async with self._session.begin_nested():
            yield


class Database:
    """A database, by its SQLAlchemy URL (`sqlite+aiosqlite` or `postgresql+asyncpg`).

    `close` it at the end, or use it as an asynchronous context manager.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.engine = create_engine(url, pool_size)
        watch(self.engine.sync_engine)
        self._readers = async_sessionmaker(expire_on_commit=False, autoflush=False)
        self._writers = async_sessionmaker(
            self.engine.execution_options(**{WRITES: True}), expire_on_commit=False
        )

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def read(self, scope: TenantScope) -> AsyncIterator[ReadSession]:
        """A read-only snapshot of the rows in a scope."""
        snapshot = Snapshot(self.engine, self._readers, scope)
        reader = ReadSession(snapshot, scope, self.engine.dialect)
        try:
            yield reader
        except asyncio.CancelledError:
            reader.stop()
            raise
        finally:
            try:
                await reader.settle()
            finally:
                await snapshot.close()

    @asynccontextmanager
    async def write(
        self, scope: TenantScope, purpose: Purpose | None = None
    ) -> AsyncIterator[WriteSession]:
        """A transaction: committed when the block ends, rolled back when it raises.

        `purpose` decides which tables it may change (`db.scope.privileges`). Only the carrier's
        scope needs none: it may change all. Raises ValueError for a scope that may not write for
        the purpose.
        """
        if scope.root_tenant_id is not None and (purpose, Kind.of(scope)) not in CHANGES:
            raise ValueError(f"no role writes in a scope of this kind for the purpose {purpose}")
        async with self._writers.begin() as session:
            session.info.update({SCOPE: scope, WRITES: True, PURPOSE: purpose})
            yield WriteSession(session, scope)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self.engine.dispose()
