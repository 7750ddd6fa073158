"""Items of carts and contracts."""

import strawberry

from resolvers import relations
from schema.characteristic import Characteristic, characteristics_of
from schema.fields import to_one
from schema.money import Money, money_of


@strawberry.type(description="An item of a cart or a contract.")
class PricedItem:
    position: int = strawberry.field(description="The position of the item, from 1.")
    product = to_one(
        relations.PRODUCT,
        "product_id",
        "The product in the catalogue. Null if the item names none.",
    )
    name: str = strawberry.field(description="The name of the item.")
    quantity: int = strawberry.field(description="The quantity.")
    one_time_price: Money | None = money_of(
        "one_time_amount", "The one-time price for a quantity of one. Null if there is none."
    )
    monthly_price: Money | None = money_of(
        "monthly_amount", "The monthly price for a quantity of one. Null if there is none."
    )
    characteristics: list[Characteristic] = characteristics_of(
        "characteristics", "The properties of the product."
    )
