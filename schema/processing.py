"""How long orders take."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.oauth_scopes import OAuthScope
from schema.enums import BusinessCase
from schema.permissions import requires

if TYPE_CHECKING:
    from schema.product import Product


@strawberry.type(
    description="How long the completed orders that you may see took, from receipt to completion, "
    "for one product and business case.",
    directives=requires(OAuthScope.ORDERS_READ),
)
class ProcessingTime:
    product: Annotated["Product", strawberry.lazy("schema.product")] = strawberry.field(
        description="The product."
    )
    business_case: BusinessCase = strawberry.field(description="The business case.")
    automated: bool = strawberry.field(
        description="Whether such orders are processed without a person, and so within minutes."
    )
    sample_size: int = strawberry.field(description="How many completed orders this is taken from.")
    median_seconds: int = strawberry.field(description="Half of them took no longer.")
    percentile_90_seconds: int = strawberry.field(
        name="percentile90Seconds", description="Nine out of ten took no longer."
    )


@strawberry.type(
    description="How long an order will take, by what others like it took.",
    directives=requires(OAuthScope.ORDERS_READ),
)
class ProcessingEstimate:
    basis: ProcessingTime = strawberry.field(description="What the estimate is taken from.")
    expected_at: datetime = strawberry.field(
        description="When the order would be done if it takes the median time."
    )
    latest_at: datetime = strawberry.field(
        description="By when nine out of ten such orders would be done."
    )
