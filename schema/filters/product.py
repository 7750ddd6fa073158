"""How the list of products is filtered."""

import strawberry

from db.queries import products as queries
from resolvers.context import Context
from schema.connection import connection_of
from schema.enums import Direction, ProductFamily
from schema.filters.ranges import members
from schema.listing import Listing


@strawberry.input(description="Conditions on products; a product must meet all that are given.")
class ProductFilter:
    family: list[ProductFamily] | None = strawberry.field(
        default=None, description="Of one of these kinds."
    )


ProductConnection = connection_of("Product")


async def to_product_filter(_: Context, given: ProductFilter | None) -> queries.ProductFilter:
    return queries.ProductFilter(members(given.family) if given is not None else None)


PRODUCTS = Listing(
    queries.PRODUCTS,
    ProductFilter,
    to_product_filter,
    None,
    (queries.ProductSortField.NAME, Direction.ASC),
    "by name",
)
