"""From an `Authorization` header to a principal, on every request: in memory wherever it can be.

What the database said of a key, or of a token's client, is believed for a second, so a revoked one
is refused by every worker within that time, and a busy client costs one statement a second.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import or_, update

from auth import keys
from auth.clock import Clock
from auth.failures import FailedSignIns, Reason
from auth.jwt import InvalidTokenError, issuer_of
from auth.login_throttle import LoginThrottle
from auth.principal import Principal
from auth.ttl_cache import TTLCache
from db.models import ApiKey
from db.scope.tenant_scope import TenantScope
from db.session import Database

LAST_USE_SECONDS = 60.0
_CACHED_KEYS = 10_000
_CACHED_REFUSALS = 1_000

_BEARER = re.compile(r"Bearer +([!-~]+) *", re.IGNORECASE)
_log = structlog.get_logger("auth")


class UnauthenticatedError(Exception):
    """Nobody who may ask. The message is for the client; it says nothing that only a holder of
    the right secret may know."""

    def __init__(self, message: str, *, presented: bool = True) -> None:
        super().__init__(message)
        self.presented = presented
        """Whether there was a credential to refuse."""

    @property
    def challenge(self) -> str:
        """What `WWW-Authenticate` says: RFC 6750, 3."""
        if not self.presented:
            return "Bearer"
        return f'Bearer error="invalid_token", error_description="{self}"'


class Tokens(Protocol):
    """Believes the tokens of one issuer."""

    async def principal(self, token: str) -> Principal:
        """Who the bearer of the token is; raises InvalidTokenError."""
        ...


class Bearers:
    """Answers who a bearer is. One for each process; `close` it before its database."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tokens: Mapping[str, Tokens] | None = None,
        attempts: LoginThrottle | None = None,
        failures: FailedSignIns | None = None,
    ) -> None:
        """`tokens` are those that are believed beside keys, by their issuer. Without `attempts`
        wrong keys are not counted."""
        self._database = database
        self._failures = failures or FailedSignIns(database, clock)
        self._tokens = dict(tokens or {})
        self._attempts = attempts
        self._now = clock.now
        self._found: TTLCache[bytes, keys.FoundKey] = TTLCache(_CACHED_KEYS, clock.monotonic)
        self._looking_up: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        # Apart from the others, so that a flood of wrong keys drives no right one out.
        self._refused: TTLCache[bytes, keys.WrongKey] = TTLCache(_CACHED_REFUSALS, clock.monotonic)
        self._last_uses = _LastUses(database, clock.monotonic)

    async def principal(self, authorization: str | None, origin: str | None = None) -> Principal:
        """The principal of an `Authorization` header; raises UnauthenticatedError, or
        TooManyAttemptsError.

        `origin` is the header `Origin`, for where pages may ask: who is bound to one is nobody
        without it.
        """
        principal = await self._principal(authorization)
        if principal.origin is not None and principal.origin != origin:
            self._failures.note(Reason.ANOTHER_ORIGIN)
            raise UnauthenticatedError("The access token is for the pages of another origin.")
        return principal

    async def _principal(self, authorization: str | None) -> Principal:
        if authorization is None:
            raise UnauthenticatedError(
                "An API key is needed, or an access token: send it as `Authorization: Bearer …`.",
                presented=False,
            )
        bearer = _BEARER.fullmatch(authorization)
        if bearer is None:
            raise UnauthenticatedError(
                "The Authorization header must read `Bearer`, a space, and an API key or an access "
                "token.",
                presented=False,
            )
        text = bearer[1]
        # A key has no dots, a JWT has two.
        if self._tokens and text.count(".") == 2:
            return await self._of_token(text)
        return await self._of_key(text)

    async def close(self) -> None:
        """Wait for what is still being written."""
        await self._last_uses.close()
        await self._failures.close()

    async def _of_token(self, text: str) -> Principal:
        tokens = self._tokens.get(issuer_of(text) or "")
        try:
            if tokens is None:
                raise InvalidTokenError("is no JWT, or of another issuer")
            return await tokens.principal(text)
        except InvalidTokenError as error:
            self._failures.note(Reason.INVALID_JWT)
            raise UnauthenticatedError(f"The access token {error}.") from None

    async def _of_key(self, text: str) -> Principal:
        key = await self._key(text)
        now = self._now()
        if key.revoked_at is not None:
            self._failures.note(Reason.REVOKED, key.principal.token_id, key.client)
            raise UnauthenticatedError("The API key has been revoked.")
        if key.expires_at is not None and key.expires_at <= now:
            self._failures.note(Reason.EXPIRED, key.principal.token_id, key.client)
            raise UnauthenticatedError("The API key has expired.")
        self._last_uses.record(key.id, now)
        return key.principal

    async def _key(self, text: str) -> keys.FoundKey:
        # Memory holds a digest instead of the key itself.
        digest = hashlib.sha256(text.encode()).digest()
        key = self._remembered(digest)
        if key is None:
            # Requests that come together look it up once.
            async with self._looking_up.setdefault(digest, asyncio.Lock()):
                key = self._remembered(digest) or await self._look_up(text, digest)
        if isinstance(key, keys.WrongKey):
            reason = Reason.UNKNOWN if key.prefix is None else Reason.NOT_PROVED
            self._failures.note(reason, key.prefix, key.client)
            if self._attempts is not None:
                await self._attempts.wrong(text, text[: keys.PREFIX_LENGTH])
            raise UnauthenticatedError("The API key is not valid.")
        return key

    def _remembered(self, digest: bytes) -> keys.FoundKey | keys.WrongKey | None:
        return self._found.get(digest) or self._refused.get(digest)

    async def _look_up(self, text: str, digest: bytes) -> keys.FoundKey | keys.WrongKey:
        if self._attempts is not None:
            self._attempts.check(text)
        key = await keys.look_up(self._database, text)
        if isinstance(key, keys.FoundKey):
            self._found.put(digest, key)
            if self._attempts is not None:
                self._attempts.right(text)
        else:
            self._refused.put(digest, key)
        return key


class _LastUses:
    """Writes down when keys were last used: beside the requests, once a minute for each key."""

    def __init__(self, database: Database, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._monotonic = monotonic
        # One entry for each key that was right, so no larger than the table of keys.
        self._recorded: dict[UUID, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def record(self, key_id: UUID, used_at: datetime) -> None:
        now = self._monotonic()
        recorded = self._recorded.get(key_id)
        if recorded is not None and now - recorded < LAST_USE_SECONDS:
            return
        self._recorded[key_id] = now
        task = asyncio.create_task(self._write(key_id, used_at))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def close(self) -> None:
        await asyncio.gather(*self._writing)

    async def _write(self, key_id: UUID, used_at: datetime) -> None:
        # Other workers may have written it in this minute.
        outdated = or_(
            ApiKey.last_used_at.is_(None),
            ApiKey.last_used_at <= used_at - timedelta(seconds=LAST_USE_SECONDS),
        )
        statement = update(ApiKey).where(ApiKey.id == key_id, outdated)
        try:
            async with self._database.write(TenantScope.carrier()) as session:
                await session.execute(statement.values(last_used_at=used_at))
        except Exception:
            # Nobody waits for this task. The next use after a minute tries again.
            _log.exception("the last use of a key was not recorded", key_id=str(key_id))
