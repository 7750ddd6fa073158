"""Finds the tenants that operators name by number."""

from sqlalchemy import select

from auth.admin import AdminError
from db.models import Tenant
from db.session import ReadSession


class UnknownTenantError(AdminError):
    """There is no tenant of that number."""


async def find_tenant(session: ReadSession, number: str) -> Tenant:
    """The tenant of that number. Raises UnknownTenantError."""
    tenants = await session.entities(select(Tenant).where(Tenant.number == number))
    if not tenants:
        raise UnknownTenantError(f"There is no tenant {number}.")
    return tenants[0]
