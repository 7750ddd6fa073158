"""The look-up of orders by any reference."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Order as OrderRow
from execution.resolving import EVERYTHING, Rows, by_level
from resolvers import orders as resolvers
from resolvers.context import Context
from schema.enums import MatchedBy, ReferenceState
from schema.fields import lazy
from schema.permissions import requires


@strawberry.type(
    description="What goes by a reference.", directives=requires(OAuthScope.ORDERS_READ)
)
class ReferenceResult:
    reference: str = strawberry.field(description="The reference, as it was given.")
    state: ReferenceState = strawberry.field(
        description="Whether anything goes by it. What you may not see counts as not found.",
    )
    matched_by: MatchedBy | None = strawberry.field(
        description="What the reference turned out to be; null if nothing goes by it."
    )
    orders: list[OrderRow] = strawberry.field(
        graphql_type=list[lazy("Order")],  # type: ignore[misc]
        description="The orders, the newest received first: ten at most. For all orders of a "
        "contract ask for `Contract.orders`.",
    )

    @classmethod
    def of(cls, reference: str, match: resolvers.Match | None) -> "ReferenceResult":
        if match is None:
            return cls(
                reference=reference, state=ReferenceState.NOT_FOUND, matched_by=None, orders=[]
            )
        matched_by, orders = match
        return cls(
            reference=reference, state=ReferenceState.FOUND, matched_by=matched_by, orders=orders
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
) -> list[list[ReferenceResult]]:
    matches = await resolvers.orders_by_reference(context, references, rows)
    return [list(map(ReferenceResult.of, references, matches))] * len(parents)


orders_by_reference = by_level(_by_reference, rows=[("orders",)])
