"""The portal's users: how they are made, listed, linked, disabled and found.

A user works for a tenant, or belongs to one of its customers. Signing in is the identity provider's
business; here stands who may, and what they see.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Literal
from uuid import UUID
from weakref import WeakValueDictionary

from sqlalchemy import and_, select, true
from sqlalchemy.exc import IntegrityError

from auth import audit, log_names, tenant_scope
from auth.clients import UnknownTenantError
from auth.clock import Clock
from auth.oauth_scopes import CUSTOMER_USER_SCOPES, TENANT_USER_SCOPES, OAuthScope
from auth.principal import Principal, PrincipalKind
from auth.ttl_cache import TTLCache
from db.enums import AuditAction
from db.models import Customer, PortalUser, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database, WriteSession

_BEFORE_ANYBODY_IS_KNOWN = TenantScope.carrier()
_REMEMBERED = 10_000


class UnknownUserError(Exception):
    """There is no user of that address."""


class SeveralUsersError(Exception):
    """Users of more than one partner have that address; `tenants` are theirs, by number."""

    def __init__(self, tenants: Sequence[str]) -> None:
        super().__init__(", ".join(tenants))
        self.tenants = tenants


class UnknownCustomerError(Exception):
    """The tenant has no customer of that number."""


class UserExistsError(Exception):
    """The partner has a user of that address already."""


class SubjectTakenError(Exception):
    """The subject is another user's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUser:
    """What an operator sees of a user."""

    tenant_number: str
    customer_number: str | None
    name: str
    email: str
    subject: str | None
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUser:
    """A user as they are now; they may have been disabled."""

    id: UUID
    name: str
    tenant_id: int
    tenant_number: str
    scope: TenantScope
    disabled_at: datetime | None

    def principal(
        self,
        *,
        token_id: str,
        narrowed: frozenset[OAuthScope] | None,
        expires_at: datetime,
    ) -> Principal:
        """Who asks with a token of this user: never more than the user may."""
        whole = TENANT_USER_SCOPES if self.scope.customer_id is None else CUSTOMER_USER_SCOPES
        return Principal(
            kind=PrincipalKind.PORTAL_USER,
            client_id=self.id,
            client_name=self.name,
            account=log_names.of_user(self.tenant_number, self.id),
            token_id=token_id,
            tenant_id=self.tenant_id,
            tenant_number=self.tenant_number,
            tenant_scope=self.scope,
            scopes=whole if narrowed is None else whole & narrowed,
            expires_at=expires_at,
        )


class PortalUsers:
    """Users by what tokens call them, each read from the database once a second at the most."""

    def __init__(self, database: Database, clock: Clock, claim: Literal["sub", "email"]) -> None:
        self._database = database
        self._claim = claim
        self._found: TTLCache[str, Sequence[FoundUser]] = TTLCache(_REMEMBERED, clock.monotonic)
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def find(self, called: str) -> Sequence[FoundUser]:
        """Those who are called so: more than one if an address is used in several trees."""
        # Requests that come together read once.
        async with self._reading.setdefault(called, asyncio.Lock()):
            users = self._found.get(called)
            if users is None:
                users = await find(self._database, self._claim, called)
                self._found.put(called, users)
            return users


async def find(
    database: Database, claim: Literal["sub", "email"], called: str
) -> Sequence[FoundUser]:
    """The users whose subject or address it is, with what they see, in one statement."""
    so_called = (PortalUser.subject if claim == "sub" else PortalUser.email) == called
    subtree = tenant_scope.below(
        select(Tenant.id)
        .join(PortalUser, PortalUser.tenant_id == Tenant.id)
        .where(so_called, PortalUser.customer_id.is_(None))
    )
    statement = (
        select(
            PortalUser,
            Tenant.id.label("tenant_id"),
            Tenant.root_tenant_id,
            Tenant.number.label("tenant_number"),
            subtree.c.id.label("seen_id"),
        )
        .join(Tenant, Tenant.id == PortalUser.tenant_id)
        .outerjoin(subtree, true())
        .where(so_called)
        .order_by(PortalUser.id, subtree.c.id)
    )
    async with database.read(_BEFORE_ANYBODY_IS_KNOWN) as session:
        rows = await session.rows(statement)
    users = []
    for user, group in groupby(rows, key=lambda row: row.PortalUser):
        theirs = list(group)
        first = theirs[0]
        users.append(
            FoundUser(
                id=user.id,
                name=user.name,
                tenant_id=first.tenant_id,
                tenant_number=first.tenant_number,
                scope=tenant_scope.scope(theirs)
                if user.customer_id is None
                else TenantScope.customer(first.root_tenant_id, first.tenant_id, user.customer_id),
                disabled_at=user.disabled_at,
            )
        )
    return users


