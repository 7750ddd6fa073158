"""Registers, lists and removes the origins of pages that may use a client's widget sessions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from auth.admin import AdminError
from auth.admin.tenants import find_tenant
from auth.audit import record_operation
from auth.tenant_scope import SYSTEM_SCOPE
from db.enums import AuditAction
from db.models import ApiClient, Tenant, WidgetOrigin
from db.session import Database, WriteSession

MOST_ORIGINS = 20
"""Origins of one client: every worker reads all origins once a second."""

_LONGEST = 255
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(
    rf"(?P<scheme>https?)://(?P<host>\[[0-9a-f:]+\]|{_LABEL}(\.{_LABEL})*)(:(?P<port>[1-9][0-9]{{0,4}}))?"
)
_LOCAL = {"localhost", "127.0.0.1", "[::1]"}
_DEFAULT_PORTS = {"https": "443", "http": "80"}


class UnusableOriginError(AdminError):
    """Not an origin that can be registered."""


class UnknownClientError(AdminError):
    """The tenant has no client of that name."""


class TooManyOriginsError(AdminError):
    """The client has as many origins as it may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOrigin:
    """What an operator sees of an origin."""

    origin: str
    client_name: str
    tenant_number: str
    created_at: datetime


async def add(
    database: Database, *, tenant_number: str, client_name: str, origin: str, now: datetime
) -> bool:
    """Register an origin for a client; False if it already was.

    Raises UnusableOriginError, UnknownTenantError, UnknownClientError and TooManyOriginsError.
    """
    if (problem := _problem(origin)) is not None:
        raise UnusableOriginError(f"{origin} cannot be registered: {problem}.")
    async with database.write(SYSTEM_SCOPE) as session:
        client = await _locked_client(session, tenant_number, client_name)
        count = select(func.count()).where(WidgetOrigin.client_id == client.id)
        if await session.scalar(count.where(WidgetOrigin.origin == origin)):
            return False
        if (await session.scalar(count) or 0) >= MOST_ORIGINS:
            raise TooManyOriginsError(
                f"{client_name!r} of tenant {tenant_number} already has {MOST_ORIGINS} origins: "
                "remove one first."
            )
        session.add(WidgetOrigin(client_id=client.id, origin=origin, created_at=now))
        action = AuditAction.WIDGET_ORIGIN_ADDED
        await record_operation(session, action, origin, client.tenant_id, now, client=client.name)
        return True


async def remove(
    database: Database, *, tenant_number: str, client_name: str, origin: str, now: datetime
) -> bool:
    """Remove an origin from a client, which ends its sessions; False if it was not registered.

    Raises UnknownTenantError and UnknownClientError.
    """
    async with database.write(SYSTEM_SCOPE) as session:
        client = await _locked_client(session, tenant_number, client_name)
        removed = await session.execute(
            delete(WidgetOrigin)
            .where(WidgetOrigin.client_id == client.id, WidgetOrigin.origin == origin)
            .returning(WidgetOrigin.origin)
        )
        if removed.first() is None:
            return False
        action = AuditAction.WIDGET_ORIGIN_REMOVED
        await record_operation(session, action, origin, client.tenant_id, now, client=client.name)
        return True


async def list_origins(
    database: Database, tenant_number: str | None = None
) -> Sequence[ListedOrigin]:
    """All origins, or those of one tenant's own clients: by tenant, client and origin.

    Raises UnknownTenantError.
    """
    statement = (
        select(
            WidgetOrigin.origin,
            WidgetOrigin.created_at,
            ApiClient.name.label("client_name"),
            Tenant.number.label("tenant_number"),
        )
        .join(ApiClient, ApiClient.id == WidgetOrigin.client_id)
        .join(Tenant, Tenant.id == ApiClient.tenant_id)
        .order_by(Tenant.number, ApiClient.name, WidgetOrigin.origin)
    )
    async with database.read(SYSTEM_SCOPE) as session:
        if tenant_number is not None:
            tenant = await find_tenant(session, tenant_number)
            statement = statement.where(ApiClient.tenant_id == tenant.id)
        return [
            ListedOrigin(
                origin=row.origin,
                client_name=row.client_name,
                tenant_number=row.tenant_number,
                created_at=row.created_at,
            )
            for row in await session.rows(statement)
        ]


def _problem(origin: str) -> str | None:
    """Why an origin cannot be registered; None if a browser could send it, and safely."""
    parts = _ORIGIN.fullmatch(origin)
    if parts is None or len(origin) > _LONGEST:
        return (
            "it must be a scheme and a host in lower case, like https://portal.example.de, without "
            "a path, a trailing slash or a wildcard"
        )
    scheme, host, port = parts["scheme"], parts["host"], parts["port"]
    if scheme == "http" and host not in _LOCAL:
        return "it must begin with https:// unless it is localhost"
    if port == _DEFAULT_PORTS[scheme]:
        return f"browsers leave out the port {port}, which is the default"
    if port is not None and int(port) > 65_535:
        return "there is no such port"
    return None


async def _locked_client(session: WriteSession, tenant_number: str, name: str) -> ApiClient:
    """The tenant's client of that name, locked until the transaction ends."""
    tenant = await find_tenant(session, tenant_number)
    client = await session.scalar(
        select(ApiClient)
        .where(ApiClient.tenant_id == tenant.id, ApiClient.name == name)
        .with_for_update()
    )
    if client is None:
        raise UnknownClientError(
            f"Tenant {tenant_number} has no client {name!r}: first create its key "
            "(`partnergraph api-key create`) or its OAuth client "
            "(`partnergraph oauth-client create`)."
        )
    return client
