"""Idempotency keys: a request that is sent twice is carried out once.

The key is added first, in the transaction of the change. If that transaction fails, the key was
never used, so no key is left "in progress". A second request with the key waits for the first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, tuple_
from sqlalchemy.exc import IntegrityError

from db.models import IdempotencyKey
from db.session import ReadSession, WriteSession
from ordering.problems import Path, Problems

KEPT = timedelta(days=30)
"""How long a key is remembered."""
LONGEST_KEY = 100
_DELETED_AT_ONCE = 10
"""Each new key deletes so many expired ones, so that the table stays in bounds without a job."""


class KeyTakenError(Exception):
    """Another transaction has used the key. The transaction has to be rolled back."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A key, whose it is, and the request that it stands for."""

    account_id: UUID
    root_tenant_id: int
    tenant_id: int
    """The tenant that the account acts for."""
    key: str
    request_hash: str


def check(problems: Problems, path: Path, key: str) -> None:
    """Add a problem unless the key is 1 to 100 printable ASCII characters."""
    if not 0 < len(key) <= LONGEST_KEY:
        message = f"`{path[-1]}` must have 1 to {LONGEST_KEY} characters."
        problems.invalid(path, "NOT_EMPTY" if not key else "MAX_LENGTH", message)
    if not (key.isascii() and key.isprintable()):
        message = f"`{path[-1]}` must consist of printable ASCII characters."
        problems.invalid(path, "PRINTABLE_ASCII", message)


async def claim(session: WriteSession, request: RequestKey, now: datetime) -> IdempotencyKey:
    """Add the key, as the first change of a transaction. The caller sets the row's object.

    Waits for a concurrent transaction that has added it. Raises KeyTakenError if that one commits,
    or if the key has been used before.
    """
    await _delete_some_expired(session, now)
    row = IdempotencyKey(
        account_id=request.account_id,
        root_tenant_id=request.root_tenant_id,
        tenant_id=request.tenant_id,
        key=request.key,
        request_hash=request.request_hash,
        created_at=now,
    )
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise KeyTakenError from error
    return row


async def find(session: ReadSession, request: RequestKey) -> IdempotencyKey | None:
    """The key as it was used before, by this or another request."""
    return await session.scalar(select(IdempotencyKey).where(*_is(request)))


def has_expired(row: IdempotencyKey, now: datetime) -> bool:
    return row.created_at < now - KEPT


async def forget_expired(session: WriteSession, request: RequestKey, now: datetime) -> None:
    """Delete the key if it has expired."""
    expired = IdempotencyKey.created_at < now - KEPT
    await session.execute(delete(IdempotencyKey).where(*_is(request), expired))


async def _delete_some_expired(session: WriteSession, now: datetime) -> None:
    # Rows that another transaction deletes are skipped, so that writers do not wait for each other.
    key = IdempotencyKey.account_id, IdempotencyKey.key, IdempotencyKey.tenant_id
    expired = await session.rows(
        select(*key)
        .where(IdempotencyKey.created_at < now - KEPT)
        .order_by(IdempotencyKey.created_at)
        .limit(_DELETED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    if expired:
        keys = [tuple(row) for row in expired]
        await session.execute(delete(IdempotencyKey).where(tuple_(*key).in_(keys)))


def _is(request: RequestKey) -> tuple[ColumnElement[bool], ...]:
    return (
        IdempotencyKey.account_id == request.account_id,
        IdempotencyKey.key == request.key,
        IdempotencyKey.tenant_id == request.tenant_id,
    )