async def create(
    database: Database,
    *,
    tenant_number: str,
    customer_number: str | None = None,
    name: str,
    email: str,
    now: datetime,
) -> None:
    """Make a user of a tenant or, with a customer's number, of that customer of the tenant."""
    try:
        async with database.write(_BEFORE_ANYBODY_IS_KNOWN) as session:
            tenants = await session.entities(select(Tenant).where(Tenant.number == tenant_number))
            if not tenants:
                raise UnknownTenantError(tenant_number)
            [tenant] = tenants
            customer_id = None
            if customer_number is not None:
                customer_id = await session.scalar(
                    select(Customer.id).where(
                        Customer.tenant_id == tenant.id, Customer.number == customer_number
                    )
                )
                if customer_id is None:
                    raise UnknownCustomerError(customer_number)
            user = PortalUser(
                tenant_id=tenant.id,
                root_tenant_id=tenant.root_tenant_id,
                customer_id=customer_id,
                name=name,
                email=email,
                created_at=now,
            )
            session.add(user)
            await session.flush()
            of = {} if customer_number is None else {"customer": customer_number}
            await _record(session, AuditAction.PORTAL_USER_CREATED, user, tenant_number, now, **of)
    except IntegrityError:
        raise UserExistsError(email) from None


async def list_users(database: Database, tenant_number: str | None = None) -> Sequence[ListedUser]:
    """All users, or those of one tenant and its customers: by tenant, customer and address."""
    statement = (
        select(PortalUser, Tenant.number, Customer.number)
        .join(Tenant, Tenant.id == PortalUser.tenant_id)
        .outerjoin(
            Customer,
            and_(Customer.id == PortalUser.customer_id, Customer.tenant_id == PortalUser.tenant_id),
        )
        .order_by(Tenant.number, Customer.number.is_not(None), Customer.number, PortalUser.email)
    )
    async with database.read(_BEFORE_ANYBODY_IS_KNOWN) as session:
        if tenant_number is not None:
            statement = statement.where(Tenant.number == tenant_number)
            own = select(Tenant.id).where(Tenant.number == tenant_number)
            if await session.scalar(own) is None:
                raise UnknownTenantError(tenant_number)
        return [
            ListedUser(
                tenant_number=tenant,
                customer_number=customer,
                name=user.name,
                email=user.email,
                subject=user.subject,
                created_at=user.created_at,
                disabled_at=user.disabled_at,
            )
            for user, tenant, customer in await session.rows(statement)
        ]


async def link(
    database: Database,
    email: str,
    subject: str,
    *,
    now: datetime,
    tenant_number: str | None = None,
) -> str | None:
    """Say what the provider calls a user, and return what it called them before."""
    try:
        async with _one_user(database, email, tenant_number) as (session, user, number):
            before, user.subject = user.subject, subject
            if before != subject:
                linked, again = AuditAction.PORTAL_USER_LINKED, before is not None
                await _record(session, linked, user, number, now, again=again)
            return before
    except IntegrityError:
        raise SubjectTakenError(subject) from None


async def disable(
    database: Database, email: str, *, now: datetime, tenant_number: str | None = None
) -> datetime:
    """Let a user not sign in any more, and return since when: one who is disabled stays so."""
    async with _one_user(database, email, tenant_number) as (session, user, number):
        if user.disabled_at is None:
            user.disabled_at = now
            await _record(session, AuditAction.PORTAL_USER_DISABLED, user, number, now)
        return user.disabled_at


async def enable(
    database: Database, email: str, *, now: datetime, tenant_number: str | None = None
) -> None:
    """Let a user sign in again."""
    async with _one_user(database, email, tenant_number) as (session, user, number):
        if user.disabled_at is not None:
            user.disabled_at = None
            await _record(session, AuditAction.PORTAL_USER_ENABLED, user, number, now)


async def _record(
    session: WriteSession,
    action: AuditAction,
    user: PortalUser,
    tenant_number: str,
    at: datetime,
    **details: Any,
) -> None:
    """Write into the audit log what was done to a user, who is called as in logs: what can never
    be deleted holds neither their name nor their address."""
    await audit.record(
        session,
        action,
        by=audit.OPERATOR,
        at=at,
        subject=log_names.of_user(tenant_number, user.id),
        tenant_id=user.tenant_id,
        **details,
    )


@asynccontextmanager
async def _one_user(
    database: Database, email: str, tenant_number: str | None
) -> AsyncIterator[tuple[WriteSession, PortalUser, str]]:
    """The user of that address, to be changed, with the tenant's number; raises UnknownUserError
    and SeveralUsersError."""
    statement = (
        select(PortalUser, Tenant.number)
        .join(Tenant, Tenant.id == PortalUser.tenant_id)
        .where(PortalUser.email == email)
        .order_by(Tenant.number)
        .with_for_update(of=PortalUser)
    )
    if tenant_number is not None:
        statement = statement.where(Tenant.number == tenant_number)
    async with database.write(_BEFORE_ANYBODY_IS_KNOWN) as session:
        rows = await session.rows(statement)
        if not rows:
            raise UnknownUserError(email)
        if len(rows) > 1:
            raise SeveralUsersError([number for _, number in rows])
        [(user, number)] = rows
        yield session, user, number
