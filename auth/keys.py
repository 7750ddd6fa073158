"""API keys: what they look like, how they are kept, made, listed and revoked.

A key reads `pgk_<8 public characters>_<32 secret characters><6 of checksum>`. The public part finds
the row and names the key in lists and logs. Of the secret only a SHA-256 is kept: with 190 random
bits there is nothing to guess, so the slow hashes that protect passwords would protect nothing and
cost every request. The checksum lets a mistyped key, and a scanner for leaked ones, be answered
without the database.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from auth import clients
from auth.clients import BEFORE_ANYBODY_IS_KNOWN, Client
from auth.oauth_scopes import OAuthScope, granted_to, known
from auth.principal import Principal
from db.enums import ClientKind
from db.models import ApiClient, ApiKey
from db.session import Database

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_KEY = re.compile(r"(pgk_[0-9A-Za-z]{8})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})")

PREFIX_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key just made. `text` is the key itself, which cannot be shown a second time."""

    text: str = field(repr=False)
    prefix: str
    scopes: frozenset[OAuthScope]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """A key whose secret was right; it may have expired or been revoked."""

    id: UUID
    client: Client
    principal: Principal
    expires_at: datetime | None
    revoked_at: datetime | None

    def works(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongKey:
    """No key, or the public part of one with another secret."""

    prefix: str | None = None
    client: Client | None = None


async def create(
    database: Database,
    *,
    kind: ClientKind = ClientKind.PARTNER,
    tenant_number: str | None = None,
    client_name: str,
    now: datetime,
    expires_at: datetime | None = None,
    scopes: frozenset[OAuthScope] | None = None,
) -> NewKey:
    """Make a key for a client of that tenant, or of the carrier's own if it is of another kind.

    The client is made too if there is none so named. It has two keys that work at most: the one in
    use and, while it is replaced, the next.
    """
    granted = granted_to(kind, scopes)
    prefix = f"pgk_{_random(8)}"
    secret = _random(32)
    async with database.write(BEFORE_ANYBODY_IS_KNOWN) as session:
        client = await clients.named(session, kind, tenant_number, client_name, now)
        await clients.check_room(session, ApiKey, client, now)
        session.add(
            ApiKey(
                client_id=client.id,
                prefix=prefix,
                secret_hash=_hash(secret),
                scopes=sorted(granted),
                created_at=now,
                expires_at=expires_at,
            )
        )
        await clients.record(
            session, ApiKey, client.id, prefix, created=True, at=now, scopes=sorted(granted)
        )
    return NewKey(
        text=with_checksum(prefix, secret),
        prefix=prefix,
        scopes=granted,
        expires_at=expires_at,
    )


async def list_keys(
    database: Database, tenant_number: str | None = None
) -> Sequence[clients.Listed]:
    """All keys, or those of one tenant; raises UnknownTenantError."""
    return await clients.listed(database, ApiKey, tenant_number)


async def revoke(database: Database, prefix: str, *, now: datetime) -> datetime:
    """Revoke a key and return since when it is; raises UnknownCredentialError."""
    return await clients.revoke(database, ApiKey, prefix, now=now)


async def revoke_of_client(database: Database, client_name: str, *, now: datetime) -> None:
    """Revoke every key of the clients of that name."""
    async with database.write(BEFORE_ANYBODY_IS_KNOWN) as session:
        keys = await session.entities(
            select(ApiKey)
            .join(ApiClient, ApiClient.id == ApiKey.client_id)
            .where(ApiClient.name == client_name, ApiKey.revoked_at.is_(None))
        )
        for key in keys:
            key.revoked_at = now
            await clients.record(session, ApiKey, key.client_id, key.prefix, created=False, at=now)


async def find(database: Database, text: str) -> FoundKey | None:
    """The key of that text; None if it is wrong."""
    found = await look_up(database, text)
    return found if isinstance(found, FoundKey) else None


async def look_up(database: Database, text: str) -> FoundKey | WrongKey:
    """The key of that text, with whom it stands for, in one statement."""
    parts = _KEY.fullmatch(text)
    if parts is None:
        return WrongKey()
    prefix, secret, checksum = parts.groups()
    if checksum != _checksum(prefix, secret):
        return WrongKey()
    found = await clients.find(database, ApiKey, prefix)
    if found is None:
        return WrongKey()
    key, client = found
    if not hmac.compare_digest(key.secret_hash, _hash(secret)):
        return WrongKey(prefix=prefix, client=client)
    return _found(key, client)


async def by_prefix(database: Database, prefix: str) -> FoundKey | None:
    """The key of that prefix, for what was made with it: it is not asked who has its secret."""
    found = await clients.find(database, ApiKey, prefix)
    return None if found is None else _found(*found)


def _found(key: ApiKey, client: Client) -> FoundKey:
    return FoundKey(
        id=key.id,
        client=client,
        principal=client.principal(
            token_id=key.prefix,
            credential=key.prefix,
            scopes=known(key.scopes),
            expires_at=key.expires_at,
        ),
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


def with_checksum(prefix: str, secret: str) -> str:
    """The text of a key."""
    return f"{prefix}_{secret}{_checksum(prefix, secret)}"


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(prefix: str, secret: str) -> str:
    """CRC-32 in six digits of base 62; it guards against mistakes, not against anybody."""
    number = zlib.crc32(f"{prefix}_{secret}".encode())
    digits = []
    for _ in range(6):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
