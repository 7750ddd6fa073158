"""How lists of carts are filtered."""

import strawberry

from db.queries import offers as queries
from resolvers.context import Context
from schema.enums import BusinessCase, CartStatus, Direction
from schema.fields import condition
from schema.filters.ranges import members
from schema.listing import Listing


@strawberry.input(description="Conditions on carts. A cart must meet all conditions that are set.")
class CartFilter:
    status: list[CartStatus] | None = condition("Carts that have one of these statuses.")
    business_case: list[BusinessCase] | None = condition("Carts for one of these business cases.")


async def to_cart_filter(_: Context, filter: CartFilter | None) -> queries.CartFilter:
    if filter is None:
        return queries.CartFilter()
    return queries.CartFilter(
        status=members(filter.status), business_case=members(filter.business_case)
    )


CARTS = Listing(
    queries.CARTS,
    CartFilter,
    to_cart_filter,
    None,
    (queries.CartSortField.CREATED_AT, Direction.DESC),
    "the newest first",
)
