"""Engines for PostgreSQL and SQLite, with what this program needs of each connection."""

import asyncio
import json
from datetime import date
from typing import Any

from sqlalchemy import Connection, ExceptionContext, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import await_only

from db.changes import triggers
from db.scope.transactions import ScopedConnection, forget_scope

WRITES = "partnergraph_writes"
"""The execution option of an engine whose transactions write."""


def create_engine(url: str, pool_size: int) -> AsyncEngine:
    """An engine for a URL of `sqlite+aiosqlite` or `postgresql+asyncpg`."""
    if make_url(url).get_backend_name() == "postgresql":
        return _postgresql(url, pool_size)
    return _sqlite(url)


def _json(value: Any) -> str:
    # Most lists are empty, and the encoder takes ten times as long for one.
    return "[]" if value == [] else json.dumps(value)


# --- PostgreSQL ---


def _postgresql(url: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        json_serializer=_json,
        connect_args={
            "connection_class": ScopedConnection,
            # JIT compilation costs more than it saves on statements of this size.
            "server_settings": {"jit": "off", "timezone": "UTC"},
        },
    )
    event.listen(engine.sync_engine, "connect", _set_date_codec)
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    event.listen(engine.sync_engine, "begin", forget_scope)
    return engine


_YEAR_2000 = date(2000, 1, 1).toordinal()


def _set_date_codec(connection: Any, record: ConnectionPoolEntry) -> None:
    # asyncpg sends `date.max` as "infinity", which is later than the 9999-12-31 that SQL wrote for
    # unknown dates: keyset paging by such a column would lose rows.
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
    # The driver already knows whether the server closed the connection, so this check costs no
    # round trip. The pool then opens another one.
    if connection.driver_connection.is_closed():
        raise DisconnectionError


# --- SQLite ---


def _sqlite(url: str) -> AsyncEngine:
    engine = create_async_engine(url, json_serializer=_json)
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin)
    event.listen(engine.sync_engine, "commit", _commit)
    event.listen(engine.sync_engine, "handle_error", _interrupt_cancelled)
    return engine


def _set_pragmas(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    # The driver would begin transactions too late for a snapshot; `_begin` does it.
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


def _begin(connection: Connection) -> None:
    # A writer locks the database at once: a transaction that has read cannot wait for the lock.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    if writes:
        connection.exec_driver_sql(triggers.BEGIN_TRANSACTION)


def _commit(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql(triggers.END_TRANSACTION)


def _interrupt_cancelled(context: ExceptionContext) -> None:
    # The driver runs statements in a thread, where they would go on after the waiting task was
    # cancelled; closing the connection would wait for them. asyncpg cancels by itself.
    cancelled = isinstance(context.original_exception, asyncio.CancelledError)
    if cancelled and context.connection is not None:
        driver = context.connection.connection.driver_connection
        if driver is not None:
            await_only(driver.interrupt())
