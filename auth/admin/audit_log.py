"""Reads the audit log of all tenants."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from auth.admin.tenants import find_tenant
from auth.tenant_scope import SYSTEM_SCOPE
from db.enums import AuditAction
from db.models import AnyAuditEntry, Tenant
from db.session import Database


async def list_entries(
    database: Database,
    *,
    tenant_number: str | None = None,
    actions: Collection[AuditAction] = (),
    since: datetime | None = None,
) -> Sequence[tuple[AnyAuditEntry, str | None]]:
    """Entries with the number of their tenant, oldest first. Raises UnknownTenantError.

    With a tenant's number, those of this tenant alone and not of the tenants below it.
    """
    statement = (
        select(AnyAuditEntry, Tenant.number)
        .outerjoin(Tenant, Tenant.id == AnyAuditEntry.tenant_id)
        .order_by(AnyAuditEntry.occurred_at, AnyAuditEntry.id)
    )
    if actions:
        statement = statement.where(AnyAuditEntry.action.in_(actions))
    if since is not None:
        statement = statement.where(AnyAuditEntry.occurred_at >= since)
    async with database.read(SYSTEM_SCOPE) as session:
        if tenant_number is not None:
            tenant = await find_tenant(session, tenant_number)
            statement = statement.where(AnyAuditEntry.tenant_id == tenant.id)
        return [(entry, number) for entry, number in await session.rows(statement)]
