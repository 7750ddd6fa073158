"""Messages that the program failed to take in: counted, and put aside after three attempts.

A message is identified by its digest and by the tenant that its sender named. Attempts are counted
in a transaction of their own, since the failed one is rolled back. From the third attempt on the
message is kept here until an operator replays or discards it (`partnergraph intake-failures`);
further copies are not tried, so that one bad message cannot fail every request that carries it.
"""

import traceback
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from db.expressions import any_of
from db.faults import is_contention
from db.models import IntakeFailure
from db.scope.tenant_scope import TenantScope
from db.session import Database
from intake.messages import Message
from intake.reader import written

MAX_ATTEMPTS = 3
"""Failed attempts after which a message is put aside."""

_TRANSACTIONS = 3
"""How often counting is tried when a concurrent transaction counts the same messages."""


def short(digest: str) -> str:
    """The start of a digest, enough to name a failure."""
    return digest[:12]


async def failures(
    database: Database, digests: Collection[str], tenant: str | None
) -> dict[str, IntakeFailure]:
    """The failures of messages with these digests, sent for this tenant, by digest."""
    statement = select(IntakeFailure).where(IntakeFailure.tenant_number == (tenant or ""))
    statement = statement.where(any_of(IntakeFailure.digest, sorted(digests)))
    async with database.read(TenantScope.carrier()) as session:
        return {row.digest: row for row in await session.entities(statement)}


async def forget(database: Database, digests: Collection[str], tenant: str | None) -> None:
    """Remove failures: of messages that were taken in after all, or that an operator discards.

    A message is taken in by an earlier transaction, which may be a tenant's: only the carrier sees
    failures. If this one is lost, the next copy of the message is a duplicate, and removes the
    failure.
    """
    async with database.write(TenantScope.carrier()) as session:
        await session.execute(
            delete(IntakeFailure).where(
                IntakeFailure.digest.in_(digests), IntakeFailure.tenant_number == (tenant or "")
            )
        )


async def record(
    database: Database,
    failed: Sequence[tuple[Message, Exception]],
    *,
    tenant: str | None,
    scope: TenantScope,
    now: datetime,
) -> dict[str, int]:
    """Count one more failed attempt of each message; the attempts so far, by digest.

    Copies of one message count once. Commits in a transaction of its own.
    """
    by_digest = {message.digest: (message, error) for message, error in failed}
    for _ in range(_TRANSACTIONS - 1):
        try:
            return await _recorded(database, by_digest, tenant, scope, now)
        except DBAPIError as error:
            # A concurrent request adds the same row, or holds it.
            if not is_contention(error) and not isinstance(error, IntegrityError):
                raise
    return await _recorded(database, by_digest, tenant, scope, now)


async def _recorded(
    database: Database,
    failed: Mapping[str, tuple[Message, Exception]],
    tenant: str | None,
    scope: TenantScope,
    now: datetime,
) -> dict[str, int]:
    locked = (
        select(IntakeFailure)
        .where(IntakeFailure.digest.in_(failed), IntakeFailure.tenant_number == (tenant or ""))
        .order_by(IntakeFailure.digest)
        .with_for_update()
    )
    attempts: dict[str, int] = {}
    async with database.write(TenantScope.carrier()) as session:
        rows = {row.digest: row for row in await session.entities(locked)}
        for digest, (message, error) in failed.items():
            row = rows.get(digest)
            if row is None:
                row = _first_failure(message, tenant, scope, now)
                session.add(row)
            row.attempts += 1
            row.last_failed_at = now
            row.error = _error_text(error)
            if row.attempts >= MAX_ATTEMPTS and row.put_aside_at is None:
                row.put_aside_at = now
            attempts[digest] = row.attempts
    return attempts


def _first_failure(
    message: Message, tenant: str | None, scope: TenantScope, now: datetime
) -> IntakeFailure:
    sender_scope = None
    if scope.root_tenant_id is not None:
        sender_scope = {"rootTenantId": scope.root_tenant_id, "tenantIds": scope.tenant_ids}
    return IntakeFailure(
        digest=message.digest,
        tenant_number=tenant or "",
        sender_scope=sender_scope,
        order_number=message.number,
        kind=message.type,
        event_id=message.event_id,
        payload=written(message.value),
        attempts=0,
        first_failed_at=now,
    )


def scope_of(failure: IntakeFailure) -> TenantScope:
    """The scope of the sender of the message."""
    if failure.sender_scope is None:
        return TenantScope.carrier()
    tenant_ids = failure.sender_scope["tenantIds"]
    return TenantScope(
        failure.sender_scope["rootTenantId"], None if tenant_ids is None else tuple(tenant_ids)
    )


def _error_text(error: Exception) -> str:
    """The traceback, as text that any database can store."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, StatementError):
            # Values belong into the payload alone.
            cause.hide_parameters = True
        cause = cause.__cause__ or cause.__context__
    text = "".join(traceback.format_exception(error)).replace("\0", "\\0")
    return text.encode("utf-8", "backslashreplace").decode()
