"""Failed sign-ins in the audit log: a bounded number of entries, however many attempts there are.

Each credential and reason has at most one entry a minute; attempts with unknown credentials share
one. Further attempts are counted and recorded with the next entry, or when the server stops.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog

from auth import audit
from auth.clock import Clock
from auth.credentials import Credential
from auth.tenant_scope import SYSTEM_SCOPE
from db.enums import AuditAction
from db.session import Database

EVERY_SECONDS = 60.0

_log = structlog.get_logger("auth")


class Reason(StrEnum):
    UNKNOWN = "unknown"
    """No such credential exists."""
    NOT_PROVED = "not proved"
    """The credential exists; its secret or signature was wrong."""
    REVOKED = "revoked"
    EXPIRED = "expired"
    INVALID_JWT = "invalid JWT"
    ANOTHER_ORIGIN = "another origin"
    """A widget session was used from a page of another origin."""


@dataclass(slots=True)
class _Counted:
    tenant_id: int | None
    written_at: float | None = None
    attempts: int = 0
    """Since `written_at`."""


class FailedSignIns:
    """Counts failed sign-ins and records them in the background. One per process; `close` it
    before its database."""

    def __init__(
        self, database: Database, clock: Clock, request_id: Callable[[], str | None] = lambda: None
    ) -> None:
        self._database = database
        self._clock = clock
        self._request_id = request_id
        # By credentials that exist, so no larger than their table.
        self._counted: dict[tuple[str | None, Reason], _Counted] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, reason: Reason, credential: Credential | None = None) -> None:
        """Count an attempt; `credential` is the one that it named, if that exists."""
        key = (None if credential is None else credential.identifier), reason
        tenant_id = None if credential is None else credential.client.tenant_id
        counted = self._counted.setdefault(key, _Counted(tenant_id))
        counted.attempts += 1
        now = self._clock.monotonic()
        if counted.written_at is None or now - counted.written_at >= EVERY_SECONDS:
            counted.written_at = now
            self._write(key, counted)

    async def close(self) -> None:
        """Record what was counted, and wait until it is written."""
        for key, counted in self._counted.items():
            if counted.attempts:
                self._write(key, counted)
        await asyncio.gather(*self._writing)

    def _write(self, key: tuple[str | None, Reason], counted: _Counted) -> None:
        attempts, counted.attempts = counted.attempts, 0
        task = asyncio.create_task(
            self._record(*key, counted.tenant_id, attempts, self._clock.now())
        )
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _record(
        self,
        credential: str | None,
        reason: Reason,
        tenant_id: int | None,
        attempts: int,
        at: datetime,
    ) -> None:
        try:
            async with self._database.write(SYSTEM_SCOPE) as session:
                await audit.record(
                    session,
                    AuditAction.SIGN_IN_FAILED,
                    by=audit.UNKNOWN,
                    at=at,
                    subject=credential,
                    tenant_id=tenant_id,
                    request_id=self._request_id(),
                    reason=reason.value,
                    attempts=attempts,
                )
        except Exception:
            # No request awaits this task; the attempts were refused all the same.
            _log.exception("failed sign-ins were not recorded", credential=credential)
