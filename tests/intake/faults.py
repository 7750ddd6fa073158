"""Databases that fail for real: read-only, full, locked, killed, with a part missing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy import event, make_url
from sqlalchemy.pool import Pool

from tests.support.databases import Databases


async def execute(databases: Databases, url: str, *statements: str) -> None:
    """Run statements as an administrator, past the program."""
    if make_url(url).get_backend_name() == "sqlite":
        with sqlite3.connect(make_url(url).database or "") as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()
        return
    administrators = make_url(databases.administrators(url)).set(drivername="postgresql")
    administrator = await asyncpg.connect(administrators.render_as_string(hide_password=False))
    try:
        for statement in statements:
            await administrator.execute(statement)
    finally:
        await administrator.close()


@contextmanager
def with_pragma(*pragmas: str) -> Iterator[None]:
    """Every SQLite connection that is taken from a pool has these settings."""

    def set_pragmas(connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(Pool, "checkout", set_pragmas)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", set_pragmas)


async def read_only(databases: Databases, url: str) -> None:
    """Make a PostgreSQL database read-only for every session from now on, as a failover does."""
    name = make_url(url).database
    await execute(databases, url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await disconnect(databases, url)


async def writable(databases: Databases, url: str) -> None:
    """Undo `read_only`."""
    name = make_url(url).database
    undo = f"ALTER DATABASE {name} RESET default_transaction_read_only"
    await execute(databases, url, "SET default_transaction_read_only = off", undo)
    await disconnect(databases, url)


async def unreachable(databases: Databases, url: str) -> None:
    """Let a PostgreSQL database accept no connections."""
    name = make_url(url).database
    elsewhere = make_url(url).set(database="postgres").render_as_string(hide_password=False)
    await execute(databases, elsewhere, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await disconnect(databases, elsewhere, name)


async def disconnect(databases: Databases, url: str, name: str | None = None) -> None:
    """End every other session in a PostgreSQL database."""
    name = name or make_url(url).database
    sessions = f"pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    await execute(databases, url, f"SELECT pg_terminate_backend(pid) FROM {sessions}")  # noqa: S608 (a name of the tests' own)


def trap(body: str, number: str = "N-1") -> tuple[str, str]:
    """Statements that let PostgreSQL run a block when the order of that number is inserted."""
    block = f"$$ BEGIN IF NEW.number = '{number}' THEN {body} END IF; RETURN NEW; END $$"
    return (
        f"CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS {block}",
        "CREATE TRIGGER trap BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION trap()",
    )


def raising(sqlstate: str) -> tuple[str, str]:
    """Statements that let the insertion of the order N-1 fail with that SQLSTATE."""
    return trap(f"RAISE EXCEPTION 'planted: secret of the server' USING ERRCODE = '{sqlstate}';")


KILL = trap("PERFORM pg_terminate_backend(pg_backend_pid());")
DISARM = ("DROP TRIGGER trap ON orders",)
