"""How lists of carts are filtered."""

import strawberry

from db.conditions import one_of
from db.models import Cart
from db.queries import lists
from schema.enums import BusinessCase, CartStatus, Direction
from schema.inputs import ServedBy, condition
from schema.listing import Listing


@strawberry.input(description="Conditions on carts. A cart must meet all conditions that are set.")
class CartFilter:
    status: list[CartStatus] | None = condition(
        one_of(Cart.status), "Carts that have one of these statuses.", served_by=ServedBy.ORDER
    )
    business_case: list[BusinessCase] | None = condition(
        one_of(Cart.business_case),
        "Carts for one of these business cases.",
        served_by=ServedBy.ORDER,
    )


CARTS = Listing(
    lists.CARTS,
    "carts",
    CartFilter,
    None,
    (Cart.created_at, Direction.DESC),
    "the newest first",
)
