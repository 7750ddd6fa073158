"""The part of the tenant tree that a named tenant's reports are about."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from db.faults import is_contention
from db.models import Tenant
from db.queries.tenants import subtree
from db.scope.tenant_scope import TenantScope
from db.session import Database
from ordering.catalogue import find_or_add_product, unknown_products
from ordering.unit_of_work import UnitOfWork

_ATTEMPTS = 3


async def part_of(database: Database, tenant: str | None) -> TenantScope:
    """The scope of a tenant with everything below it.

    The carrier's if none is named, or if it is not known yet: only the carrier adds tenants.
    """
    carrier = TenantScope.carrier()
    if tenant is None:
        return carrier
    async with database.read(carrier) as session:
        rows = await session.tuples(
            select(Tenant.id, Tenant.root_tenant_id).where(Tenant.number == tenant)
        )
        if not rows:
            return carrier
        [(tenant_id, root)] = rows
        if tenant_id == root:
            return TenantScope.tree(root)
        below = await session.tuples(subtree(tenant))
        return TenantScope.tenants(root, tuple(tenant_id for (tenant_id,) in below))


async def add_products(database: Database, scope: TenantScope, names: Mapping[str, str]) -> None:
    """Add the products, by number and name, that the catalogue does not have, in a transaction of
    its own.

    All tenants share the catalogue, so the role of a single tenant may not write it. A product
    stays even if its order is rejected afterwards.
    """
    async with database.read(scope) as session:
        if not await unknown_products(session, names):
            return
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with database.write(TenantScope.carrier()) as session:
                unit = UnitOfWork(session)
                for number in await unknown_products(session, names):
                    find_or_add_product(unit.lookups, number, names[number])
                await unit.save()
                return
        except DBAPIError as error:
            # A concurrent intake may have just added the same product.
            is_concurrent = isinstance(error, IntegrityError) or is_contention(error)
            if not is_concurrent or attempt == _ATTEMPTS:
                raise
