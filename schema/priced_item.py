"""Items of carts and contracts."""

import strawberry

from db.models.carts import PricedItem as PricedItemRow
from execution.resolving import reads
from resolvers import relations
from schema.characteristic import Characteristic
from schema.fields import to_one
from schema.money import Money


@reads("one_time_amount", "currency")
def _one_time(root: strawberry.Parent[PricedItemRow]) -> Money | None:
    return Money.of(root.one_time_amount, root.currency)


@reads("monthly_amount", "currency")
def _monthly(root: strawberry.Parent[PricedItemRow]) -> Money | None:
    return Money.of(root.monthly_amount, root.currency)


@reads("characteristics")
def _characteristics(root: strawberry.Parent[PricedItemRow]) -> list[Characteristic]:
    return Characteristic.list_of(root.characteristics)


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
    one_time_price: Money | None = strawberry.field(
        resolver=_one_time,
        description="The one-time price for a quantity of one. Null if there is none.",
    )
    monthly_price: Money | None = strawberry.field(
        resolver=_monthly,
        description="The monthly price for a quantity of one. Null if there is none.",
    )
    characteristics: list[Characteristic] = strawberry.field(
        resolver=_characteristics, description="The properties of the product."
    )
