"""Registered credentials: API keys and OAuth clients, with the API client that each belongs to.

`Credentials` is the only look-up of them for requests. It reads a credential at most once a
second, so a busy client costs one statement a second and every worker refuses a revoked credential
within a second.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import or_, select, true, update

from auth import log_names, tenant_scope
from auth.clock import Clock
from auth.oauth_scopes import ALLOWED_BY_KIND, OAuthScope, known
from auth.principal import Principal, PrincipalKind
from auth.tenant_scope import SYSTEM_SCOPE
from auth.ttl_cache import Lookup
from db.enums import ClientKind, CredentialKind
from db.models import ApiClient, Tenant
from db.models import Credential as CredentialRow
from db.scope.tenant_scope import TenantScope
from db.session import Database

LAST_USE_INTERVAL = timedelta(minutes=1)

_IDENTIFIER = re.compile(r"pgk_[0-9A-Za-z]{8}|pgc_[0-9a-f]{20}")
_PRINCIPAL_KINDS = {
    ClientKind.PARTNER: PrincipalKind.API_CLIENT,
    ClientKind.FULFILMENT: PrincipalKind.FULFILMENT,
    ClientKind.SUPPORT: PrincipalKind.SUPPORT,
}
_log = structlog.get_logger("auth")


class CredentialState(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @classmethod
    def at(
        cls, now: datetime, *, expires_at: datetime | None, revoked_at: datetime | None
    ) -> "CredentialState":
        if revoked_at is not None:
            return cls.REVOKED
        return cls.EXPIRED if expires_at is not None and expires_at <= now else cls.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An API client: a partner's system, or one of the carrier's own."""

    id: UUID
    kind: ClientKind
    name: str
    tenant_id: int | None
    """None for the carrier's own clients."""
    tenant_number: str | None
    tenant_scope: TenantScope

    @property
    def account(self) -> str:
        """Its name in logs."""
        return log_names.of_client(self.kind, self.tenant_number, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """An API key or OAuth client; it may have expired or been revoked."""

    id: UUID
    kind: CredentialKind
    identifier: str
    """Its public part: the prefix of an API key, the `client_id` of an OAuth client."""
    secret_hash: str | None = field(repr=False)
    public_keys: Sequence[dict[str, Any]]
    client: Client
    principal: Principal
    """The principal of a request that the credential itself authenticates."""
    revoked_at: datetime | None

    @property
    def scopes(self) -> frozenset[OAuthScope]:
        return self.principal.scopes

    @property
    def expires_at(self) -> datetime | None:
        return self.principal.expires_at

    def state(self, now: datetime) -> CredentialState:
        return CredentialState.at(now, expires_at=self.expires_at, revoked_at=self.revoked_at)

    def is_active(self, now: datetime) -> bool:
        return self.state(now) is CredentialState.ACTIVE

    def has_secret(self, secret: str) -> bool:
        """Compare the secret in constant time."""
        known_hash = self.secret_hash
        return known_hash is not None and hmac.compare_digest(known_hash, hash_secret(secret))

    def token_principal(
        self, *, token_id: str, scopes: frozenset[OAuthScope], expires_at: datetime
    ) -> Principal:
        """The principal of a token issued to the credential: it has no scope that the credential
        no longer has."""
        return replace(
            self.principal, token_id=token_id, scopes=scopes & self.scopes, expires_at=expires_at
        )


class Credentials:
    """Finds credentials and records their last use. One per process; `close` it before its
    database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._by_identifier = Lookup(clock.monotonic, self._read)
        # One entry per credential that was used, so no larger than the table.
        self._recorded: dict[UUID, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    async def find(self, identifier: str, kind: CredentialKind | None = None) -> Credential | None:
        """The credential of that identifier, if it is of that kind."""
        if not _IDENTIFIER.fullmatch(identifier):
            return None
        credential = await self._by_identifier.find(identifier)
        return credential if credential and kind in (None, credential.kind) else None

    def record_use(self, credential: Credential) -> None:
        """Record a use in the background, once a minute per credential."""
        now = self._clock.monotonic()
        recorded = self._recorded.get(credential.id)
        if recorded is not None and now - recorded < LAST_USE_INTERVAL.total_seconds():
            return
        self._recorded[credential.id] = now
        task = asyncio.create_task(self._write_use(credential, self._clock.now()))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def close(self) -> None:
        """Wait until all uses are recorded."""
        await asyncio.gather(*self._writing)

    async def _write_use(self, credential: Credential, used_at: datetime) -> None:
        # Another worker may have recorded a use within the interval.
        outdated = or_(
            CredentialRow.last_used_at.is_(None),
            CredentialRow.last_used_at <= used_at - LAST_USE_INTERVAL,
        )
        statement = update(CredentialRow).where(CredentialRow.id == credential.id, outdated)
        try:
            async with self._database.write(SYSTEM_SCOPE) as session:
                await session.execute(statement.values(last_used_at=used_at))
        except Exception:
            # No request awaits this task. The next use after the interval tries again.
            _log.exception(
                "the last use of a credential was not recorded", credential=credential.identifier
            )

    async def _read(self, identifier: str) -> Credential | None:
        """Read a credential, its client and what the client sees, in one statement."""
        condition = CredentialRow.identifier == identifier
        subtree = tenant_scope.below(
            select(Tenant.id)
            .join(ApiClient, ApiClient.tenant_id == Tenant.id)
            .join(CredentialRow, CredentialRow.client_id == ApiClient.id)
            .where(condition)
        )
        # One row per tenant at or below the client's.
        statement = (
            select(
                CredentialRow,
                ApiClient.id.label("client_id"),
                ApiClient.kind,
                ApiClient.name,
                Tenant.id.label("tenant_id"),
                Tenant.root_tenant_id,
                Tenant.number.label("tenant_number"),
                subtree.c.id.label("seen_id"),
            )
            .join(ApiClient, ApiClient.id == CredentialRow.client_id)
            .outerjoin(Tenant, Tenant.id == ApiClient.tenant_id)
            .outerjoin(subtree, true())
            .where(condition)
            .order_by(subtree.c.id)
        )
        async with self._database.read(SYSTEM_SCOPE) as session:
            rows = await session.rows(statement)
        if not rows:
            return None
        first = rows[0]
        is_partner = first.kind is ClientKind.PARTNER
        client = Client(
            id=first.client_id,
            kind=first.kind,
            name=first.name,
            tenant_id=first.tenant_id,
            tenant_number=first.tenant_number,
            tenant_scope=tenant_scope.scope(rows) if is_partner else TenantScope.carrier(),
        )
        return _credential(first[0], client)


def hash_secret(secret: str) -> str:
    """What is stored of a secret. Secrets are random (190 bits or more), so they need no slow
    hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _credential(row: CredentialRow, client: Client) -> Credential:
    principal = Principal(
        kind=_PRINCIPAL_KINDS[client.kind],
        client_id=client.id,
        client_name=client.name,
        account=client.account,
        token_id=row.identifier,
        credential=row.identifier,
        tenant_id=client.tenant_id,
        tenant_number=client.tenant_number,
        tenant_scope=client.tenant_scope,
        scopes=known(row.scopes) & ALLOWED_BY_KIND[client.kind],
        expires_at=row.expires_at,
    )
    return Credential(
        id=row.id,
        kind=row.kind,
        identifier=row.identifier,
        secret_hash=row.secret_hash,
        public_keys=row.public_keys,
        client=client,
        principal=principal,
        revoked_at=row.revoked_at,
    )
