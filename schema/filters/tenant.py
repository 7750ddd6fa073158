"""How lists of tenants are filtered and sorted."""

import strawberry

from db.queries import tenants as queries
from resolvers.context import Context
from resolvers.text import optional_text
from schema.connection import connection_of
from schema.enums import Direction, TenantSortField
from schema.listing import Listing


@strawberry.input(description="Conditions on tenants; a tenant must meet all that are given.")
class TenantFilter:
    search: str | None = strawberry.field(
        default=None,
        description="Words that all occur in the tenant's number or name. Parts of "
        "words do; case does not matter.",
    )


@strawberry.input(description="An order of tenants.")
class TenantSort:
    field: TenantSortField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


TenantConnection = connection_of("Tenant")


async def to_tenant_filter(_: Context, given: TenantFilter | None) -> queries.TenantFilter:
    return queries.TenantFilter(
        search=optional_text("search", given.search) if given is not None else None
    )


TENANTS = Listing(
    queries.TENANTS,
    TenantFilter,
    to_tenant_filter,
    TenantSort,
    (TenantSortField.NAME, Direction.ASC),
    "by name",
)
