"""Helpers for commands: errors as one sentence, a checked database, progress."""

import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy.exc import DBAPIError, OperationalError

import settings as configuration
from db import faults
from db.migrations import state
from db.session import Database
from settings import Settings, SettingsMistake

PARTLY_FAILED = 1
MISTAKE = 2

Progress = Callable[[int, int], None]
"""Called with the amount done and the total."""

PLAIN_LINE_SECONDS = 5.0


class Mistake(click.ClickException):
    """Ends a command with one sentence and no traceback."""

    exit_code = MISTAKE


def load_settings(**overrides: Any) -> Settings:
    """Return the settings. Raises Mistake with a sentence for each wrong variable."""
    try:
        return configuration.load(**overrides)
    except SettingsMistake as mistake:
        raise Mistake("\n       ".join(mistake.sentences)) from None


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Yield a database that answers and has the tables of this version. Raises Mistake."""
    check_file(settings, must_exist=True)
    pool_size = settings.database_connections
    async with Database(settings.database_url, pool_size=pool_size) as database:
        with reaching(settings):
            applied = await state.applied(database.engine)
        if applied != state.expected():
            problem = f"is at revision {applied}, not {state.expected()}"
            raise Mistake(
                f"The database {settings.shown_database_url} "
                f"{problem if applied else 'has no tables yet'}: run `partnergraph migrate`."
            )
        try:
            yield database
        except OperationalError as error:
            # Locked, read-only, full or removed: a traceback would not explain it.
            raise Mistake(
                f"The database {settings.shown_database_url} failed: {_reason(error)}."
            ) from None


@contextmanager
def reaching(settings: Settings) -> Iterator[None]:
    """Turn a driver's connection errors into a Mistake."""
    try:
        yield
    except (OSError, DBAPIError) as error:
        raise Mistake(
            f"The database {settings.shown_database_url} cannot be reached: {_reason(error)}."
        ) from None


@contextmanager
def stopped_by(settings: Settings) -> Iterator[None]:
    """Turns an error that the database is at fault for into a Mistake, for work in transactions
    that can be run again."""
    try:
        yield
    except Exception as error:
        if faults.classify(error) is not faults.Fault.DATABASE:
            raise
        raise Mistake(
            f"The database {settings.shown_database_url} is unavailable: {_reason(error)}. "
            "Nothing is lost, and what was done before stays: run the command again."
        ) from None


def check_file(settings: Settings, *, must_exist: bool) -> None:
    """Raise Mistake if the file of a SQLite database cannot be opened. Ignores PostgreSQL.

    Uses the synchronous driver: the one for asyncio reports such a file from a thread, possibly
    after the event loop has ended.
    """
    file = settings.sqlite_file
    if file is None:
        return
    if must_exist and not file.exists():
        raise Mistake(f"The database {file} does not exist yet: run `partnergraph migrate`.")
    try:
        connection = sqlite3.connect(file)
        try:
            connection.execute("PRAGMA schema_version")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise Mistake(f"The database {file} cannot be opened: {error}.") from None


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """Show progress on stderr: a bar on a terminal, else a line every few seconds."""
    if not sys.stderr.isatty():
        yield _plain(label)
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield show


def _plain(label: str) -> Progress:
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done >= total or now - last >= PLAIN_LINE_SECONDS:
            last = now
            click.echo(f"{label}: {done:,} of {total:,}", err=True)

    return show


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def _reason(error: Exception) -> str:
    """Return the driver's own message, in one line."""
    cause = getattr(error, "orig", None) or error
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return lines[0].rpartition(">: ")[2].rstrip(".")
