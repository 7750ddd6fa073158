"""How the list of products is filtered."""

import strawberry

from db.queries import products as queries
from resolvers.context import Context
from schema.enums import Direction, ProductFamily
from schema.fields import condition
from schema.filters.ranges import members
from schema.listing import Listing


@strawberry.input(
    description="Conditions on products. A product must meet all conditions that are set."
)
class ProductFilter:
    family: list[ProductFamily] | None = condition("Products of one of these families.")


async def to_product_filter(_: Context, filter: ProductFilter | None) -> queries.ProductFilter:
    return queries.ProductFilter(None if filter is None else members(filter.family))


PRODUCTS = Listing(
    queries.PRODUCTS,
    ProductFilter,
    to_product_filter,
    None,
    (queries.ProductSortField.NAME, Direction.ASC),
    "by name",
)
