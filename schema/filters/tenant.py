"""How lists of tenants are filtered and sorted."""

import strawberry

from db.queries import tenants as queries
from resolvers.context import Context
from resolvers.text import optional_text
from schema.enums import Direction, TenantSortField
from schema.fields import condition
from schema.listing import Listing


@strawberry.input(
    description="Conditions on tenants. A tenant must meet all conditions that are set."
)
class TenantFilter:
    search: str | None = condition(
        "Tenants in which every one of these words occurs: in the tenant number or in the name. A "
        "word also matches as a part of a longer word. Case is ignored."
    )


@strawberry.input(description="How to sort tenants.")
class TenantSort:
    field: TenantSortField = strawberry.field(description="Field to sort by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Sort direction.")


async def to_tenant_filter(_: Context, filter: TenantFilter | None) -> queries.TenantFilter:
    return queries.TenantFilter(
        search=None if filter is None else optional_text("search", filter.search)
    )


TENANTS = Listing(
    queries.TENANTS,
    TenantFilter,
    to_tenant_filter,
    TenantSort,
    (TenantSortField.NAME, Direction.ASC),
    "by name",
)
