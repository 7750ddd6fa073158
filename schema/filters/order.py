"""How lists of orders are filtered and sorted."""

import strawberry

from db.queries import orders as queries
from resolvers import lookups
from resolvers.context import Context
from resolvers.text import optional_text
from schema.connection import connection_of
from schema.enums import BusinessCase, Direction, OrderPhase, OrderSortField, OrderStatus
from schema.filters.ranges import DateTimeRange, instants, members
from schema.listing import Listing


@strawberry.input(description="Conditions on orders; an order must meet all that are given.")
class OrderFilter:
    status: list[OrderStatus] | None = strawberry.field(
        default=None, description="In one of these states."
    )
    phase: list[OrderPhase] | None = strawberry.field(
        default=None, description="In one of these phases."
    )
    business_case: list[BusinessCase] | None = strawberry.field(
        default=None, description="Of one of these business cases."
    )
    received: DateTimeRange | None = strawberry.field(
        default=None, description="Received in this range."
    )
    updated: DateTimeRange | None = strawberry.field(
        default=None,
        description="Last changed in this range. To synchronise, sort by `UPDATED_AT` ascending "
        "and start a few minutes before the last `updatedAt` that you have read: what the carrier "
        "reports in bulk appears a little after its time. `version` tells what you have already.",
    )
    expected: DateTimeRange | None = strawberry.field(
        default=None, description="Expected to be completed in this range."
    )
    customer: str | None = strawberry.field(
        default=None, description="Of the customer with this number."
    )
    tenant: str | None = strawberry.field(
        default=None, description="Of the tenant with this number, or of one below it."
    )
    product: str | None = strawberry.field(
        default=None, description="Whose main product has this number."
    )
    has_contract: bool | None = strawberry.field(
        default=None, description="With, or without, a contract."
    )
    needs_action: bool | None = strawberry.field(
        default=None, description="Waiting, or not waiting, for somebody to act: `actionRequired`."
    )
    delayed: bool | None = strawberry.field(
        default=None, description="With, or without, a delay that is not resolved."
    )
    external_id: str | None = strawberry.field(
        default=None, description="Known under this external id: the whole of it."
    )
    search: str | None = strawberry.field(
        default=None,
        description="Words that all occur in the order, contract or offer number, an external id "
        "or the customer's name. Parts of words do; case does not matter.",
    )


@strawberry.input(description="An order of orders.")
class OrderSort:
    field: OrderSortField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


OrderConnection = connection_of("Order")


async def to_order_filter(context: Context, given: OrderFilter | None) -> queries.OrderFilter:
    if given is None:
        return queries.OrderFilter()
    return queries.OrderFilter(
        status=members(given.status),
        phase=members(given.phase),
        business_case=members(given.business_case),
        received=instants(given.received),
        updated=instants(given.updated),
        expected=instants(given.expected),
        customer_ids=await lookups.customer_ids(context, given.customer),
        tenant_ids=await lookups.tenant_ids(context, given.tenant),
        product_ids=await lookups.product_ids(context, given.product),
        has_contract=given.has_contract,
        needs_action=given.needs_action,
        delayed=given.delayed,
        external_id=optional_text("externalId", given.external_id),
        search=optional_text("search", given.search),
    )


ORDERS = Listing(
    queries.ORDERS,
    OrderFilter,
    to_order_filter,
    OrderSort,
    (OrderSortField.RECEIVED_AT, Direction.DESC),
    "the newest received first",
)
