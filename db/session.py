"""The only way to the data: a session that was opened for a scope.

A read session is one read-only snapshot; a write session is one transaction that commits when its
block ends. Every statement on a table that a tenant owns gets the scope added as criteria, and
every new row is checked against it; a statement that cannot be scoped (no ORM entity, plain SQL)
is refused.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, TypeVar, cast

from sqlalchemy import (
    Connection,
    Dialect,
    Executable,
    Result,
    ScalarResult,
    Select,
    event,
    make_url,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from db.base import Base
from db.cancellation import interrupt_when_cancelled
from db.prepared import prepared, prepared_tuples
from db.read_audit import ReadAudit, owner_attributes
from db.rows import Layout, Prefetch, Records, RowQuery
from db.scope.criteria import criteria
from db.scope.row_check import check_rows
from db.scope.sql_check import SCOPED, UnscopedStatementError, watch
from db.scope.tenant_scope import TenantScope
from db.scope.transactions import ScopedConnection, forget_scope, open_transaction
from db.snapshot import SCOPE, Snapshot, Transaction

E = TypeVar("E")
M = TypeVar("M", bound=Base)


class ReadOnlySessionError(Exception):
    """A read session was asked to change rows."""


class ReadSession:
    """Reads one snapshot of the rows in a scope. Safe to use from concurrent loaders."""

    def __init__(
        self, source: Snapshot | Transaction, scope: TenantScope, dialect: Dialect
    ) -> None:
        self._source = source
        self._dialect = dialect
        self._lock = asyncio.Lock()
        self._sender: asyncio.Task[Any] | None = None
        """Who waits for the statement that is under way."""
        self._stopped = False
        self.scope = scope
        self.statements = 0
        """How many statements were sent."""
        self.read_audit: ReadAudit | None = None
        """Who looks at all that is handed out."""

    @property
    def dialect(self) -> str:
        return self._dialect.name

    async def execute(self, statement: Executable) -> Result[Any]:
        result: Result[Any] = await self._send(self._executed, statement)
        return (
            result if self.read_audit is None else self.read_audit.record_result(statement, result)
        )

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
        """The query's rows as records that have these attributes; all of them if None. Takes
        `prefetches` only where the session `can_prefetch`."""
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
        if query.name is None:
            layout = Layout(query, attributes, prefetches)
            statement = query.build(layout, self.dialect).params(parameters)
            rows: Result[Any] = await self._send(self._executed, statement)
            return layout.records(rows.all())
        known = prepared(query, attributes, prefetches, self.scope, self._dialect)
        values = known.parameters(self.scope, parameters, query.binds)
        records: Records[M] = await self._send(self._source.records, known, values)
        return records

    async def tuples(
        self, statement: Select[*tuple[Any, ...]], **parameters: Any
    ) -> Sequence[tuple[Any, ...]]:
        """The rows of a statement of columns and sums, which has no entities in it. `parameters`
        are the values of its named parameters."""
        known = None
        if self.read_audit is None:
            known = prepared_tuples(statement, self.scope, self._dialect)
        if known is None:
            return list(map(tuple, await self.rows(statement.params(parameters))))
        prepared_statement, binds = known
        values = prepared_statement.parameters(self.scope, parameters, binds)
        rows: Sequence[Any] = await self._send(self._source.records, prepared_statement, values)
        return rows

    async def _executed(self, statement: Executable) -> Result[Any]:
        session = await self._source.session()
        return await session.execute(statement)

    async def _send(self, call: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """Send one statement, when no other is under way."""
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
        """Wait for a statement that is under way, and let no other follow.

        An operation that failed may leave sibling fields behind which still load something. They
        are cancelled: whoever waited for ever would go when memory is next cleared, half done.
        """
        self._stopped = True
        async with self._lock:
            pass

    def stop(self) -> None:
        """Cancel the statement that is under way, and let no other follow.

        Cancelling an operation does not reach what its loaders have sent: they are tasks apart.
        """
        self._stopped = True
        if self._sender is not None:
            self._sender.cancel()

    async def rows(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        """The rows of a statement."""
        return (await self.execute(statement)).all()

    async def entities(self, statement: Select[E, *tuple[Any, ...]]) -> Sequence[E]:
        """The first column of each row: the entities of a `select(Model)`."""
        return cast("ScalarResult[E]", (await self.execute(statement)).scalars()).all()

    async def scalar(self, statement: Select[E, *tuple[Any, ...]]) -> E | None:
        """The first column of the first row, or None."""
        return cast("E | None", (await self.execute(statement)).scalar())


class WriteSession(ReadSession):
    """One transaction over the rows in a scope. `Database.write` commits it; nobody else does."""

    def __init__(self, session: AsyncSession, scope: TenantScope) -> None:
        super().__init__(Transaction(session), scope, session.get_bind().dialect)
        self._session = session

    def add(self, *rows: Base) -> None:
        self._session.add_all(rows)

    async def flush(self) -> None:
        async with self._lock:
            await self._session.flush()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of the transaction that is undone alone when its block raises."""
        async with self._session.begin_nested():
            yield


