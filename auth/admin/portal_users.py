"""Creates, lists, links, disables and enables the portal's users."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from auth import log_names
from auth.admin import AdminError
from auth.admin.tenants import find_tenant
from auth.audit import record_operation
from auth.tenant_scope import SYSTEM_SCOPE
from db.base import linked
from db.enums import AuditAction
from db.models import Customer, PortalSubject, PortalUser, Tenant
from db.session import Database, WriteSession


class UnknownUserError(AdminError):
    """There is no user of that address."""


class SeveralUsersError(AdminError):
    """Users of several partners have that address."""


class UnknownCustomerError(AdminError):
    """The tenant has no customer of that number."""


class UserExistsError(AdminError):
    """The partner already has a user of that address."""


class SubjectTakenError(AdminError):
    """Another user is linked to the subject."""


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


async def create(
    database: Database,
    *,
    tenant_number: str,
    customer_number: str | None = None,
    name: str,
    email: str,
    now: datetime,
) -> None:
    """Create a user of a tenant or, with a customer's number, of that customer of the tenant.

    Raises UnknownTenantError, UnknownCustomerError and UserExistsError.
    """
    try:
        async with database.write(SYSTEM_SCOPE) as session:
            tenant = await find_tenant(session, tenant_number)
            customer_id = None
            if customer_number is not None:
                customer_id = await session.scalar(
                    select(Customer.id).where(
                        Customer.tenant_id == tenant.id, Customer.number == customer_number
                    )
                )
                if customer_id is None:
                    raise UnknownCustomerError(
                        f"Tenant {tenant_number} has no customer {customer_number}."
                    )
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
            details = {} if customer_number is None else {"customer": customer_number}
            created = AuditAction.PORTAL_USER_CREATED
            await _record(session, created, user, tenant_number, now, **details)
    except IntegrityError:
        raise UserExistsError(
            f"Tenant {tenant_number}, or another tenant in its tree, already has a user {email}."
        ) from None


async def list_users(database: Database, tenant_number: str | None = None) -> Sequence[ListedUser]:
    """All users, or those of one tenant and its customers: by tenant, customer and address.

    Raises UnknownTenantError.
    """
    statement = (
        select(PortalUser, Tenant.number, Customer.number, PortalSubject.subject)
        .join(Tenant, Tenant.id == PortalUser.tenant_id)
        .outerjoin(Customer, linked(PortalUser.customer_id, Customer))
        .outerjoin(PortalSubject, PortalSubject.user_id == PortalUser.id)
        .order_by(Tenant.number, Customer.number.is_not(None), Customer.number, PortalUser.email)
    )
    async with database.read(SYSTEM_SCOPE) as session:
        if tenant_number is not None:
            tenant = await find_tenant(session, tenant_number)
            statement = statement.where(PortalUser.tenant_id == tenant.id)
        return [
            ListedUser(
                tenant_number=tenant_number_of_user,
                customer_number=customer_number,
                name=user.name,
                email=user.email,
                subject=subject,
                created_at=user.created_at,
                disabled_at=user.disabled_at,
            )
            for user, tenant_number_of_user, customer_number, subject in await session.rows(
                statement
            )
        ]


async def link(
    database: Database, email: str, subject: str, *, now: datetime, tenant_number: str | None = None
) -> str | None:
    """Link a user to the provider's subject, and return the previous one.

    Raises UnknownUserError, SeveralUsersError and SubjectTakenError.
    """
    try:
        async with _one_user(database, email, tenant_number) as (session, user, number):
            row = await session.scalar(
                select(PortalSubject).where(PortalSubject.user_id == user.id)
            )
            previous = None if row is None else row.subject
            if previous != subject:
                await _replace_subject(session, user, row, subject)
                linked, again = AuditAction.PORTAL_USER_LINKED, previous is not None
                await _record(session, linked, user, number, now, again=again)
            return previous
    except IntegrityError:
        raise SubjectTakenError(
            f"Another user is linked to {subject}: a subject is one person, and one user."
        ) from None


async def disable(
    database: Database, email: str, *, now: datetime, tenant_number: str | None = None
) -> datetime:
    """Disable a user, and return since when they are: disabling again changes nothing.

    Raises UnknownUserError and SeveralUsersError.
    """
    async with _one_user(database, email, tenant_number) as (session, user, number):
        if user.disabled_at is None:
            user.disabled_at = now
            await _record(session, AuditAction.PORTAL_USER_DISABLED, user, number, now)
        return user.disabled_at


async def enable(
    database: Database, email: str, *, now: datetime, tenant_number: str | None = None
) -> None:
    """Enable a disabled user. Raises UnknownUserError and SeveralUsersError."""
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
    """Record a change of a user under their name in logs: the audit log, which is never deleted,
    holds neither names nor addresses."""
    subject = log_names.of_user(tenant_number, user.id)
    await record_operation(session, action, subject, user.tenant_id, at, **details)


async def _replace_subject(
    session: WriteSession, user: PortalUser, previous: PortalSubject | None, subject: str
) -> None:
    if previous is not None:
        previous.subject = subject
    else:
        session.add(
            PortalSubject(
                subject=subject,
                root_tenant_id=user.root_tenant_id,
                tenant_id=user.tenant_id,
                user_id=user.id,
            )
        )
    await session.flush()


@asynccontextmanager
async def _one_user(
    database: Database, email: str, tenant_number: str | None
) -> AsyncIterator[tuple[WriteSession, PortalUser, str]]:
    """The locked user of that address and the number of their tenant, in a transaction.

    Raises UnknownUserError and SeveralUsersError.
    """
    statement = (
        select(PortalUser, Tenant.number)
        .join(Tenant, Tenant.id == PortalUser.tenant_id)
        .where(PortalUser.email == email)
        .order_by(Tenant.number)
    )
    if tenant_number is not None:
        statement = statement.where(Tenant.number == tenant_number)
    async with database.write(SYSTEM_SCOPE) as session:
        rows = await session.rows(statement)
        if not rows:
            raise UnknownUserError(f"There is no user {email}: `partnergraph user list` shows all.")
        if len(rows) > 1:
            tenants = ", ".join(number for _, number in rows)
            raise SeveralUsersError(
                f"Several tenants have a user {email}: choose one with --tenant, of {tenants}."
            )
        [(user, number)] = rows
        # FOR UPDATE on a distributed database works on one node: the root in the key names it.
        await session.execute(
            select(PortalUser)
            .where(PortalUser.root_tenant_id == user.root_tenant_id, PortalUser.id == user.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        yield session, user, number
