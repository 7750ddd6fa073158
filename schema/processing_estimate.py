"""How long an order will take."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Order as OrderRow
from execution.resolving import EVERYTHING, Rows, by_level
from ordering.calendar import later
from resolvers.context import Context
from resolvers.processing import Sample, samples_for_orders
from schema.processing_time import ProcessingTime
from schema.required_scopes import requires


@strawberry.type(
    description="An estimate of when an order will be completed, based on the processing "
    "times of similar orders.",
    directives=requires(OAuthScope.ORDERS_READ),
)
class ProcessingEstimate:
    basis: ProcessingTime = strawberry.field(
        description="The processing times that the estimate is based on."
    )
    expected_at: datetime = strawberry.field(
        description="When the order will be completed if it takes the median time."
    )
    latest_at: datetime = strawberry.field(
        description="When nine out of ten similar orders would be completed."
    )

    @classmethod
    def of(cls, order: OrderRow, sample: Sample) -> "ProcessingEstimate":
        return cls(
            basis=ProcessingTime.of(sample),
            expected_at=later(order.received_at, timedelta(seconds=sample.median)),
            latest_at=later(order.received_at, timedelta(seconds=sample.percentile_90)),
        )


async def _processing_estimates(
    parents: Sequence[OrderRow], context: Context, rows: Rows = EVERYTHING
) -> list[ProcessingEstimate | None]:
    samples = await samples_for_orders(context, parents, rows)
    return [
        None if sample is None else ProcessingEstimate.of(order, sample)
        for order, sample in zip(parents, samples, strict=True)
    ]


processing_estimate = by_level(
    _processing_estimates,
    reads=("product_id", "business_case", "status", "received_at"),
    rows=[("basis", "product")],
)
