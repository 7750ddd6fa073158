"""How lists of offers are filtered and sorted."""

import strawberry

from db.queries import offers as queries
from resolvers import lookups
from resolvers.context import Context
from resolvers.text import optional_text
from schema.connection import connection_of
from schema.enums import BusinessCase, Direction, OfferSortField, OfferStatus
from schema.filters.ranges import DateTimeRange, instants, members
from schema.listing import Listing


@strawberry.input(description="Conditions on offers; an offer must meet all that are given.")
class OfferFilter:
    status: list[OfferStatus] | None = strawberry.field(
        default=None, description="In one of these states."
    )
    business_case: list[BusinessCase] | None = strawberry.field(
        default=None, description="Of one of these business cases."
    )
    created: DateTimeRange | None = strawberry.field(
        default=None, description="Made in this range."
    )
    updated: DateTimeRange | None = strawberry.field(
        default=None, description="Last changed in this range."
    )
    customer: str | None = strawberry.field(
        default=None, description="For the customer with this number."
    )
    tenant: str | None = strawberry.field(
        default=None, description="Of the tenant with this number, or of one below it."
    )
    has_order: bool | None = strawberry.field(
        default=None, description="From which an order has, or has not, resulted."
    )
    search: str | None = strawberry.field(
        default=None,
        description="Words that all occur in the offer number or the customer's name. Parts of "
        "words do; case does not matter.",
    )


@strawberry.input(description="An order of offers.")
class OfferSort:
    field: OfferSortField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


OfferConnection = connection_of("Offer")


async def to_offer_filter(context: Context, given: OfferFilter | None) -> queries.OfferFilter:
    if given is None:
        return queries.OfferFilter()
    return queries.OfferFilter(
        status=members(given.status),
        business_case=members(given.business_case),
        created=instants(given.created),
        updated=instants(given.updated),
        customer_ids=await lookups.customer_ids(context, given.customer),
        tenant_ids=await lookups.tenant_ids(context, given.tenant),
        has_order=given.has_order,
        search=optional_text("search", given.search),
    )


OFFERS = Listing(
    queries.OFFERS,
    OfferFilter,
    to_offer_filter,
    OfferSort,
    (OfferSortField.CREATED_AT, Direction.DESC),
    "the newest first",
)
