"""The look-up of orders by any reference, and the counts of orders for a dashboard."""

from collections import defaultdict
from collections.abc import Sequence
from typing import cast
from uuid import UUID

from db.conditions import Where
from db.enums import BusinessCase, OrderPhase
from db.models import Order
from db.queries.orders import MatchedBy, by_references, summary
from execution.errors import LimitExceededError
from execution.resolving import EVERYTHING, Rows
from resolvers import relations
from resolvers.batch_loader import resolved
from resolvers.context import Context
from resolvers.text import LONGEST, text_argument

MOST_REFERENCES = 250

Match = tuple[MatchedBy, list[Order]]
"""The kind of number that a reference is, and the orders that match it, the newest first."""


async def orders_by_reference(
    context: Context, references: Sequence[str], rows: Rows = EVERYTHING
) -> list[Match | None]:
    """The match of each reference, in their order; None if no order in scope matches."""
    if len(references) > MOST_REFERENCES:
        raise LimitExceededError(
            "references",
            message=(
                f"`references` has {len(references)} entries, at most {MOST_REFERENCES} are allowed"
            ),
            actual=len(references),
            maximum=MOST_REFERENCES,
        )
    # A text that is longer than any reference matches nothing.
    texts = {text_argument("references", text) for text in references if len(text) <= LONGEST}
    statement = by_references(context.principal.scopes)
    matches = await context.session.tuples(statement, keys=sorted(texts)) if texts else []
    ids = [order_id for _, _, order_id in matches]
    orders = await resolved(context.loaders.one(relations.ORDER, ids, rows))
    kinds: dict[str, MatchedBy] = {}
    orders_of: defaultdict[str, dict[UUID, Order]] = defaultdict(dict)
    for (reference, matched_by, order_id), order in zip(matches, orders, strict=True):
        if order is not None:
            kinds.setdefault(reference, MatchedBy(matched_by))
            orders_of[reference].setdefault(order_id, order)
    return [
        (kinds[text], list(orders_of[text].values())) if text in kinds else None
        for text in references
    ]


OrderCount = tuple[OrderPhase, BusinessCase, int, int, int]
"""`(phase, business case, orders, of these needing action, of these delayed)`"""


async def order_counts(context: Context, where: Where) -> Sequence[OrderCount]:
    """The counts of each pair of phase and business case that has orders: one statement."""
    return cast("Sequence[OrderCount]", await context.session.tuples(summary(where)))
