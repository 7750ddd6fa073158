"""Creates, lists and revokes the credentials of API clients: API keys and OAuth clients."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from auth import api_keys
from auth.admin import AdminError
from auth.admin.tenants import find_tenant
from auth.audit import record_operation
from auth.credentials import CredentialState, hash_secret
from auth.oauth_scopes import OAuthScope, grant, known
from auth.tenant_scope import SYSTEM_SCOPE
from db.enums import AuditAction, ClientKind, CredentialKind
from db.models import ApiClient, Credential, Tenant
from db.session import Database, WriteSession

MOST_ACTIVE = 2
"""Active credentials of one kind that a client may have: the current one and its successor."""

_NAMES = {CredentialKind.API_KEY: "key", CredentialKind.OAUTH_CLIENT: "OAuth client"}
_COMMANDS = {CredentialKind.API_KEY: "api-key", CredentialKind.OAUTH_CLIENT: "oauth-client"}
_CREATED = {
    CredentialKind.API_KEY: AuditAction.KEY_CREATED,
    CredentialKind.OAUTH_CLIENT: AuditAction.OAUTH_CLIENT_CREATED,
}
_REVOKED = {
    CredentialKind.API_KEY: AuditAction.KEY_REVOKED,
    CredentialKind.OAUTH_CLIENT: AuditAction.OAUTH_CLIENT_REVOKED,
}
_WITH_CLIENT = select(Credential, ApiClient).join(ApiClient, ApiClient.id == Credential.client_id)


class UnknownCredentialError(AdminError):
    """There is no credential of that kind and identifier."""


class TooManyActiveError(AdminError):
    """The client has as many active credentials of the kind as it may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """A credential just created."""

    identifier: str
    secret: str | None = field(repr=False)
    """Only its hash is stored, so it cannot be shown again. None for a client that signs."""
    scopes: frozenset[OAuthScope]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey(NewCredential):
    """An API key just created. Its secret is the key itself."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCredential:
    """What an operator sees of a credential."""

    identifier: str
    signs: bool
    """It has public keys instead of a secret."""
    client_kind: ClientKind
    client_name: str
    tenant_number: str | None
    scopes: frozenset[OAuthScope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> CredentialState:
        return CredentialState.at(now, expires_at=self.expires_at, revoked_at=self.revoked_at)


class CredentialOptions(TypedDict):
    """Whose a new credential is, and what it may do."""

    client_name: str
    now: datetime
    kind: NotRequired[ClientKind]
    """PARTNER by default. A partner's client has a tenant's number, the carrier's has none."""
    tenant_number: NotRequired[str | None]
    scopes: NotRequired[frozenset[OAuthScope] | None]
    """None for the default ones of the kind."""
    expires_at: NotRequired[datetime | None]


async def create_key(database: Database, **options: Unpack[CredentialOptions]) -> NewKey:
    """Create an API key of a client, and the client if there is none of that name.

    Raises UnknownTenantError, TooManyActiveError and ImpossibleScopeError.
    """
    prefix, secret = api_keys.generate()
    row = Credential(
        kind=CredentialKind.API_KEY,
        identifier=prefix,
        secret_hash=hash_secret(secret),
        public_keys=[],
    )
    await _store(database, row, **options)
    return NewKey(
        identifier=prefix,
        secret=api_keys.compose(prefix, secret),
        scopes=known(row.scopes),
        expires_at=row.expires_at,
    )


async def create_oauth_client(
    database: Database,
    *,
    public_keys: Sequence[dict[str, Any]] = (),
    **options: Unpack[CredentialOptions],
) -> NewCredential:
    """Create an OAuth client, as `create_key` does a key. With public keys it has no secret."""
    secret = None if public_keys else f"pgs_{secrets.token_urlsafe(32)}"
    row = Credential(
        kind=CredentialKind.OAUTH_CLIENT,
        identifier=f"pgc_{secrets.token_hex(10)}",
        secret_hash=None if secret is None else hash_secret(secret),
        public_keys=list(public_keys),
    )
    await _store(database, row, **options)
    return NewCredential(
        identifier=row.identifier,
        secret=secret,
        scopes=known(row.scopes),
        expires_at=row.expires_at,
    )


