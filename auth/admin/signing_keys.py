"""Rotates and withdraws the keys that sign tokens."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from auth import audit
from auth.admin import AdminError
from auth.key_encryption import KeyEncryption
from auth.signing_keys import Key, add, timeline
from auth.tenant_scope import SYSTEM_SCOPE
from db.enums import AuditAction
from db.models import SigningKey
from db.session import Database, WriteSession

PUBLISHED_AHEAD = timedelta(minutes=5)
"""How long a key is published before it signs, so that caches of verifiers hold it."""


class KeyPendingError(AdminError):
    """The next key is published already, and has not begun to sign."""


class KeysChangedError(AdminError):
    """The keys were changed concurrently; nothing was done."""


async def rotate(database: Database, encryption: KeyEncryption, *, now: datetime) -> Key:
    """Publish the next key, which signs after `PUBLISHED_AHEAD`. Raises KeyPendingError.

    Keys whose tokens have all expired are deleted.
    """
    async with _changing(database) as (session, rows):
        if any(row.signs_from > now and row.withdrawn_at is None for row in rows):
            raise KeyPendingError(
                "The next key is already published and has not begun to sign: "
                "`partnergraph signing-key list` shows when it does."
            )
        expired = [key.kid for key in timeline(rows) if not key.trusted(now)]
        await session.execute(delete(SigningKey).where(SigningKey.kid.in_(expired)))
        signs_from = now + PUBLISHED_AHEAD if len(expired) < len(rows) else now
        return await add(
            session, rows, encryption, by=audit.OPERATOR, now=now, signs_from=signs_from
        )


async def replace_all(database: Database, encryption: KeyEncryption, *, now: datetime) -> Key:
    """Withdraw every key and create one that signs at once: earlier tokens become invalid."""
    async with _changing(database) as (session, rows):
        withdrawn = [row for row in rows if row.withdrawn_at is None]
        for row in withdrawn:
            row.withdrawn_at = now
        await audit.record(
            session,
            AuditAction.SIGNING_KEYS_WITHDRAWN,
            by=audit.OPERATOR,
            at=now,
            keys=[row.kid for row in withdrawn],
        )
        return await add(session, rows, encryption, by=audit.OPERATOR, now=now, signs_from=now)


@asynccontextmanager
async def _changing(database: Database) -> AsyncIterator[tuple[WriteSession, Sequence[SigningKey]]]:
    """The locked keys, in a transaction that changes them. Raises KeysChangedError."""
    try:
        async with database.write(SYSTEM_SCOPE) as session:
            statement = select(SigningKey).order_by(SigningKey.sequence).with_for_update()
            yield session, await session.entities(statement)
    except IntegrityError:
        raise KeysChangedError(
            "The keys were changed at the same moment by another command: run it again."
        ) from None
