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
from schema.required_scopes import requires


@strawberry.type(
    description="The orders that match a reference.", directives=requires(OAuthScope.ORDERS_READ)
)
class ReferenceResult:
    reference: str = strawberry.field(description="The reference, as you sent it.")
    state: ReferenceState = strawberry.field(
        description="Whether any order matches. Orders that you may not see do not count."
    )
    matched_by: MatchedBy | None = strawberry.field(
        description="The kind of number that the reference is, of those that your credential may "
        "read. Null if no order matches."
    )
    orders: list[OrderRow] = strawberry.field(
        graphql_type=list[lazy("Order")],  # type: ignore[misc]
        description="The matching orders, the most recently received first, at most ten. "
        "`Contract.orders` has all orders of a contract.",
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
            description="Numbers of orders, external ids of orders, and numbers of offers (with "
            "the scope `offers:read`) and of contracts (`contracts:read`), in any combination. "
            f"At most {resolvers.MOST_REFERENCES}."
        ),
    ],
    rows: Rows = EVERYTHING,
) -> list[list[ReferenceResult]]:
    matches = await resolvers.orders_by_reference(context, references, rows)
    return [list(map(ReferenceResult.of, references, matches))] * len(parents)


orders_by_reference = by_level(_by_reference, rows=[("orders",)])
