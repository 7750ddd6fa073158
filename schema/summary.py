"""Counts for a dashboard, and the look-up by any reference."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Order as OrderRow
from execution.resolving import EVERYTHING, Rows, by_level
from resolvers import orders as resolvers
from resolvers.context import Context, Info
from resolvers.pagination import Page, PageArguments, root_page
from schema.enums import (
    BusinessCase,
    MatchedBy,
    OrderPhase,
    OrderSortField,
    OrderStatus,
    ReferenceState,
)
from schema.fields import label_of
from schema.filters.order import ORDERS, OrderConnection, OrderFilter, to_order_filter
from schema.listing import ROWS, After, Before, First, Last
from schema.permissions import requires

if TYPE_CHECKING:
    from schema.order import Order


@strawberry.type(description="How many orders have a status.")
class StatusCount:
    status: OrderStatus = strawberry.field(description="The status.")
    label = strawberry.field(
        resolver=label_of("status"), graphql_type=str, description="What people call it."
    )
    count: int = strawberry.field(description="How many orders have it.")


@strawberry.type(description="How many orders are in a phase.")
class PhaseCount:
    phase: OrderPhase = strawberry.field(description="The phase.")
    label = strawberry.field(
        resolver=label_of("phase"), graphql_type=str, description="What people call it."
    )
    count: int = strawberry.field(description="How many orders are in it.")


@strawberry.type(description="How many orders have a business case.")
class BusinessCaseCount:
    business_case: BusinessCase = strawberry.field(description="The business case.")
    label = strawberry.field(
        resolver=label_of("business_case"), graphql_type=str, description="What people call it."
    )
    count: int = strawberry.field(description="How many orders have it.")


def _by_status(root: strawberry.Parent[resolvers.Counts]) -> list[StatusCount]:
    return [StatusCount(status=key, count=count) for key, count in root.by_status.items()]


def _by_phase(root: strawberry.Parent[resolvers.Counts]) -> list[PhaseCount]:
    return [PhaseCount(phase=key, count=count) for key, count in root.by_phase.items()]


def _by_business_case(root: strawberry.Parent[resolvers.Counts]) -> list[BusinessCaseCount]:
    return [
        BusinessCaseCount(business_case=key, count=count)
        for key, count in root.by_business_case.items()
    ]


async def _newest_changes(
    parents: Sequence[resolvers.Counts],
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
            counts.wanted,
            sort=OrderSortField.UPDATED_AT,
            descending=True,
            arguments=PageArguments(first, after, last, before),
            rows=rows,
        )
        for counts in parents
    ]


@strawberry.type(
    description="How many orders there are, for a dashboard: one statement.",
    directives=requires(OAuthScope.ORDERS_READ),
)
class OrderSummary:
    total: int = strawberry.field(description="All of them.")
    needing_action: int = strawberry.field(
        description="Those that wait for somebody to act: `Order.actionRequired`."
    )
    delayed: int = strawberry.field(description="Those with a delay that is not resolved.")
    by_status: list[StatusCount] = strawberry.field(
        resolver=_by_status, description="By status; every status is there, with 0 if need be."
    )
    by_phase: list[PhaseCount] = strawberry.field(
        resolver=_by_phase, description="By phase; every phase is there, with 0 if need be."
    )
    by_business_case: list[BusinessCaseCount] = strawberry.field(
        resolver=_by_business_case,
        description="By business case; every case is there, with 0 if need be.",
    )
    newest_changes = strawberry.field(
        resolver=by_level(_newest_changes, reads=(), rows=ROWS),
        graphql_type=OrderConnection,
        description="The same orders, the last changed first.",
    )


async def order_summary(
    info: Info,
    filter: Annotated[  # noqa: A002 - the argument's name in the schema
        OrderFilter | None, strawberry.argument(description="Which orders; all unless told.")
    ] = None,
) -> Any:
    return await resolvers.order_counts(info.context, await to_order_filter(info.context, filter))


def _state(root: strawberry.Parent[resolvers.ReferenceResult]) -> ReferenceState:
    return ReferenceState.FOUND if root.orders else ReferenceState.NOT_FOUND


@strawberry.type(
    description="What goes by a reference.", directives=requires(OAuthScope.ORDERS_READ)
)
class ReferenceResult:
    reference: str = strawberry.field(description="The reference, as it was given.")
    state: ReferenceState = strawberry.field(
        resolver=_state,
        description="Whether anything goes by it. What you may not see counts as not found.",
    )
    matched_by: MatchedBy | None = strawberry.field(
        description="What the reference turned out to be; null if nothing goes by it."
    )
    orders: list[Annotated["Order", strawberry.lazy("schema.order")]] = strawberry.field(
        description="The orders, the newest received first: ten at most. For all orders of a "
        "contract ask for `Contract.orders`."
    )


async def _by_reference(
    parents: Sequence[Any],
    context: Context,
    references: Annotated[
        list[str],
        strawberry.argument(
            description="Numbers of orders, offers and contracts, and external ids, in any mix: "
            f"{resolvers.MOST_REFERENCES} at most."
        ),
    ],
    rows: Rows = EVERYTHING,
) -> list[list[resolvers.ReferenceResult]]:
    found = await resolvers.orders_by_reference(context, references, rows)
    return [found] * len(parents)


orders_by_reference = by_level(_by_reference, rows=[("orders",)])
