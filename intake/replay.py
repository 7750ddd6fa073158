"""Another attempt at messages that were put aside, after the program was mended."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from db.models import IntakeFailure
from db.scope.tenant_scope import TenantScope
from db.session import Database
from intake.batch import Result
from intake.entries import Entry
from intake.failures import forget, scope_of
from intake.loading import load
from intake.messages import read_message
from intake.reader import parse


async def list_failures(database: Database) -> list[IntakeFailure]:
    """All messages that the program failed at and that were not taken in since; oldest first."""
    statement = select(IntakeFailure).order_by(
        IntakeFailure.first_failed_at, IntakeFailure.digest, IntakeFailure.tenant_number
    )
    async with database.read(TenantScope.carrier()) as session:
        return list(await session.entities(statement))


async def replay(database: Database, failure: IntakeFailure, *, now: datetime) -> Result:
    """Load the message as its sender would. It is removed from the failures if it is taken in.

    It keeps the time at which it came: what it reports as the present is that of its arrival.
    Raises `InvalidError` if this version of the program does not accept the message at all, and
    what `load` raises.
    """
    message = read_message(parse(failure.payload.encode()), "$", failure.first_failed_at)
    header = replace(message.header, at=message.at or failure.first_failed_at)
    message = replace(message, header=header)
    loaded = await load(
        database,
        [Entry(header, lambda: message)],
        tenant=failure.tenant_number or None,
        scope=scope_of(failure),
        now=lambda: now,
        replay=True,
    )
    [result] = loaded.results
    return result


async def discard(database: Database, failure: IntakeFailure) -> None:
    """Remove the message for good. A further copy is tried like a new message."""
    await forget(database, [failure.digest], failure.tenant_number)
