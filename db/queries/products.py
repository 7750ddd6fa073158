"""Products: their look-up, and how long their orders take."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select

from db.conditions import EVERYTHING, Where
from db.models import Order, Product
from db.rows import TupleQuery


def ids_of_product(number: str) -> Select[UUID]:
    return select(Product.id).where(Product.number == number)


def processing_times(where: Where = EVERYTHING) -> TupleQuery:
    """`(product_id, business_case, sample_size, median_seconds, percentile_90_seconds)` of the
    completed orders that meet the conditions: a row for each pair that has any.

    Percentiles use the nearest-rank method, which both databases can compute.
    """
    return TupleQuery(
        ("processing times", where.shape), lambda: _processing_times(where), where.parameters
    )


def _processing_times(where: Where) -> Select[*tuple[Any, ...]]:
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
        .where(
            Order.processing_seconds.is_not(None),
            Order.product_id.is_not(None),
            *where.clauses(),
        )
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
