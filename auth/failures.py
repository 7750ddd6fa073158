"""Sign-ins that failed, in the audit log: a few entries, however many attempts there are.

Of each credential and reason there is one entry a minute at most, and the entries of a credential
that nobody knows are one more. What comes in between is counted in the next entry, or in a last one
when the server stops.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog

from auth import audit
from auth.clients import BEFORE_ANYBODY_IS_KNOWN, Client
from auth.clock import Clock
from db.enums import AuditAction
from db.session import Database

EVERY_SECONDS = 60.0

_log = structlog.get_logger("auth")


class Reason(StrEnum):
    UNKNOWN = "unknown"
    """There is no such credential."""
    NOT_PROVED = "not proved"
    """There is, but whoever came has not its secret."""
    REVOKED = "revoked"
    EXPIRED = "expired"
    INVALID_JWT = "invalid JWT"
    """A JWT that cannot be believed, or not any more."""
    ANOTHER_ORIGIN = "another origin"
    """A widget session in a page that it is not for."""


@dataclass(slots=True)
class _Counted:
    client: Client | None
    written_at: float | None = None
    attempts: int = 0
    """Since then."""


class FailedSignIns:
    """Counts attempts and writes them down beside the requests. One for each process."""

    def __init__(
        self, database: Database, clock: Clock, request_id: Callable[[], str | None] = lambda: None
    ) -> None:
        self._database = database
        self._clock = clock
        self._request_id = request_id
        # By credentials that exist, so no larger than their tables.
        self._counted: dict[tuple[str | None, Reason], _Counted] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def note(
        self, reason: Reason, credential: str | None = None, client: Client | None = None
    ) -> None:
        """One more attempt; `credential` is the public part of one that exists."""
        key = credential, reason
        counted = self._counted.setdefault(key, _Counted(client))
        counted.client = client
        counted.attempts += 1
        now = self._clock.monotonic()
        if counted.written_at is None or now - counted.written_at >= EVERY_SECONDS:
            counted.written_at = now
            self._write(key, counted)

    async def close(self) -> None:
        """Write what was counted and wait for what is being written."""
        for key, counted in self._counted.items():
            if counted.attempts:
                self._write(key, counted)
        await asyncio.gather(*self._writing)

    def _write(self, key: tuple[str | None, Reason], counted: _Counted) -> None:
        attempts, counted.attempts = counted.attempts, 0
        task = asyncio.create_task(self._record(*key, counted.client, attempts, self._clock.now()))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _record(
        self,
        credential: str | None,
        reason: Reason,
        client: Client | None,
        attempts: int,
        at: datetime,
    ) -> None:
        try:
            async with self._database.write(BEFORE_ANYBODY_IS_KNOWN) as session:
                await audit.record(
                    session,
                    AuditAction.SIGN_IN_FAILED,
                    by=audit.UNKNOWN,
                    at=at,
                    subject=credential,
                    tenant_id=None if client is None else client.tenant_id,
                    request_id=self._request_id(),
                    reason=reason.value,
                    attempts=attempts,
                )
        except Exception:
            # Refused they were all the same; nobody waits for this task.
            _log.exception("failed sign-ins were not recorded", credential=credential)
