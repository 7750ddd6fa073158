"""Items of carts and contracts."""

import strawberry

from db.models.carts import PricedItem as PricedItemRow
from execution.resolving import reads
from resolvers import relations
from schema.characteristic import Characteristic
from schema.fields import lazy, to_one
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


@strawberry.type(description="A position of a cart, or of a contract.")
class PricedItem:
    position: int = strawberry.field(description="The item's place, from 1.")
    product = strawberry.field(
        resolver=to_one(relations.PRODUCT, "product_id"),
        graphql_type=lazy("Product") | None,
        description="The product, where the item names one of the catalogue.",
    )
    name: str = strawberry.field(description="What it is, in words.")
    quantity: int = strawberry.field(description="How many.")
    one_time_price: Money | None = strawberry.field(
        resolver=_one_time, description="What one of it costs once."
    )
    monthly_price: Money | None = strawberry.field(
        resolver=_monthly, description="What one of it costs every month."
    )
    characteristics: list[Characteristic] = strawberry.field(
        resolver=_characteristics, description="The product's properties."
    )
