"""Products: filtered pages, and how long their orders take."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select

from db.enums import ProductFamily
from db.expressions import any_key
from db.keyset import Collection
from db.models import Order, Product
from db.queries.conditions import one_of


class ProductSortField(StrEnum):
    NAME = "NAME"
    NUMBER = "NUMBER"


@dataclass(frozen=True, slots=True)
class ProductFilter:
    family: tuple[ProductFamily, ...] | None = None


PRODUCTS: Collection[Product, ProductFilter] = Collection(
    Product,
    Product.id,
    {ProductSortField.NAME: Product.name, ProductSortField.NUMBER: Product.number},
    lambda filter: one_of(Product.family, filter.family),
)


def ids_of_product(number: str) -> Select[UUID]:
    return select(Product.id).where(Product.number == number)


@cache
def processing_times(
    *, of_products: bool = False, of_cases: bool = False
) -> Select[*tuple[Any, ...]]:
    """`(product_id, business_case, sample_size, median_seconds, percentile_90_seconds)` of the
    completed orders in scope: a row for each pair that has any.

    With `of_products`, only of the products in the parameter `product_ids`; with `of_cases`, only
    of the business cases in the parameter `business_cases`. Percentiles use the nearest-rank
    method, which both databases can compute.

    Each statement is built once: SQLAlchemy's elements refer to each other, and only the garbage
    collector would free those of a request.
    """
    conditions: list[ColumnElement[bool]] = [
        Order.processing_seconds.is_not(None),
        Order.product_id.is_not(None),
    ]
    if of_cases:
        conditions.append(any_key(Order.business_case, "business_cases"))
    if of_products:
        conditions.append(any_key(Order.product_id, "product_ids"))
    pair = (Order.product_id, Order.business_case)
    ranked = (
        select(
            *pair,
            Order.processing_seconds.label("seconds"),
            func.row_number()
            .over(partition_by=pair, order_by=Order.processing_seconds)
            .label("place"),
            func.count().over(partition_by=pair).label("size"),
        )
        .where(*conditions)
        .subquery()
    )

    def nearest_rank(percent: int) -> ColumnElement[int | None]:
        rank = (ranked.c.size * percent + 99) // 100
        return func.max(case((ranked.c.place == rank, ranked.c.seconds)))

    return (
        select(
            ranked.c.product_id,
            ranked.c.business_case,
            func.max(ranked.c.size).label("sample_size"),
            nearest_rank(50).label("median_seconds"),
            nearest_rank(90).label("percentile_90_seconds"),
        )
        .group_by(ranked.c.product_id, ranked.c.business_case)
        .order_by(ranked.c.business_case, ranked.c.product_id)
    )
