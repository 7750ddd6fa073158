"""How lists of customers are filtered and sorted."""

import strawberry

from db.queries import customers as queries
from resolvers import lookups
from resolvers.context import Context
from resolvers.text import optional_text
from schema.connection import connection_of
from schema.enums import CustomerKind, CustomerSortField, Direction
from schema.filters.ranges import DateTimeRange, instants, members
from schema.listing import Listing


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
