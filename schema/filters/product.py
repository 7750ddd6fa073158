"""How the list of products is filtered."""

import strawberry

from db.conditions import one_of
from db.models import Product
from db.queries import lists
from schema.enums import Direction, ProductFamily
from schema.inputs import ServedBy, condition
from schema.listing import Listing


@strawberry.input(
    description="Conditions on products. A product must meet all conditions that are set."
)
class ProductFilter:
    family: list[ProductFamily] | None = condition(
        one_of(Product.family), "Products of one of these families.", served_by=ServedBy.ORDER
    )


PRODUCTS = Listing(
    lists.PRODUCTS,
    "products",
    ProductFilter,
    None,
    (Product.name, Direction.ASC),
    "by name",
)
