"""API clients: a partner's systems and the carrier's own, which hold keys and OAuth clients.

What both kinds of credentials share is here: to whom they belong, what is seen with them, and how
many of them work at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, or_, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from auth import audit, log_names, tenant_scope
from auth.oauth_scopes import POSSIBLE, OAuthScope, known
from auth.principal import Principal, PrincipalKind
from db.enums import AuditAction, ClientKind
from db.models import ApiClient, ApiKey, OAuthClient, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database, ReadSession, WriteSession

MOST_WORKING = 2
"""Keys of one client that work at the same time, and OAuth clients."""

BEFORE_ANYBODY_IS_KNOWN = TenantScope.carrier()
"""Clients and their credentials are read before it is known who asks: nothing is narrowed to a
tenant, and no row of a tenant's own data is touched."""

_PRINCIPALS = {
    ClientKind.PARTNER: PrincipalKind.API_CLIENT,
    ClientKind.FULFILMENT: PrincipalKind.FULFILMENT,
    ClientKind.SUPPORT: PrincipalKind.SUPPORT,
}

_ACTIONS = {
    (ApiKey, True): AuditAction.KEY_CREATED,
    (ApiKey, False): AuditAction.KEY_REVOKED,
    (OAuthClient, True): AuditAction.OAUTH_CLIENT_CREATED,
    (OAuthClient, False): AuditAction.OAUTH_CLIENT_REVOKED,
}

C = TypeVar("C", ApiKey, OAuthClient)


class UnknownTenantError(Exception):
    """There is no tenant of that number."""


class UnknownCredentialError(Exception):
    """There is no credential of that public part."""


