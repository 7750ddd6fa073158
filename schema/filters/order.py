"""How lists of orders are filtered and sorted."""

from enum import Enum

import strawberry

from auth.oauth_scopes import OAuthScope
from db.conditions import either, one_of, searched, within
from db.models import Order
from db.queries import lists
from db.queries.orders import HAS_EXTERNAL_ID
from schema.enums import BusinessCase, Direction, OrderPhase, OrderStatus
from schema.filters.numbers import of_customer, of_product, of_tenant
from schema.filters.ranges import DateTimeRange
from schema.inputs import ServedBy, condition, sort_by
from schema.listing import Listing


@strawberry.input(
    description="Conditions on orders. An order must meet all conditions that are set."
)
class OrderFilter:
    status: list[OrderStatus] | None = condition(
        one_of(Order.status), "Orders that have one of these statuses.", served_by=ServedBy.ORDER
    )
    phase: list[OrderPhase] | None = condition(
        one_of(Order.phase), "Orders that are in one of these phases."
    )
    business_case: list[BusinessCase] | None = condition(
        one_of(Order.business_case),
        "Orders for one of these business cases.",
        served_by=ServedBy.ORDER,
    )
    received: DateTimeRange | None = condition(
        within(Order.received_at), "Orders that were received in this range."
    )
    updated: DateTimeRange | None = condition(
        within(Order.updated_at),
        "Orders that last changed in this range. To synchronise, sort by `UPDATED_AT` ascending "
        "and start a quarter of an hour before the last `updatedAt` that you have read: changes "
        "that the carrier reports in bulk become visible some time after their `updatedAt`. "
        "Compare `version` to skip orders that you already have.",
    )
    expected: DateTimeRange | None = condition(
        within(Order.expected_completion_date),
        "Orders whose `expectedCompletionDate` is in this range. Orders without a date never "
        "match.",
        served_by=ServedBy.SCAN,
    )
    customer: str | None = of_customer(
        Order.customer_id, 'Orders for the customer with this number: "K-100042".'
    )
    tenant: str | None = of_tenant(
        Order.tenant_id,
        'Orders of the tenant with this number, or of a tenant below it: "M-10001".',
    )
    product: str | None = of_product(
        Order.product_id, 'Orders whose main product has this number: "CF-KOMFORT".'
    )
    has_contract: bool | None = condition(
        either(Order.contract_id.is_not(None)),
        "If true, orders with a contract; if false, orders without one.",
        OAuthScope.CONTRACTS_READ,
    )
    needs_action: bool | None = condition(
        either(Order.action_text.is_not(None)),
        "If true, orders whose `actionRequired` is not null; if false, all others.",
        served_by=ServedBy.ORDER,
    )
    delayed: bool | None = condition(
        either(Order.delayed.is_(True)),
        "If true, orders in progress with a delay that is not resolved; if false, all others.",
        served_by=ServedBy.ORDER,
    )
    external_id: str | None = condition(
        HAS_EXTERNAL_ID, "Orders that have this external id. The whole id must match."
    )
    search: str | None = condition(
        searched(Order),
        "Orders in which every one of these words occurs: in the order's number or an external id, "
        "in the number of its offer (with the scope `offers:read`) or of its contract "
        "(`contracts:read`), or in its customer's name (`customers:read`). Texts that "
        "your credential may not read are not searched. A word also matches as a part of a longer "
        "word. Case is ignored.",
    )


@strawberry.enum(description="The fields that orders can be sorted by.")
class OrderSortField(Enum):
    RECEIVED_AT = sort_by(Order.received_at, "By `receivedAt`.")
    UPDATED_AT = sort_by(Order.updated_at, "By `updatedAt`.")
    EXPECTED_COMPLETION_DATE = sort_by(
        Order.expected_sort, "By `expectedCompletionDate`. Null sorts after every date."
    )
    NUMBER = sort_by(Order.number, "By `number`, as text.")


ORDERS = Listing(
    lists.ORDERS,
    "orders",
    OrderFilter,
    OrderSortField,
    (OrderSortField.RECEIVED_AT, Direction.DESC),
    "the most recently received first",
)
