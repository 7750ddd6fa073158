"""The keys that sign tokens: created when first needed, rotated by command (`auth.admin`).

They are stored in the database, which every worker reads again after a second. When a key begins to
sign, and until when its tokens are valid, follows from the keys' stored times: workers need no
notification and have nothing to do at a given moment.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from joserfc.jwk import ECKey
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from auth import audit
from auth.clock import Clock
from auth.key_encryption import DecryptionError, KeyEncryption
from auth.tenant_scope import SYSTEM_SCOPE
from auth.ttl_cache import TTL_SECONDS, TTLCache
from db.enums import AuditAction
from db.models import SigningKey
from db.session import Database, WriteSession

ALGORITHM = "ES256"
LONGEST_TOKEN = timedelta(minutes=15)
LEEWAY = timedelta(seconds=10)
"""How far the clocks of workers may differ."""

_log = structlog.get_logger("auth")


class NoSigningKeyError(Exception):
    """This process can decrypt none of the signing keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A signing key and its times."""

    kid: str
    public_key: dict[str, Any]
    encrypted: str = field(repr=False)
    created_at: datetime
    signs_from: datetime
    signs_until: datetime | None
    """When the next key takes over."""
    withdrawn_at: datetime | None

    def trusted(self, now: datetime) -> bool:
        """Whether tokens that it signed may still be valid."""
        if self.withdrawn_at is not None:
            return False
        return self.signs_until is None or now < self.signs_until + LONGEST_TOKEN + LEEWAY


class SigningKeys:
    """The signing keys, at most a second old. One per process."""

    def __init__(self, database: Database, clock: Clock, encryption: KeyEncryption) -> None:
        self._database = database
        self._clock = clock
        self._encryption = encryption
        self._recent: TTLCache[None, Sequence[Key]] = TTLCache(1, clock.monotonic)
        self._loading = asyncio.Lock()
        self._reloaded_at: float | None = None
        self._decrypted: dict[str, ECKey] = {}

    async def signer(self) -> tuple[str, ECKey]:
        """The id and the private key to sign with. Raises NoSigningKeyError."""
        now = self._clock.now()
        keys = [key for key in await self._ensure() if key.trusted(now)]
        begun = [key for key in keys if key.signs_from <= now]
        # While the secret in the settings changes, some processes can decrypt only the former key,
        # others only the next one. All of them verify the tokens of both.
        for key in [*reversed(begun), *(key for key in keys if key.signs_from > now)]:
            try:
                return key.kid, self._decrypt(key)
            except DecryptionError:
                _log.warning("a signing key cannot be decrypted with this secret", kid=key.kid)
        raise NoSigningKeyError

    async def verifier(self, kid: str) -> ECKey | None:
        """The public key of that id; None if it is unknown or no longer trusted."""
        key = await self._trusted(kid)
        return None if key is None else ECKey.import_key(key.public_key)

    async def trusts(self, kid: str) -> bool:
        """Whether tokens signed by that key may be valid."""
        return await self._trusted(kid) is not None

    async def published(self) -> list[dict[str, Any]]:
        """The public keys as JWKs: the current, the next, and former ones still trusted."""
        now = self._clock.now()
        return [key.public_key for key in await self._ensure() if key.trusted(now)]

    async def _trusted(self, kid: str) -> Key | None:
        keys = await self._known()
        if all(key.kid != kid for key in keys) and self._may_reload():
            # Another worker may have created it within this second.
            keys = await self._load()
        now = self._clock.now()
        return next((key for key in keys if key.kid == kid and key.trusted(now)), None)

    def _decrypt(self, key: Key) -> ECKey:
        if key.kid not in self._decrypted:
            jwk = json.loads(self._encryption.decrypt(key.kid, key.encrypted))
            self._decrypted = {key.kid: ECKey.import_key(jwk)}
        return self._decrypted[key.kid]

    def _may_reload(self) -> bool:
        """At most once a second, since anybody can make up key ids."""
        now = self._clock.monotonic()
        if self._reloaded_at is not None and now - self._reloaded_at < TTL_SECONDS:
            return False
        self._reloaded_at = now
        return True

    async def _ensure(self) -> Sequence[Key]:
        """The keys; the first is created if there is none."""
        keys = await self._known()
        if all(key.withdrawn_at is not None for key in keys):
            await create_first(self._database, self._encryption, now=self._clock.now())
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
    async with database.read(SYSTEM_SCOPE) as session:
        return timeline(await session.entities(statement))


async def create_first(database: Database, encryption: KeyEncryption, *, now: datetime) -> None:
    """Create a key that signs at once, unless there is one. Of concurrent workers one succeeds."""
    try:
        async with database.write(SYSTEM_SCOPE) as session:
            rows = await session.entities(select(SigningKey).order_by(SigningKey.sequence))
            if all(row.withdrawn_at is not None for row in rows):
                await add(session, rows, encryption, by=audit.SERVER, now=now, signs_from=now)
    except IntegrityError:
        return


async def add(
    session: WriteSession,
    rows: Sequence[SigningKey],
    encryption: KeyEncryption,
    *,
    by: audit.Actor,
    now: datetime,
    signs_from: datetime,
) -> Key:
    """Generate a key, add it after the existing `rows`, and record it in the audit log."""
    jwk = ECKey.generate_key("P-256")
    kid = jwk.thumbprint()
    row = SigningKey(
        sequence=rows[-1].sequence + 1 if rows else 1,
        kid=kid,
        public_key=jwk.as_dict(private=False, kid=kid, use="sig", alg=ALGORITHM),
        private_key=encryption.encrypt(kid, json.dumps(jwk.as_dict(private=True)).encode()),
        created_at=now,
        signs_from=signs_from,
    )
    session.add(row)
    await audit.record(session, AuditAction.SIGNING_KEY_CREATED, by=by, at=now, subject=kid)
    [key] = timeline([row])
    return key


def timeline(rows: Sequence[SigningKey]) -> list[Key]:
    """Each key with the time at which the next key that was not withdrawn takes over."""
    keys: list[Key] = []
    signs_until: datetime | None = None
    for row in reversed(rows):
        keys.append(
            Key(
                kid=row.kid,
                public_key=row.public_key,
                encrypted=row.private_key,
                created_at=row.created_at,
                signs_from=row.signs_from,
                signs_until=signs_until,
                withdrawn_at=row.withdrawn_at,
            )
        )
        if row.withdrawn_at is None:
            signs_until = row.signs_from
    return keys[::-1]
