"""How lists of orders are filtered and sorted."""

import strawberry

from db.queries import orders as queries
from resolvers import lookups
from resolvers.context import Context
from resolvers.text import optional_text
from schema.enums import BusinessCase, Direction, OrderPhase, OrderSortField, OrderStatus
from schema.fields import condition
from schema.filters.ranges import DateTimeRange, instants, members, search_of
from schema.listing import Listing


@strawberry.input(
    description="Conditions on orders. An order must meet all conditions that are set."
)
class OrderFilter:
    status: list[OrderStatus] | None = condition("Orders that have one of these statuses.")
    phase: list[OrderPhase] | None = condition("Orders that are in one of these phases.")
    business_case: list[BusinessCase] | None = condition("Orders for one of these business cases.")
    received: DateTimeRange | None = condition("Orders that were received in this range.")
    updated: DateTimeRange | None = condition(
        "Orders that last changed in this range. To synchronise, sort by `UPDATED_AT` ascending "
        "and start a quarter of an hour before the last `updatedAt` that you have read: changes "
        "that the carrier reports in bulk become visible some time after their `updatedAt`. "
        "Compare `version` to skip orders that you already have."
    )
    expected: DateTimeRange | None = condition(
        "Orders whose `expectedCompletionDate` is in this range. Orders without a date never match."
    )
    customer: str | None = condition('Orders for the customer with this number: "K-100042".')
    tenant: str | None = condition(
        'Orders of the tenant with this number, or of a tenant below it: "M-10001".'
    )
    product: str | None = condition('Orders whose main product has this number: "CF-KOMFORT".')
    has_contract: bool | None = condition(
        "If true, orders with a contract; if false, orders without one."
    )
    needs_action: bool | None = condition(
        "If true, orders whose `actionRequired` is not null; if false, all others."
    )
    delayed: bool | None = condition(
        "If true, orders in progress with a delay that is not resolved; if false, all others."
    )
    external_id: str | None = condition(
        "Orders that have this external id. The whole id must match."
    )
    search: str | None = condition(
        "Orders in which every one of these words occurs: in the order's number or an external id, "
        "in the number of its offer (with the scope `offers:read`) or of its contract "
        "(`contracts:read`), or in its customer's name (`customers:read`). Texts that "
        "your credential may not read are not searched. A word also matches as a part of a longer "
        "word. Case is ignored."
    )


@strawberry.input(description="How to sort orders.")
class OrderSort:
    field: OrderSortField = strawberry.field(description="Field to sort by.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Sort direction.")


async def to_order_filter(context: Context, filter: OrderFilter | None) -> queries.OrderFilter:
    if filter is None:
        return queries.OrderFilter()
    return queries.OrderFilter(
        status=members(filter.status),
        phase=members(filter.phase),
        business_case=members(filter.business_case),
        received=instants(filter.received),
        updated=instants(filter.updated),
        expected=instants(filter.expected),
        customer_ids=await lookups.customer_ids(context, filter.customer),
        tenant_ids=await lookups.tenant_ids(context, filter.tenant),
        product_ids=await lookups.product_ids(context, filter.product),
        has_contract=filter.has_contract,
        needs_action=filter.needs_action,
        delayed=filter.delayed,
        external_id=optional_text("externalId", filter.external_id),
        search=search_of(context, filter.search),
    )


ORDERS = Listing(
    queries.ORDERS,
    OrderFilter,
    to_order_filter,
    OrderSort,
    (OrderSortField.RECEIVED_AT, Direction.DESC),
    "the most recently received first",
)
