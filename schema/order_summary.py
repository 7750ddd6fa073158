"""Counts of orders for a dashboard."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated

import strawberry

from auth.oauth_scopes import OAuthScope
from db.conditions import Where
from db.enums import STATUS_OF_PHASE
from db.models import Order as OrderRow
from execution.resolving import EVERYTHING, Rows, by_level
from resolvers.context import Context, Info
from resolvers.orders import OrderCount, order_counts
from resolvers.pagination import Page, PageArguments, root_page
from schema.enums import BusinessCase, OrderPhase, OrderStatus
from schema.fields import label_of
from schema.filters.order import ORDERS, OrderFilter
from schema.inputs import where
from schema.listing import ROWS, After, Before, First, Last
from schema.required_scopes import requires


@strawberry.type(description="The number of orders that have a status.")
class StatusCount:
    status: OrderStatus = strawberry.field(description="The status.")
    label = label_of("status")
    count: int = strawberry.field(description="The number of orders that have the status.")


@strawberry.type(description="The number of orders that are in a phase.")
class PhaseCount:
    phase: OrderPhase = strawberry.field(description="The phase.")
    label = label_of("phase")
    count: int = strawberry.field(description="The number of orders that are in the phase.")


@strawberry.type(description="The number of orders that have a business case.")
class BusinessCaseCount:
    business_case: BusinessCase = strawberry.field(description="The business case.")
    label = label_of("business_case")
    count: int = strawberry.field(description="The number of orders that have the business case.")


async def _newest_changes(
    parents: Sequence["OrderSummary"],
    context: Context,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    rows: Rows = EVERYTHING,
) -> list[Page[OrderRow]]:
    return [
        await root_page(
            context.loaders,
            ORDERS.collection,
            summary.counted,
            sort=OrderRow.updated_at,
            descending=True,
            arguments=PageArguments(first, after, last, before),
            rows=rows,
        )
        for summary in parents
    ]


@strawberry.type(
    description="Counts of orders, for a dashboard. All of them describe the same moment.",
    directives=requires(OAuthScope.ORDERS_READ),
)
class OrderSummary:
    counted: strawberry.Private[Where]
    total: int = strawberry.field(description="The number of all orders.")
    needing_action: int = strawberry.field(
        description="The number of orders that wait for someone to act: those whose "
        "`actionRequired` is not null."
    )
    delayed: int = strawberry.field(
        description="The number of orders in progress that have a delay that is not resolved."
    )
    by_status: list[StatusCount] = strawberry.field(
        description="The number of orders for each status. A status without orders is listed with "
        "0."
    )
    by_phase: list[PhaseCount] = strawberry.field(
        description="The number of orders for each phase. A phase without orders is listed with 0."
    )
    by_business_case: list[BusinessCaseCount] = strawberry.field(
        description="The number of orders for each business case. A business case without orders "
        "is listed with 0."
    )
    newest_changes = strawberry.field(
        resolver=by_level(_newest_changes, reads=(), rows=ROWS),
        graphql_type=ORDERS.connection,
        description="The counted orders, the most recently changed first.",
    )

    @classmethod
    def of(cls, counted: Where, counts: Iterable[OrderCount]) -> "OrderSummary":
        """Sum up the counts of the orders that meet the conditions."""
        total = needing_action = delayed = 0
        by_phase: Counter[OrderPhase] = Counter()
        by_status: Counter[OrderStatus] = Counter()
        by_business_case: Counter[BusinessCase] = Counter()
        for phase, business_case, orders, orders_needing_action, orders_delayed in counts:
            total += orders
            needing_action += orders_needing_action
            delayed += orders_delayed
            by_phase[phase] += orders
            by_status[STATUS_OF_PHASE[phase]] += orders
            by_business_case[business_case] += orders
        return cls(
            counted=counted,
            total=total,
            needing_action=needing_action,
            delayed=delayed,
            by_status=[StatusCount(status=key, count=by_status[key]) for key in OrderStatus],
            by_phase=[PhaseCount(phase=key, count=by_phase[key]) for key in OrderPhase],
            by_business_case=[
                BusinessCaseCount(business_case=key, count=by_business_case[key])
                for key in BusinessCase
            ],
        )


async def order_summary(
    info: Info,
    filter: Annotated[
        OrderFilter | None,
        strawberry.argument(
            description="Conditions that the counted orders must meet. Defaults to all orders."
        ),
    ] = None,
) -> OrderSummary:
    counted = await where(info.context, filter)
    return OrderSummary.of(counted, await order_counts(info.context, counted))
