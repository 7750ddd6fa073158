"""How lists of offers are filtered and sorted."""

import strawberry

from db.queries import offers as queries
from resolvers import lookups
from resolvers.context import Context
from schema.enums import BusinessCase, Direction, OfferSortField, OfferStatus
from schema.fields import condition
from schema.filters.ranges import DateTimeRange, instants, members, search_of
from schema.listing import Listing


@strawberry.input(
    description="Conditions on offers. An offer must meet all conditions that are set."
)
class OfferFilter:
    status: list[OfferStatus] | None = condition("Offers that have one of these statuses.")
    business_case: list[BusinessCase] | None = condition("Offers for one of these business cases.")
    created: DateTimeRange | None = condition("Offers that were created in this range.")
    updated: DateTimeRange | None = condition("Offers that last changed in this range.")
    customer: str | None = condition('Offers to the customer with this number: "K-100042".')
    tenant: str | None = condition(
        'Offers of the tenant with this number, or of a tenant below it: "M-10001".'
    )
    has_order: bool | None = condition(
        "If true, offers that resulted in an order; if false, all others."
    )
    search: str | None = condition(
        "Offers in which every one of these words occurs: in the offer number, or in the "
        "customer's name (with the scope `customers:read`). Texts that your credential "
        "may not read are not searched. A word also matches as a part of a longer word. Case is "
        "ignored."
    )


@strawberry.input(description="How to sort offers.")
class OfferSort:
    field: OfferSortField = strawberry.field(description="Field to sort by.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Sort direction.")


async def to_offer_filter(context: Context, filter: OfferFilter | None) -> queries.OfferFilter:
    if filter is None:
        return queries.OfferFilter()
    return queries.OfferFilter(
        status=members(filter.status),
        business_case=members(filter.business_case),
        created=instants(filter.created),
        updated=instants(filter.updated),
        customer_ids=await lookups.customer_ids(context, filter.customer),
        tenant_ids=await lookups.tenant_ids(context, filter.tenant),
        has_order=filter.has_order,
        search=search_of(context, filter.search),
    )


OFFERS = Listing(
    queries.OFFERS,
    OfferFilter,
    to_offer_filter,
    OfferSort,
    (OfferSortField.CREATED_AT, Direction.DESC),
    "the newest first",
)
