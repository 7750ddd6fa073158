"""Lists of customers, sites and tenants: what can be asked of them."""

import strawberry

from db.queries import customers as queries
from db.queries import tenants as tenant_queries
from resolvers import lookups
from resolvers.context import Context
from resolvers.text import optional_text
from schema.common import DateTimeRange, instants, members
from schema.enums import CustomerKind, CustomerSortField, Direction, TenantSortField
from schema.listing import Listing
from schema.paging import connection_of


@strawberry.input(description="Conditions on customers; a customer must meet all that are given.")
class CustomerFilter:
    kind: list[CustomerKind] | None = strawberry.field(
        default=None, description="Of one of these kinds."
    )
    created: DateTimeRange | None = strawberry.field(
        default=None, description="Registered in this range."
    )
    updated: DateTimeRange | None = strawberry.field(
        default=None, description="Whose master data last changed in this range."
    )
    tenant: str | None = strawberry.field(
        default=None, description="Of the tenant with this number, or of one below it."
    )
    search: str | None = strawberry.field(
        default=None,
        description="Words that all occur in the customer's number or name. Parts of words do; "
        "case does not matter.",
    )


@strawberry.input(description="An order of customers.")
class CustomerSort:
    field: CustomerSortField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


CustomerConnection = connection_of("Customer")


async def to_customer_filter(
    context: Context, given: CustomerFilter | None
) -> queries.CustomerFilter:
    if given is None:
        return queries.CustomerFilter()
    return queries.CustomerFilter(
        kind=members(given.kind),
        created=instants(given.created),
        updated=instants(given.updated),
        tenant_ids=await lookups.tenant_ids(context, given.tenant),
        search=optional_text("search", given.search),
    )


CUSTOMERS = Listing(
    queries.CUSTOMERS,
    CustomerFilter,
    to_customer_filter,
    CustomerSort,
    (CustomerSortField.NAME, Direction.ASC),
    "by name",
)

SiteConnection = connection_of("Site")


async def _all_sites(_: Context, __: None) -> queries.SiteFilter:
    return queries.SiteFilter()


SITES = Listing(
    queries.SITES,
    None,
    _all_sites,
    None,
    (queries.SiteSortField.NUMBER, Direction.ASC),
    "by number",
)


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


async def to_tenant_filter(_: Context, given: TenantFilter | None) -> tenant_queries.TenantFilter:
    return tenant_queries.TenantFilter(
        search=optional_text("search", given.search) if given is not None else None
    )


TENANTS = Listing(
    tenant_queries.TENANTS,
    TenantFilter,
    to_tenant_filter,
    TenantSort,
    (TenantSortField.NAME, Direction.ASC),
    "by name",
)