async def list_credentials(
    database: Database, kind: CredentialKind, tenant_number: str | None = None
) -> Sequence[ListedCredential]:
    """All credentials of a kind, or those of one tenant: by tenant, client and age, the carrier's
    last. Raises UnknownTenantError."""
    statement = (
        _WITH_CLIENT.add_columns(Tenant.number)
        .outerjoin(Tenant, Tenant.id == ApiClient.tenant_id)
        .where(Credential.kind == kind)
        .order_by(
            Tenant.number.is_(None),
            Tenant.number,
            ApiClient.kind,
            ApiClient.name,
            Credential.created_at,
            Credential.id,
        )
    )
    async with database.read(SYSTEM_SCOPE) as session:
        if tenant_number is not None:
            tenant = await find_tenant(session, tenant_number)
            statement = statement.where(ApiClient.tenant_id == tenant.id)
        return [
            ListedCredential(
                identifier=row.identifier,
                signs=bool(row.public_keys),
                client_kind=client.kind,
                client_name=client.name,
                tenant_number=number,
                scopes=known(row.scopes),
                created_at=row.created_at,
                expires_at=row.expires_at,
                last_used_at=row.last_used_at,
                revoked_at=row.revoked_at,
            )
            for row, client, number in await session.rows(statement)
        ]


async def revoke(
    database: Database, kind: CredentialKind, identifier: str, *, now: datetime
) -> datetime:
    """Revoke a credential, and return when it was: revoking again changes nothing.

    Raises UnknownCredentialError.
    """
    async with database.write(SYSTEM_SCOPE) as session:
        chosen = _WITH_CLIENT.where(Credential.kind == kind, Credential.identifier == identifier)
        rows = await session.rows(chosen.with_for_update(of=Credential))
        if not rows:
            raise UnknownCredentialError(
                f"There is no {_NAMES[kind]} {identifier}: `partnergraph {_COMMANDS[kind]} list` "
                "shows all."
            )
        [(credential, client)] = rows
        return await _revoke(session, credential, client, now)


async def revoke_all(database: Database, client_name: str, *, now: datetime) -> None:
    """Revoke every credential of the clients of that name."""
    async with database.write(SYSTEM_SCOPE) as session:
        active = _WITH_CLIENT.where(ApiClient.name == client_name, Credential.revoked_at.is_(None))
        for credential, client in await session.rows(active):
            await _revoke(session, credential, client, now)


async def _store(
    database: Database,
    row: Credential,
    *,
    client_name: str,
    now: datetime,
    kind: ClientKind = ClientKind.PARTNER,
    tenant_number: str | None = None,
    scopes: frozenset[OAuthScope] | None = None,
    expires_at: datetime | None = None,
) -> None:
    row.scopes = sorted(grant(kind, scopes))
    row.created_at, row.expires_at = now, expires_at
    async with database.write(SYSTEM_SCOPE) as session:
        client = await _locked_client(session, kind, tenant_number, client_name, now)
        await _check_room(session, client, row)
        row.client_id = client.id
        session.add(row)
        details = {"client": client.name, "scopes": row.scopes}
        await record_operation(
            session, _CREATED[row.kind], row.identifier, client.tenant_id, now, **details
        )


async def _revoke(
    session: WriteSession, credential: Credential, client: ApiClient, now: datetime
) -> datetime:
    if credential.revoked_at is None:
        credential.revoked_at = now
        action, subject = _REVOKED[credential.kind], credential.identifier
        await record_operation(session, action, subject, client.tenant_id, now, client=client.name)
    return credential.revoked_at


async def _locked_client(
    session: WriteSession, kind: ClientKind, tenant_number: str | None, name: str, now: datetime
) -> ApiClient:
    """The client of that name, created if there is none, and locked until the transaction ends.

    The lock serialises those who add credentials to a client, so that each counts correctly.
    """
    if (kind is ClientKind.PARTNER) != (tenant_number is not None):
        raise ValueError("a partner's clients belong to a tenant, the carrier's own to none")
    tenant_id = None
    if tenant_number is not None:
        tenant_id = (await find_tenant(session, tenant_number)).id
    statement = (
        select(ApiClient)
        .where(
            ApiClient.kind == kind,
            ApiClient.tenant_id.is_not_distinct_from(tenant_id),
            ApiClient.name == name,
        )
        .with_for_update()
    )
    client = await session.scalar(statement)
    if client is not None:
        return client
    client = ApiClient(kind=kind, tenant_id=tenant_id, name=name, created_at=now)
    try:
        async with session.savepoint():
            session.add(client)
            await session.flush()
    except IntegrityError:
        # Created concurrently, and committed: the unique index waited for that.
        concurrent = await session.scalar(statement)
        if concurrent is None:
            raise
        return concurrent
    return client


async def _check_room(session: WriteSession, client: ApiClient, row: Credential) -> None:
    """Raises TooManyActiveError if the locked client may not have the new credential."""
    active = await session.scalar(
        select(func.count())
        .select_from(Credential)
        .where(
            Credential.client_id == client.id,
            Credential.kind == row.kind,
            Credential.revoked_at.is_(None),
            or_(Credential.expires_at.is_(None), Credential.expires_at > row.created_at),
        )
    )
    if (active or 0) >= MOST_ACTIVE:
        raise TooManyActiveError(
            f"{client.name!r} already has {MOST_ACTIVE} active {_NAMES[row.kind]}s: revoke one "
            "first, or use another name."
        )
