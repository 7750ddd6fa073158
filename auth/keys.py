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
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, true

from auth import reach
from auth.permissions import USUAL, Permission, known
from auth.principal import Principal, PrincipalKind
from db.models import ApiClient, ApiKey, Tenant
from db.scope import Scope
from db.session import Database, WriteSession

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_KEY = re.compile(r"(pgk_[0-9A-Za-z]{8})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})")

PREFIX_LENGTH = 12
MOST_KEYS = 2
"""Keys of one client that work at the same time."""

# Clients and keys are read before it is known who asks: nothing here is narrowed to a tenant, and
# no row of a tenant's own data is touched.
_BEFORE_ANYBODY_IS_KNOWN = Scope.carrier()


class UnknownTenantError(Exception):
    """There is no tenant of that number."""


class TooManyKeysError(Exception):
    """The client has as many keys as it may have."""


class UnknownKeyError(Exception):
    """There is no key of that prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key just made. `text` is the key itself, which cannot be shown a second time."""

    text: str = field(repr=False)
    prefix: str
    client_name: str
    tenant_number: str
    permissions: frozenset[Permission]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedKey:
    """What may be known of a key that exists."""

    prefix: str
    client_name: str
    tenant_number: str
    tenant_name: str
    permissions: frozenset[Permission]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """A key whose secret was right; it may have expired or been revoked."""

    id: UUID
    principal: Principal
    expires_at: datetime | None
    revoked_at: datetime | None

    def works(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


async def create(
    database: Database,
    *,
    tenant_number: str,
    client_name: str,
    now: datetime,
    expires_at: datetime | None = None,
    permissions: frozenset[Permission] = USUAL,
) -> NewKey:
    """Make a key for a client of that tenant; the client is made too if there is none so named.

    A client has two keys that work at most: the one in use and, while it is replaced, the next.
    """
    prefix = f"pgk_{_random(8)}"
    secret = _random(32)
    async with database.write(_BEFORE_ANYBODY_IS_KNOWN) as session:
        client = await client_named(session, tenant_number, client_name, now)
        working = await session.scalar(
            select(func.count())
            .select_from(ApiKey)
            .where(
                ApiKey.client_id == client.id,
                ApiKey.revoked_at.is_(None),
                or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
            )
        )
        if (working or 0) >= MOST_KEYS:
            raise TooManyKeysError(client_name)
        session.add(
            ApiKey(
                client_id=client.id,
                prefix=prefix,
                secret_hash=_hash(secret),
                permissions=sorted(permissions),
                created_at=now,
                expires_at=expires_at,
            )
        )
    return NewKey(
        text=f"{prefix}_{secret}{_checksum(prefix, secret)}",
        prefix=prefix,
        client_name=client_name,
        tenant_number=tenant_number,
        permissions=permissions,
        expires_at=expires_at,
    )


async def client_named(
    session: WriteSession, tenant_number: str, name: str, now: datetime
) -> ApiClient:
    """The client of that tenant and name, made if there is none; raises UnknownTenantError.

    It stays locked until the transaction ends: two that give it credentials at once wait for each
    other, so that both count right.
    """
    tenant_id = await session.scalar(select(Tenant.id).where(Tenant.number == tenant_number))
    if tenant_id is None:
        raise UnknownTenantError(tenant_number)
    client = await session.scalar(
        select(ApiClient)
        .where(ApiClient.tenant_id == tenant_id, ApiClient.name == name)
        .order_by(ApiClient.id)
    )
    if client is None:
        client = ApiClient(tenant_id=tenant_id, name=name, created_at=now)
        session.add(client)
        await session.flush()
    else:
        await session.scalar(
            select(ApiClient.id).where(ApiClient.id == client.id).with_for_update()
        )
    return client


async def list_keys(database: Database, tenant_number: str | None = None) -> Sequence[ListedKey]:
    """All keys, or those of one tenant: by tenant, client and age."""
    statement = (
        select(ApiKey, ApiClient, Tenant)
        .join(ApiClient, ApiClient.id == ApiKey.client_id)
        .join(Tenant, Tenant.id == ApiClient.tenant_id)
        .order_by(Tenant.number, ApiClient.name, ApiKey.created_at, ApiKey.id)
    )
    async with database.read(_BEFORE_ANYBODY_IS_KNOWN) as session:
        if tenant_number is not None:
            statement = statement.where(Tenant.number == tenant_number)
            own = select(Tenant.id).where(Tenant.number == tenant_number)
            if await session.scalar(own) is None:
                raise UnknownTenantError(tenant_number)
        return [
            ListedKey(
                prefix=key.prefix,
                client_name=client.name,
                tenant_number=tenant.number,
                tenant_name=tenant.name,
                permissions=known(key.permissions),
                created_at=key.created_at,
                expires_at=key.expires_at,
                last_used_at=key.last_used_at,
                revoked_at=key.revoked_at,
            )
            for key, client, tenant in await session.rows(statement)
        ]


async def revoke(database: Database, prefix: str, *, now: datetime) -> datetime:
    """Revoke a key by its prefix and return since when it is: a revoked one stays as it was."""
    async with database.write(_BEFORE_ANYBODY_IS_KNOWN) as session:
        key = await session.scalar(select(ApiKey).where(ApiKey.prefix == prefix).with_for_update())
        if key is None:
            raise UnknownKeyError(prefix)
        if key.revoked_at is None:
            key.revoked_at = now
        return key.revoked_at


async def revoke_of_client(database: Database, client_name: str, *, now: datetime) -> None:
    """Revoke every key of the clients of that name."""
    async with database.write(_BEFORE_ANYBODY_IS_KNOWN) as session:
        keys = await session.entities(
            select(ApiKey)
            .join(ApiClient, ApiClient.id == ApiKey.client_id)
            .where(ApiClient.name == client_name, ApiKey.revoked_at.is_(None))
        )
        for key in keys:
            key.revoked_at = now


async def find(database: Database, text: str) -> FoundKey | None:
    """The key of that text, with whom it stands for, in one statement; None if it is wrong."""
    parts = _KEY.fullmatch(text)
    if parts is None:
        return None
    prefix, secret, checksum = parts.groups()
    if checksum != _checksum(prefix, secret):
        return None
    rows = await _rows(database, prefix)
    if not rows or not hmac.compare_digest(rows[0].secret_hash, _hash(secret)):
        return None
    return _found(rows)


async def by_prefix(database: Database, prefix: str) -> FoundKey | None:
    """The key of that prefix, for what was made with it: it is not asked who has its secret."""
    rows = await _rows(database, prefix)
    return _found(rows) if rows else None


async def _rows(database: Database, prefix: str) -> Sequence[Any]:
    async with database.read(_BEFORE_ANYBODY_IS_KNOWN) as session:
        return await session.rows(_with_subtree(prefix))


def _found(rows: Sequence[Any]) -> FoundKey:
    return FoundKey(
        id=rows[0].key_id,
        principal=_principal(rows),
        expires_at=rows[0].expires_at,
        revoked_at=rows[0].revoked_at,
    )


def _with_subtree(prefix: str) -> Select[*tuple[Any, ...]]:
    """The key, its client and its tenant, once for every tenant at or below that one."""
    subtree = reach.below(
        select(Tenant.id)
        .join(ApiClient, ApiClient.tenant_id == Tenant.id)
        .join(ApiKey, ApiKey.client_id == ApiClient.id)
        .where(ApiKey.prefix == prefix)
    )
    return (
        select(
            ApiKey.id.label("key_id"),
            ApiKey.prefix,
            ApiKey.secret_hash,
            ApiKey.permissions,
            ApiKey.expires_at,
            ApiKey.revoked_at,
            ApiClient.id.label("client_id"),
            ApiClient.name.label("client_name"),
            Tenant.id.label("tenant_id"),
            Tenant.root_tenant_id,
            Tenant.number.label("tenant_number"),
            subtree.c.id.label("seen_id"),
        )
        .join(ApiClient, ApiClient.id == ApiKey.client_id)
        .join(Tenant, Tenant.id == ApiClient.tenant_id)
        .outerjoin(subtree, true())
        .where(ApiKey.prefix == prefix)
        .order_by(subtree.c.id)
    )


def _principal(rows: Sequence[Any]) -> Principal:
    first = rows[0]
    return Principal(
        kind=PrincipalKind.API_CLIENT,
        client_id=first.client_id,
        client_name=first.client_name,
        account=f"{first.tenant_number}/{first.client_name}",
        token_id=first.prefix,
        credential=first.prefix,
        tenant_id=first.tenant_id,
        tenant_number=first.tenant_number,
        scope=reach.scope(rows),
        permissions=known(first.permissions),
        expires_at=first.expires_at,
    )


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
