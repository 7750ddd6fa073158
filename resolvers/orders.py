"""Orders beyond plain relations: look-up by any reference, counts for a dashboard, the locale."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from db.enums import STATUS_OF_PHASE, BusinessCase, OrderPhase, OrderStatus
from db.models import Order
from db.queries.orders import MatchedBy, OrderFilter, by_references, summary
from execution.errors import LimitExceededError
from execution.resolving import EVERYTHING, Rows
from resolvers import relations
from resolvers.batch_loader import resolved
from resolvers.context import Context
from resolvers.text import LONGEST, text_argument

MOST_REFERENCES = 250


@dataclass
class ReferenceResult:
    reference: str
    matched_by: MatchedBy | None = None
    orders: list[Order] = field(default_factory=list)


async def orders_by_reference(
    context: Context, references: Sequence[str], wanted_of_orders: Rows = EVERYTHING
) -> list[ReferenceResult]:
    """A result for each reference, in their order, whether it was found or not."""
    if len(references) > MOST_REFERENCES:
        raise LimitExceededError(
            "references",
            message=(
                f"At most {MOST_REFERENCES} references are taken at once; "
                f"{len(references)} were given"
            ),
            actual=len(references),
            maximum=MOST_REFERENCES,
        )
    # A number too long for anything is not found, like any other that nobody has.
    wanted = {text_argument("references", text) for text in references if len(text) <= LONGEST}
    rows = await context.session.tuples(by_references(), keys=sorted(wanted)) if wanted else []
    ids = [order_id for _, _, order_id in rows]
    found = await resolved(context.loaders.one(relations.ORDER, ids, wanted_of_orders))
    matched: dict[str, MatchedBy] = {}
    orders: defaultdict[str, dict[UUID, Order]] = defaultdict(dict)
    for (reference, matched_by, order_id), order in zip(rows, found, strict=True):
        matched.setdefault(reference, MatchedBy(matched_by))
        if order is not None:
            orders[reference].setdefault(order_id, order)
    return [
        ReferenceResult(text, matched.get(text), list(orders[text].values())) for text in references
    ]


@dataclass
class Counts:
    """How many orders there are, by everything a dashboard shows."""

    wanted: OrderFilter
    total: int = 0
    needing_action: int = 0
    delayed: int = 0
    by_status: dict[OrderStatus, int] = field(default_factory=lambda: dict.fromkeys(OrderStatus, 0))
    by_phase: dict[OrderPhase, int] = field(default_factory=lambda: dict.fromkeys(OrderPhase, 0))
    by_business_case: dict[BusinessCase, int] = field(
        default_factory=lambda: dict.fromkeys(BusinessCase, 0)
    )


async def order_counts(context: Context, wanted: OrderFilter) -> Counts:
    """All counts of one statement."""
    counts = Counts(wanted)
    for phase, business_case, orders, needing_action, delayed in await context.session.tuples(
        summary(wanted)
    ):
        counts.total += orders
        counts.needing_action += needing_action
        counts.delayed += delayed
        counts.by_status[STATUS_OF_PHASE[phase]] += orders
        counts.by_phase[phase] += orders
        counts.by_business_case[business_case] += orders
    return counts
