"""The origins whose pages may ask in a browser: registered for a client, letter by letter.

An origin is what browsers send as `Origin` (RFC 6454): scheme, host, and the port unless it is the
usual one. Nothing is a pattern: a subdomain that somebody else controls must not match.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select

from auth import audit
from auth.clients import UnknownTenantError
from auth.clock import Clock
from auth.ttl_cache import Lookup
from db.enums import AuditAction
from db.models import ApiClient, Tenant, WidgetOrigin
from db.scope.tenant_scope import TenantScope
from db.session import Database, WriteSession

MOST_ORIGINS = 20
"""Origins of one client: every server reads all of them once a second."""

_BEFORE_ANYBODY_IS_KNOWN = TenantScope.carrier()
_LONGEST = 255
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(
    rf"(?P<scheme>https?)://(?P<host>\[[0-9a-f:]+\]|{_LABEL}(\.{_LABEL})*)(:(?P<port>[1-9][0-9]{{0,4}}))?"
)
_LOCAL = {"localhost", "127.0.0.1", "[::1]"}
_USUAL_PORTS = {"https": "443", "http": "80"}


class UnusableOriginError(Exception):
    """Not an origin that can be registered; the message says why."""


class UnknownClientError(Exception):
    """The tenant has no client of that name."""


class TooManyOriginsError(Exception):
    """The client has as many origins as it may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOrigin:
    origin: str
    client_name: str
    tenant_number: str
    created_at: datetime


class Origins:
    """Which clients have registered an origin. One for each process.

    All of them are read together, once a second: a page can make up origins without end, and none
    of them may cost a statement.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._known: Lookup[None, Mapping[str, frozenset[UUID]]] = Lookup(
            1, clock.monotonic, self._read
        )

    async def clients(self, origin: str | None) -> frozenset[UUID]:
        """The clients that have registered it; of no client is it where nobody has."""
        if not origin:
            return frozenset()
        return (await self._known.find(None)).get(origin, frozenset())

    async def _read(self, _all: None) -> Mapping[str, frozenset[UUID]]:
        found = defaultdict(set)
        async with self._database.read(_BEFORE_ANYBODY_IS_KNOWN) as session:
            for row in await session.rows(select(WidgetOrigin.origin, WidgetOrigin.client_id)):
                found[row.origin].add(row.client_id)
        return {origin: frozenset(clients) for origin, clients in found.items()}


def check(origin: str) -> None:
    """Raises UnusableOriginError unless a browser could send it, and safely."""
    parts = _ORIGIN.fullmatch(origin)
    if parts is None or len(origin) > _LONGEST:
        raise UnusableOriginError(
            "it must be a scheme and a host in lower case, like https://portal.example.de, without "
            "a path, a slash at the end or a wildcard"
        )
    scheme, host, port = parts["scheme"], parts["host"], parts["port"]
    if scheme == "http" and host not in _LOCAL:
        raise UnusableOriginError("it must begin with https://; only localhost may go without")
    if port == _USUAL_PORTS[scheme]:
        raise UnusableOriginError(f"browsers leave out the port {port}, which is the usual one")
    if port is not None and int(port) > 65_535:
        raise UnusableOriginError("there is no such port")


async def add(
    database: Database, *, tenant_number: str, client_name: str, origin: str, now: datetime
) -> bool:
    """Register an origin for a client; False if it was registered already."""
    check(origin)
    async with database.write(_BEFORE_ANYBODY_IS_KNOWN) as session:
        tenant_id, client_id = await _client(session, tenant_number, client_name)
        registered = select(func.count()).where(WidgetOrigin.client_id == client_id)
        if await session.scalar(registered.where(WidgetOrigin.origin == origin)):
            return False
        if (await session.scalar(registered) or 0) >= MOST_ORIGINS:
            raise TooManyOriginsError(client_name)
        session.add(WidgetOrigin(client_id=client_id, origin=origin, created_at=now))
        await audit.record(
            session,
            AuditAction.WIDGET_ORIGIN_ADDED,
            by=audit.OPERATOR,
            at=now,
            subject=origin,
            tenant_id=tenant_id,
            client=client_name,
        )
        return True


async def remove(
    database: Database, *, tenant_number: str, client_name: str, origin: str, now: datetime
) -> bool:
    """Take an origin from a client, with its sessions; False if it was not registered."""
    async with database.write(_BEFORE_ANYBODY_IS_KNOWN) as session:
        tenant_id, client_id = await _client(session, tenant_number, client_name)
        own = WidgetOrigin.client_id == client_id, WidgetOrigin.origin == origin
        there = await session.scalar(select(func.count()).where(*own))
        if not there:
            return False
        await session.execute(delete(WidgetOrigin).where(*own))
        await audit.record(
            session,
            AuditAction.WIDGET_ORIGIN_REMOVED,
            by=audit.OPERATOR,
            at=now,
            subject=origin,
            tenant_id=tenant_id,
            client=client_name,
        )
        return True


async def list_origins(
    database: Database, tenant_number: str | None = None
) -> Sequence[ListedOrigin]:
    """All origins, or those of one tenant's own clients: by tenant, client and origin."""
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
    async with database.read(_BEFORE_ANYBODY_IS_KNOWN) as session:
        if tenant_number is not None:
            statement = statement.where(Tenant.number == tenant_number)
            own = select(Tenant.id).where(Tenant.number == tenant_number)
            if await session.scalar(own) is None:
                raise UnknownTenantError(tenant_number)
        return [
            ListedOrigin(
                origin=row.origin,
                client_name=row.client_name,
                tenant_number=row.tenant_number,
                created_at=row.created_at,
            )
            for row in await session.rows(statement)
        ]


async def _client(session: WriteSession, tenant_number: str, name: str) -> tuple[int, UUID]:
    """The tenant of that number and its client of that name, locked until the transaction ends."""
    tenant_id = await session.scalar(select(Tenant.id).where(Tenant.number == tenant_number))
    if tenant_id is None:
        raise UnknownTenantError(tenant_number)
    client_id = await session.scalar(
        select(ApiClient.id)
        .where(ApiClient.tenant_id == tenant_id, ApiClient.name == name)
        .with_for_update()
    )
    if client_id is None:
        raise UnknownClientError(name)
    return tenant_id, client_id
