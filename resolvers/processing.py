"""How long orders take, by the orders in scope that are completed."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from db.conditions import Where, one_of
from db.enums import BusinessCase, OrderStatus
from db.models import Order, Product
from db.queries.products import processing_times
from execution.resolving import EVERYTHING, Rows
from resolvers import relations
from resolvers.batch_loader import resolved
from resolvers.context import Context

OF_PRODUCT = one_of(Order.product_id)
OF_BUSINESS_CASE = one_of(Order.business_case)


class Sample(NamedTuple):
    """The completed orders of one product and business case."""

    product: Product
    business_case: BusinessCase
    size: int
    median: int
    """Seconds from receipt to completion, like `percentile_90`."""
    percentile_90: int


async def samples(context: Context, where: Where, product_rows: Rows = EVERYTHING) -> list[Sample]:
    """A sample for each product and business case that has completed orders, sorted by the
    product's name. The orders meet the conditions."""
    rows = await context.session.tuples(processing_times(where))
    keys = [product_id for product_id, *_ in rows]
    product_rows = product_rows.reading("id", "family", "name")
    products = await resolved(context.loaders.one(relations.PRODUCT, keys, product_rows))
    return sorted(
        (
            Sample(product, *values)
            for (_, *values), product in zip(rows, products, strict=True)
            if product is not None
        ),
        key=lambda sample: (sample.product.name, sample.business_case),
    )


async def samples_for_orders(
    context: Context, orders: Sequence[Order], product_rows: Rows = EVERYTHING
) -> list[Sample | None]:
    """The sample that each order can be compared with. None if the order has ended, or if no
    order of its product and business case is completed."""

    async def load(keys: list[tuple[UUID, BusinessCase]]) -> list[Sample | None]:
        product_ids, business_cases = zip(*keys, strict=True)
        where = Where.of(
            [
                ("product", OF_PRODUCT, product_ids),
                ("business_case", OF_BUSINESS_CASE, business_cases),
            ]
        )
        by_key = {
            (sample.product.id, sample.business_case): sample
            for sample in await samples(context, where, product_rows)
        }
        return [by_key.get(key) for key in keys]

    keys = [
        (order.product_id, order.business_case)
        if order.product_id is not None and order.status is OrderStatus.IN_PROGRESS
        else None
        for order in orders
    ]
    return await resolved(context.loaders.values(("samples", product_rows), load, keys))