class Database:
    """A database, by its SQLAlchemy URL (`sqlite+aiosqlite` or `postgresql+asyncpg`)."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.engine = _create_engine(url, pool_size)
        watch(self.engine.sync_engine)
        interrupt_when_cancelled(self.engine.sync_engine)
        self._readers = async_sessionmaker(expire_on_commit=False, autoflush=False)
        self._writers = async_sessionmaker(
            self.engine.execution_options(**{_WRITES: True}), expire_on_commit=False
        )

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def read(self, scope: TenantScope) -> AsyncIterator[ReadSession]:
        """A read-only snapshot of what the scope sees."""
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
    async def write(self, scope: TenantScope) -> AsyncIterator[WriteSession]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        async with self._writers.begin() as session:
            session.info.update({SCOPE: scope, _WRITES: True})
            yield WriteSession(session, scope)

    async def close(self) -> None:
        await self.engine.dispose()


_WRITES = "partnergraph_writes"


@event.listens_for(Session, "do_orm_execute")
def _add_scope(state: ORMExecuteState) -> None:
    scope: TenantScope | None = state.session.info.get(SCOPE)
    if scope is None:
        raise UnscopedStatementError("the session was not opened for a scope")
    if not state.is_orm_statement:
        raise UnscopedStatementError("only statements on mapped classes can be scoped")
    if not state.is_select and not state.session.info.get(_WRITES):
        raise ReadOnlySessionError("a read session changes nothing")
    if scope.root_tenant_id is None:
        return
    if state.is_insert:
        raise UnscopedStatementError(
            "rows are added by `WriteSession.add`, which checks each of them"
        )
    state.update_execution_options(**{SCOPED: scope})
    state.statement = state.statement.options(*criteria(scope))


@event.listens_for(Session, "before_flush")
def _check_scope(session: Session, context: UOWTransaction, instances: object) -> None:
    check_rows(session, session.info.get(SCOPE))


@event.listens_for(Session, "after_begin")
def _open_transaction(
    session: Session, transaction: SessionTransaction, connection: Connection
) -> None:
    scope: TenantScope | None = session.info.get(SCOPE)
    if scope is not None and connection.dialect.name == "postgresql":
        open_transaction(connection, scope, writes=bool(session.info.get(_WRITES)))


def _create_engine(url: str, pool_size: int) -> AsyncEngine:
    if make_url(url).get_backend_name() == "postgresql":
        engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            connect_args={
                "connection_class": ScopedConnection,
                # JIT costs more than it gives on statements of this size.
                "server_settings": {"jit": "off", "timezone": "UTC"},
            },
        )
        event.listen(engine.sync_engine, "connect", _set_up_postgresql)
        event.listen(engine.sync_engine, "checkout", _refuse_closed)
        event.listen(engine.sync_engine, "begin", forget_scope)
        return engine
    engine = create_async_engine(url)
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


_YEAR_2000 = date(2000, 1, 1).toordinal()


def _set_up_postgresql(connection: Any, record: ConnectionPoolEntry) -> None:
    # The driver sends the last day that Python knows as "infinity", which is later than that day
    # where SQL wrote it: paging by a date that may be unknown would lose rows. Days are days.
    connection.run_async(
        lambda driver: driver.set_type_codec(
            "date",
            schema="pg_catalog",
            encoder=lambda day: (day.toordinal() - _YEAR_2000,),
            decoder=lambda days: date.fromordinal(days[0] + _YEAR_2000),
            format="tuple",
        )
    )


def _refuse_closed(
    connection: Any, record: ConnectionPoolEntry, proxy: PoolProxiedConnection
) -> None:
    # The driver knows what the server has closed meanwhile, so that asking costs nothing. The pool
    # then makes another connection.
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _set_up_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    # The driver's own transactions start too late for a snapshot; ours start with BEGIN.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "busy_timeout=10000",
        "synchronous=NORMAL",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock first: a reader that turns writer cannot wait for it.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
