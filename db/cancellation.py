"""A statement whose operation was cancelled does not run on in the database.

asyncpg cancels what it waits for by itself. SQLite works in a thread of its driver, which runs on
until it is interrupted, and closing the connection would wait for it.
"""

import asyncio

from sqlalchemy import Engine, ExceptionContext, event
from sqlalchemy.util import await_only


def interrupt_when_cancelled(engine: Engine) -> None:
    """Interrupt the statements of an engine whose waiting task is cancelled."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "handle_error", _interrupt)


def _interrupt(context: ExceptionContext) -> None:
    cancelled = isinstance(context.original_exception, asyncio.CancelledError)
    if cancelled and context.connection is not None:
        driver = context.connection.connection.driver_connection
        if driver is not None:
            await_only(driver.interrupt())
