"""How long orders take, from those that are completed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from db.enums import BusinessCase, OrderStatus
from db.models import Order, Product
from db.queries.products import processing_times as statement
from execution.resolving import EVERYTHING, Rows
from ordering.automation import is_automated
from ordering.calendar import later
from resolvers import relations
from resolvers.batch_loader import resolved
from resolvers.context import Context


@dataclass
class ProcessingTime:
    """What the completed orders of one product and business case took."""

    product: Product
    business_case: BusinessCase
    automated: bool
    sample_size: int
    median_seconds: int
    percentile_90_seconds: int


@dataclass
class ProcessingEstimate:
    """What one order will take, by what others took."""

    basis: ProcessingTime
    received_at: datetime

    @property
    def expected_at(self) -> datetime:
        return later(self.received_at, timedelta(seconds=self.basis.median_seconds))

    @property
    def latest_at(self) -> datetime:
        return later(self.received_at, timedelta(seconds=self.basis.percentile_90_seconds))


async def processing_times(
    context: Context,
    product_ids: tuple[UUID, ...] | None,
    business_cases: tuple[BusinessCase, ...] | None,
    wanted_of_products: Rows = EVERYTHING,
) -> list[ProcessingTime]:
    """By product and business case, the products in the order of their names."""
    rows = await context.session.tuples(
        statement(of_products=product_ids is not None, of_cases=business_cases is not None),
        product_ids=product_ids,
        business_cases=business_cases,
    )
    keys = [product_id for product_id, *_ in rows]
    wanted = wanted_of_products.reading("id", "family", "name")
    products = await resolved(context.loaders.one(relations.PRODUCT, keys, wanted))
    times = [
        ProcessingTime(
            product,
            business_case,
            is_automated(product.family, business_case),
            size,
            median,
            percentile_90,
        )
        for (_, business_case, size, median, percentile_90), product in zip(
            rows, products, strict=True
        )
        if product is not None
    ]
    return sorted(times, key=lambda time: (time.product.name, time.business_case))


async def processing_estimates(
    context: Context, orders: Sequence[Order], wanted_of_products: Rows = EVERYTHING
) -> list[ProcessingEstimate | None]:
    """None where the order has ended, or none of its product and business case is completed."""

    async def load(
        keys: list[tuple[UUID, BusinessCase]],
    ) -> list[ProcessingTime | None]:
        times = await processing_times(
            context,
            tuple({key[0] for key in keys}),
            tuple({key[1] for key in keys}),
            wanted_of_products,
        )
        found = {(time.product.id, time.business_case): time for time in times}
        return [found.get(key) for key in keys]

    keys = [
        (order.product_id, order.business_case)
        if order.product_id is not None and order.status is OrderStatus.IN_PROGRESS
        else None
        for order in orders
    ]
    name = "processing_estimate", wanted_of_products
    bases = await resolved(context.loaders.values(name, load, keys))
    return [
        None if basis is None else ProcessingEstimate(basis, order.received_at)
        for order, basis in zip(orders, bases, strict=True)
    ]