class TooManyWorkingError(Exception):
    """The client has as many credentials of the kind as it may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An API client as one of its credentials finds it."""

    id: UUID
    kind: ClientKind
    name: str
    tenant_id: int | None
    tenant_number: str | None
    """Of the tenant it belongs to; None for the carrier's own."""
    scope: TenantScope

    @property
    def account(self) -> str:
        """What logs call it."""
        return log_names.of_client(self.kind, self.tenant_number, self.name)

    def principal(
        self,
        *,
        token_id: str,
        credential: str,
        scopes: frozenset[OAuthScope],
        expires_at: datetime | None,
    ) -> Principal:
        """Who asks with a credential of it: never more than a client of its kind may."""
        return Principal(
            kind=_PRINCIPALS[self.kind],
            client_id=self.id,
            client_name=self.name,
            account=self.account,
            token_id=token_id,
            credential=credential,
            tenant_id=self.tenant_id,
            tenant_number=self.tenant_number,
            tenant_scope=self.scope,
            scopes=scopes & POSSIBLE[self.kind],
            expires_at=expires_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What may be known of a credential that exists."""

    public_part: str
    """A key's prefix, an OAuth client's identifier."""
    signs: bool
    """It has public keys instead of a secret."""
    kind: ClientKind
    client_name: str
    tenant_number: str | None
    scopes: frozenset[OAuthScope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def state(self, at: datetime) -> str:
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= at:
            return "expired"
        return "active"


async def named(
    session: WriteSession, kind: ClientKind, tenant_number: str | None, name: str, now: datetime
) -> ApiClient:
    """The client of that name, made if there is none; raises UnknownTenantError.

    It stays locked until the transaction ends: two that give it credentials at once wait for each
    other, so that both count right. Two that make it at once make one.
    """
    if (kind is ClientKind.PARTNER) != (tenant_number is not None):
        raise ValueError("a partner's clients belong to a tenant, the carrier's own to none")
    tenant_id = None if tenant_number is None else await _tenant_id(session, tenant_number)
    so_named = (
        select(ApiClient)
        .where(
            ApiClient.kind == kind,
            ApiClient.tenant_id.is_not_distinct_from(tenant_id),
            ApiClient.name == name,
        )
        .with_for_update()
    )
    client = await session.scalar(so_named)
    if client is not None:
        return client
    client = ApiClient(kind=kind, tenant_id=tenant_id, name=name, created_at=now)
    try:
        async with session.savepoint():
            session.add(client)
            await session.flush()
    except IntegrityError:
        # Somebody else was faster, and has committed: an index waits for that.
        made = await session.scalar(so_named)
        if made is None:
            raise
        return made
    return client


async def check_room(
    session: WriteSession, credential: type[C], client: ApiClient, now: datetime
) -> None:
    """Raises TooManyWorkingError where the locked client may not have one more."""
    working = await session.scalar(
        select(func.count())
        .select_from(credential)
        .where(
            credential.client_id == client.id,
            credential.revoked_at.is_(None),
            or_(credential.expires_at.is_(None), credential.expires_at > now),
        )
    )
    if (working or 0) >= MOST_WORKING:
        raise TooManyWorkingError(client.name)


async def find(
    database: Database, credential: type[C], public_part: str
) -> tuple[C, Client] | None:
    """The credential of that public part, with its client, in one statement."""
    condition = _public_part(credential) == public_part
    subtree = tenant_scope.below(
        select(Tenant.id)
        .join(ApiClient, ApiClient.tenant_id == Tenant.id)
        .join(credential, credential.client_id == ApiClient.id)
        .where(condition)
    )
    # A row for every tenant at or below the client's.
    statement = (
        select(
            credential,
            ApiClient.id.label("client_id"),
            ApiClient.kind,
            ApiClient.name,
            Tenant.id.label("tenant_id"),
            Tenant.root_tenant_id,
            Tenant.number.label("tenant_number"),
            subtree.c.id.label("seen_id"),
        )
        .join(ApiClient, ApiClient.id == credential.client_id)
        .outerjoin(Tenant, Tenant.id == ApiClient.tenant_id)
        .outerjoin(subtree, true())
        .where(condition)
        .order_by(subtree.c.id)
    )
    async with database.read(BEFORE_ANYBODY_IS_KNOWN) as session:
        rows = await session.rows(statement)
    if not rows:
        return None
    first = rows[0]
    carriers = first.kind is not ClientKind.PARTNER
    client = Client(
        id=first.client_id,
        kind=first.kind,
        name=first.name,
        tenant_id=first.tenant_id,
        tenant_number=first.tenant_number,
        scope=TenantScope.carrier() if carriers else tenant_scope.scope(rows),
    )
    return first[0], client


async def listed(
    database: Database, credential: type[C], tenant_number: str | None
) -> Sequence[Listed]:
    """All credentials of the kind, or those of one tenant: by tenant, client and age, the
    carrier's own last. Raises UnknownTenantError."""
    statement = (
        select(credential, ApiClient, Tenant.number, _public_part(credential))
        .join(ApiClient, ApiClient.id == credential.client_id)
        .outerjoin(Tenant, Tenant.id == ApiClient.tenant_id)
        .order_by(
            Tenant.number.is_(None),
            Tenant.number,
            ApiClient.kind,
            ApiClient.name,
            credential.created_at,
            credential.id,
        )
    )
    async with database.read(BEFORE_ANYBODY_IS_KNOWN) as session:
        if tenant_number is not None:
            statement = statement.where(
                ApiClient.tenant_id == await _tenant_id(session, tenant_number)
            )
        return [
            Listed(
                public_part=public_part,
                signs=isinstance(found, OAuthClient) and bool(found.public_keys),
                kind=client.kind,
                client_name=client.name,
                tenant_number=number,
                scopes=known(found.scopes),
                created_at=found.created_at,
                expires_at=found.expires_at,
                last_used_at=found.last_used_at,
                revoked_at=found.revoked_at,
            )
            for found, client, number, public_part in await session.rows(statement)
        ]


async def revoke(
    database: Database, credential: type[C], public_part: str, *, now: datetime
) -> datetime:
    """Revoke a credential and return since when it is: a revoked one stays as it was.

    Raises UnknownCredentialError.
    """
    async with database.write(BEFORE_ANYBODY_IS_KNOWN) as session:
        found = await session.scalar(
            select(credential).where(_public_part(credential) == public_part).with_for_update()
        )
        if found is None:
            raise UnknownCredentialError(public_part)
        if found.revoked_at is None:
            found.revoked_at = now
            await record(session, credential, found.client_id, public_part, created=False, at=now)
        return found.revoked_at


async def record(
    session: WriteSession,
    credential: type[C],
    client_id: UUID,
    public_part: str,
    *,
    created: bool,
    at: datetime,
    **details: Any,
) -> None:
    """Write into the audit log that a credential of a client was made or revoked."""
    client = await session.scalar(select(ApiClient).where(ApiClient.id == client_id))
    if client is None:
        raise ValueError("a credential belongs to a client")
    await audit.record(
        session,
        _ACTIONS[credential, created],
        by=audit.OPERATOR,
        at=at,
        subject=public_part,
        tenant_id=client.tenant_id,
        client=client.name,
        **details,
    )


def _public_part(credential: type[ApiKey] | type[OAuthClient]) -> InstrumentedAttribute[str]:
    return credential.prefix if issubclass(credential, ApiKey) else credential.identifier


async def _tenant_id(session: ReadSession, number: str) -> int:
    tenant_id = await session.scalar(select(Tenant.id).where(Tenant.number == number))
    if tenant_id is None:
        raise UnknownTenantError(number)
    return tenant_id
