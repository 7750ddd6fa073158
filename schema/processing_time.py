"""How long completed orders took."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Product as ProductRow
from execution.resolving import EVERYTHING, Rows, by_level
from ordering.automation import is_automated
from resolvers import lookups
from resolvers.context import Context
from resolvers.processing import OF_BUSINESS_CASE, OF_PRODUCT, Sample, samples
from schema.enums import BusinessCase
from schema.fields import lazy
from schema.inputs import Filter, filter_argument, where_all
from schema.required_scopes import requires


@strawberry.type(
    description="How long completed orders of one product and business case took, from "
    "receipt to completion. Only orders that you may see are counted.",
    directives=requires(OAuthScope.ORDERS_READ),
)
class ProcessingTime:
    product: ProductRow = strawberry.field(graphql_type=lazy("Product"), description="The product.")
    business_case: BusinessCase = strawberry.field(description="The business case.")
    automated: bool = strawberry.field(
        description="Whether orders of this product and business case are processed "
        "automatically, which takes minutes."
    )
    sample_size: int = strawberry.field(
        description="The number of completed orders that the times are taken from."
    )
    median_seconds: int = strawberry.field(
        description="The median in seconds: half of the orders took no longer."
    )
    percentile_90_seconds: int = strawberry.field(
        name="percentile90Seconds",
        description="The 90th percentile in seconds: nine out of ten orders took no longer.",
    )

    @classmethod
    def of(cls, sample: Sample) -> "ProcessingTime":
        return cls(
            product=sample.product,
            business_case=sample.business_case,
            automated=is_automated(sample.product.family, sample.business_case),
            sample_size=sample.size,
            median_seconds=sample.median,
            percentile_90_seconds=sample.percentile_90,
        )


_PRODUCT = Filter(OF_PRODUCT, lookups.product_ids)
_BUSINESS_CASE = Filter(OF_BUSINESS_CASE)


async def _processing_times(
    parents: Sequence[Any],
    context: Context,
    product: Annotated[
        str | None,
        filter_argument(_PRODUCT, "The number of a product. Defaults to all products."),
    ] = None,
    business_case: Annotated[
        list[BusinessCase] | None,
        filter_argument(_BUSINESS_CASE, "The business cases to include. Defaults to all."),
    ] = None,
    rows: Rows = EVERYTHING,
) -> list[list[ProcessingTime]]:
    where = await where_all(
        context,
        {"product": (_PRODUCT, product), "businessCase": (_BUSINESS_CASE, business_case)},
    )
    times = await samples(context, where, rows)
    return [list(map(ProcessingTime.of, times))] * len(parents)


processing_times = by_level(_processing_times, rows=[("product",)])
