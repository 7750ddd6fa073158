"""`X-Tenant: NUMBER` restricts a request to one of the tenants that its principal sees."""

from dataclasses import replace

from sqlalchemy import select

from auth.clock import Clock
from auth.principal import Principal
from auth.ttl_cache import Lookup
from db.models import Tenant
from db.queries.tenants import subtree
from db.scope.tenant_scope import TenantScope
from db.session import Database

HEADER = "X-Tenant"
LONGEST_NUMBER = 100

TenantAndScope = tuple[int, TenantScope]


class UnknownTenantError(Exception):
    """The principal sees no tenant of that number: it does not exist, or is another partner's."""


class ActingTenants:
    """Restricts principals to a tenant. One per process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._visible = Lookup(clock.monotonic, self._read)

    async def restrict(self, principal: Principal, number: str | None) -> Principal:
        """The principal acting for the tenant of that number and all below it.

        Raises UnknownTenantError.
        """
        if number is None or number == principal.tenant_number:
            return principal
        # A principal of one customer sees no tenant as a whole.
        if principal.customer_id is not None:
            raise UnknownTenantError
        if not number or len(number) > LONGEST_NUMBER or "\0" in number:
            raise UnknownTenantError
        visible = await self._visible.find((principal.tenant_scope, number))
        if visible is None:
            raise UnknownTenantError
        tenant_id, scope = visible
        return replace(principal, tenant_id=tenant_id, tenant_number=number, tenant_scope=scope)

    async def _read(self, key: tuple[TenantScope, str]) -> TenantAndScope | None:
        """Read the tenant within the principal's own scope, so that it cannot be widened."""
        scope, number = key
        async with self._database.read(scope) as session:
            rows = await session.tuples(
                select(Tenant.id, Tenant.root_tenant_id).where(Tenant.number == number)
            )
            if not rows:
                return None
            [(tenant_id, root)] = rows
            if tenant_id == root:
                return tenant_id, TenantScope.tree(root)
            ids = await session.tuples(subtree(number))
            return tenant_id, TenantScope.tenants(root, tuple(id_ for (id_,) in ids))
