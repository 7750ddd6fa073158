"""Reads the audit log of all tenants."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from auth.admin.tenants import find_tenant
from auth.tenant_scope import SYSTEM_SCOPE
from db.enums import AuditAction
from db.models import AuditEntry, Tenant
from db.session import Database


async def list_entries(
    database: Database,
    *,
    tenant_number: str | None = None,
    actions: Collection[AuditAction] = (),
    since: datetime | None = None,
) -> Sequence[tuple[AuditEntry, str | None]]:
    """Entries with the number of their tenant, oldest first. Raises UnknownTenantError.

    With a tenant's number, those of this tenant alone and not of the tenants below it.
    """
    statement = (
        select(AuditEntry, Tenant.number)
        .outerjoin(Tenant, Tenant.id == AuditEntry.tenant_id)
        .order_by(AuditEntry.occurred_at, AuditEntry.id)
    )
    if actions:
        statement = statement.where(AuditEntry.action.in_(actions))
    if since is not None:
        statement = statement.where(AuditEntry.occurred_at >= since)
    async with database.read(SYSTEM_SCOPE) as session:
        if tenant_number is not None:
            tenant = await find_tenant(session, tenant_number)
            statement = statement.where(AuditEntry.tenant_id == tenant.id)
        return [(entry, number) for entry, number in await session.rows(statement)]
