"""The keys that access tokens are signed with: made at first need, rotated by command.

All of them lie in the database, which every worker reads again after a second. When a key begins
to sign, and until when its tokens are believed, follows from the keys' own times: no worker has to
be told, and none has to do anything at the right moment.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from joserfc.jwk import ECKey
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from auth import audit
from auth.clock import Clock
from auth.key_encryption import KeyEncryption, SealedError
from auth.ttl_cache import BELIEVED_SECONDS, TTLCache
from db.enums import AuditAction
from db.models import SigningKey
from db.scope.tenant_scope import TenantScope
from db.session import Database, WriteSession

ALGORITHM = "ES256"
LONGEST_TOKEN = timedelta(minutes=15)
LEEWAY = timedelta(seconds=10)
"""How far the clocks of workers may be apart."""
PUBLISHED_AHEAD = timedelta(minutes=5)
"""How long a key is published before it signs: whoever keeps our keys asks again meanwhile."""

_BEFORE_ANYBODY_IS_KNOWN = TenantScope.carrier()
_log = structlog.get_logger("auth")


class KeyPendingError(Exception):
    """There is a next key already; it has not begun to sign."""


class KeysChangedError(Exception):
    """Somebody else changed the keys at the same moment; nothing was done."""


class NoSigningKeyError(Exception):
    """None of the keys there are can be opened by this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as it is at some moment."""

    kid: str
    public_key: dict[str, Any]
    sealed: str = field(repr=False)
    created_at: datetime
    signs_from: datetime
    signs_until: datetime | None
    """When the next key takes over."""
    withdrawn_at: datetime | None

    def trusted(self, now: datetime) -> bool:
        """Whether a token that it signed may still be good."""
        if self.withdrawn_at is not None:
            return False
        return self.signs_until is None or now < self.signs_until + LONGEST_TOKEN + LEEWAY


class SigningKeys:
    """What one process knows of the keys, a second old at most."""

    def __init__(self, database: Database, clock: Clock, sealing: KeyEncryption) -> None:
        self._database = database
        self._clock = clock
        self._sealing = sealing
        self._recent: TTLCache[None, Sequence[Key]] = TTLCache(1, clock.monotonic)
        self._loading = asyncio.Lock()
        self._looked_again_at: float | None = None
        self._opened: dict[str, ECKey] = {}

    async def signer(self) -> tuple[str, ECKey]:
        """The id and the private key to sign with; raises NoSigningKeyError."""
        now = self._clock.now()
        keys = [key for key in await self._needed() if key.trusted(now)]
        begun = [key for key in keys if key.signs_from <= now]
        # While the secret of the settings changes, some processes can open the former key alone,
        # others the next one alone. Everybody knows both.
        for key in [*reversed(begun), *(key for key in keys if key.signs_from > now)]:
            try:
                return key.kid, self._open(key)
            except SealedError:
                _log.warning("a signing key cannot be opened with this secret", kid=key.kid)
        raise NoSigningKeyError

    async def verifier(self, kid: str) -> ECKey | None:
        """The public key of that id, while its tokens are believed."""
        key = await self._trusted(kid)
        return None if key is None else ECKey.import_key(key.public_key)

    async def trusts(self, kid: str) -> bool:
        """Whether the tokens of that key are believed."""
        return await self._trusted(kid) is not None

    async def published(self) -> list[dict[str, Any]]:
        """The public keys as JWKs: those that sign, that will, and that lately did."""
        now = self._clock.now()
        return [key.public_key for key in await self._needed() if key.trusted(now)]

    async def _trusted(self, kid: str) -> Key | None:
        keys = await self._known()
        if all(key.kid != kid for key in keys) and self._may_look_again():
            # Made by another worker in this very second.
            keys = await self._load()
        now = self._clock.now()
        return next((key for key in keys if key.kid == kid and key.trusted(now)), None)

    def _open(self, key: Key) -> ECKey:
        if key.kid not in self._opened:
            jwk = json.loads(self._sealing.open(key.kid, key.sealed))
            self._opened = {key.kid: ECKey.import_key(jwk)}
        return self._opened[key.kid]

    def _may_look_again(self) -> bool:
        """At most once a second, since anybody can make up the ids of keys."""
        now = self._clock.monotonic()
        last = self._looked_again_at
        if last is not None and now - last < BELIEVED_SECONDS:
            return False
        self._looked_again_at = now
        return True

    async def _needed(self) -> Sequence[Key]:
        """The keys, of which there is at least one."""
        keys = await self._known()
        if all(key.withdrawn_at is not None for key in keys):
            await make_first(self._database, self._sealing, now=self._clock.now())
            keys = await self._load()
        return keys

    async def _known(self) -> Sequence[Key]:
        async with self._loading:
            keys = self._recent.get(None)
            return await self._load() if keys is None else keys

    async def _load(self) -> Sequence[Key]:
        keys = await list_keys(self._database)
        self._recent.put(None, keys)
        return keys


async def list_keys(database: Database) -> Sequence[Key]:
    """All keys, oldest first."""
    statement = select(SigningKey).order_by(SigningKey.sequence)
    async with database.read(_BEFORE_ANYBODY_IS_KNOWN) as session:
        return _chained(await session.entities(statement))


async def make_first(database: Database, sealing: KeyEncryption, *, now: datetime) -> None:
    """Make a key that signs at once, unless there is one; of two workers that try, one does."""
    try:
        async with database.write(_BEFORE_ANYBODY_IS_KNOWN) as session:
            rows = await session.entities(select(SigningKey).order_by(SigningKey.sequence))
            if all(row.withdrawn_at is not None for row in rows):
                key = _add(session, rows, sealing, created_at=now, signs_from=now)
                await _record_new(session, key, by=audit.SERVER, at=now)
    except IntegrityError:
        return


async def rotate(database: Database, sealing: KeyEncryption, *, now: datetime) -> Key:
    """Publish the next key, which signs after `PUBLISHED_AHEAD`; raises KeyPendingError.

    Keys whose tokens have all expired are deleted.
    """
    async with _changing(database) as (session, rows):
        if any(row.signs_from > now and row.withdrawn_at is None for row in rows):
            raise KeyPendingError
        spent = [key.kid for key in _chained(rows) if not key.trusted(now)]
        await session.execute(delete(SigningKey).where(SigningKey.kid.in_(spent)))
        signs_from = now + PUBLISHED_AHEAD if len(spent) < len(rows) else now
        key = _add(session, rows, sealing, created_at=now, signs_from=signs_from)
        await _record_new(session, key, by=audit.OPERATOR, at=now)
        return key


async def replace_all(database: Database, sealing: KeyEncryption, *, now: datetime) -> Key:
    """Withdraw every key and make one that signs at once: tokens issued so far are refused."""
    async with _changing(database) as (session, rows):
        withdrawn = [row for row in rows if row.withdrawn_at is None]
        for row in withdrawn:
            row.withdrawn_at = now
        key = _add(session, rows, sealing, created_at=now, signs_from=now)
        await audit.record(
            session,
            AuditAction.SIGNING_KEYS_WITHDRAWN,
            by=audit.OPERATOR,
            at=now,
            keys=[row.kid for row in withdrawn],
        )
        await _record_new(session, key, by=audit.OPERATOR, at=now)
        return key


async def _record_new(session: WriteSession, key: Key, *, by: audit.Actor, at: datetime) -> None:
    await audit.record(session, AuditAction.SIGNING_KEY_CREATED, by=by, at=at, subject=key.kid)


@asynccontextmanager
async def _changing(
    database: Database,
) -> AsyncIterator[tuple[WriteSession, Sequence[SigningKey]]]:
    """The keys in a transaction that changes them."""
    try:
        async with database.write(_BEFORE_ANYBODY_IS_KNOWN) as session:
            statement = select(SigningKey).order_by(SigningKey.sequence).with_for_update()
            yield session, await session.entities(statement)
    except IntegrityError:
        raise KeysChangedError from None


def _chained(rows: Sequence[SigningKey]) -> list[Key]:
    """Each key with the time at which the next one that was not withdrawn takes over."""
    keys: list[Key] = []
    signs_until: datetime | None = None
    for row in reversed(rows):
        keys.append(
            Key(
                kid=row.kid,
                public_key=row.public_key,
                sealed=row.private_key,
                created_at=row.created_at,
                signs_from=row.signs_from,
                signs_until=signs_until,
                withdrawn_at=row.withdrawn_at,
            )
        )
        if row.withdrawn_at is None:
            signs_until = row.signs_from
    return keys[::-1]


def _add(
    session: WriteSession,
    rows: Sequence[SigningKey],
    sealing: KeyEncryption,
    *,
    created_at: datetime,
    signs_from: datetime,
) -> Key:
    jwk = ECKey.generate_key("P-256")
    kid = jwk.thumbprint()
    row = SigningKey(
        sequence=rows[-1].sequence + 1 if rows else 1,
        kid=kid,
        public_key=jwk.as_dict(private=False, kid=kid, use="sig", alg=ALGORITHM),
        private_key=sealing.seal(kid, json.dumps(jwk.as_dict(private=True)).encode()),
        created_at=created_at,
        signs_from=signs_from,
    )
    session.add(row)
    [key] = _chained([row])
    return key
