"""How lists of customers are filtered and sorted."""

import strawberry

from db.queries import customers as queries
from resolvers import lookups
from resolvers.context import Context
from schema.enums import CustomerKind, CustomerSortField, Direction
from schema.fields import condition
from schema.filters.ranges import DateTimeRange, instants, members, search_of
from schema.listing import Listing


@strawberry.input(
    description="Conditions on customers. A customer must meet all conditions that are set."
)
class CustomerFilter:
    kind: list[CustomerKind] | None = condition("Businesses of one of these kinds.")
    created: DateTimeRange | None = condition("Customers that were registered in this range.")
    updated: DateTimeRange | None = condition(
        "Customers whose master data last changed in this range."
    )
    tenant: str | None = condition(
        'Customers of the tenant with this number, or of a tenant below it: "M-10001".'
    )
    search: str | None = condition(
        "Customers in which every one of these words occurs: in the customer number or in the "
        "name. A word also matches as a part of a longer word. Case is ignored."
    )


@strawberry.input(description="How to sort customers.")
class CustomerSort:
    field: CustomerSortField = strawberry.field(description="Field to sort by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Sort direction.")


async def to_customer_filter(
    context: Context, filter: CustomerFilter | None
) -> queries.CustomerFilter:
    if filter is None:
        return queries.CustomerFilter()
    return queries.CustomerFilter(
        kind=members(filter.kind),
        created=instants(filter.created),
        updated=instants(filter.updated),
        tenant_ids=await lookups.tenant_ids(context, filter.tenant),
        search=search_of(context, filter.search),
    )


CUSTOMERS = Listing(
    queries.CUSTOMERS,
    CustomerFilter,
    to_customer_filter,
    CustomerSort,
    (CustomerSortField.NAME, Direction.ASC),
    "by name",
)
