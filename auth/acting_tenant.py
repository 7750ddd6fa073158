"""`X-Tenant: NUMBER`: a principal acts for a part of what it sees, never for more."""

from dataclasses import replace

from sqlalchemy import select

from auth.clock import Clock
from auth.principal import Principal
from auth.ttl_cache import TTLCache
from db.models import Tenant
from db.queries.tenants import subtree
from db.scope.tenant_scope import TenantScope
from db.session import Database

HEADER = "X-Tenant"

Part = tuple[int, TenantScope]
"""A tenant, and what is seen from there."""

_LONGEST_NUMBER = 100
_REMEMBERED = 10_000


class OutOfReachError(Exception):
    """The header names no tenant that the principal sees: there is none, or it is another's."""


class Narrowing:
    """Narrows principals. One for each process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._narrowed: TTLCache[tuple[TenantScope, str], Part | None] = TTLCache(
            _REMEMBERED, clock.monotonic
        )

    async def narrow(self, principal: Principal, number: str | None) -> Principal:
        """The principal within the tenant of that number; raises OutOfReachError.

        One statement a second for each part of a tree that is asked for.
        """
        if number is None or number == principal.tenant_number:
            return principal
        if principal.customer_id is not None:
            # Sees one customer: no tenant is a part of that.
            raise OutOfReachError
        if not number or len(number) > _LONGEST_NUMBER or "\0" in number:
            raise OutOfReachError
        key = principal.tenant_scope, number
        if key in self._narrowed:
            part = self._narrowed.get(key)
        else:
            part = await self._part(principal.tenant_scope, number)
            self._narrowed.put(key, part)
        if part is None:
            raise OutOfReachError
        tenant_id, scope = part
        return replace(principal, tenant_id=tenant_id, tenant_number=number, tenant_scope=scope)

    async def _part(self, scope: TenantScope, number: str) -> Part | None:
        """Looked up within the principal's own scope, so that it cannot be widened."""
        async with self._database.read(scope) as session:
            rows = await session.tuples(
                select(Tenant.id, Tenant.root_tenant_id).where(Tenant.number == number)
            )
            if not rows:
                return None
            [(tenant_id, root)] = rows
            if tenant_id == root:
                return tenant_id, TenantScope.tree(root)
            below = await session.tuples(subtree(number))
            return tenant_id, TenantScope.tenants(root, tuple(each for (each,) in below))
