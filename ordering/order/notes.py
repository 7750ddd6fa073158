"""Adding a note to an order, for a partner."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from db.models import OrderNote
from db.session import WriteSession
from ordering.free_text import free_text
from ordering.order.aggregate import OrderAggregate
from ordering.order.apply import apply
from ordering.order.changes import PartnerNoteAdded
from ordering.problems import Problems
from ordering.unit_of_work import UnitOfWork

LONGEST_NOTE = 2_000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who adds a note."""

    account: str
    """As in logs (`auth.log_names`)."""
    person: str | None
    """The name of the person; None for a system."""


async def add_note(
    session: WriteSession,
    problems: Problems,
    *,
    number: str,
    text: str,
    author: Author,
    now: Callable[[], datetime],
) -> OrderAggregate:
    """Add a note to the order with that number; returns the order, whose last note it is.

    Does not commit. Raises RejectedError for all `problems`, those found before included.
    """
    text = free_text(problems, ("text",), text, longest=LONGEST_NOTE)
    unit = UnitOfWork(session)
    order = await unit.load_order(number, parts=(OrderNote,), references=False)
    if order is None:
        problems.not_found(("order",), "There is no order with this number that you may see.")
        raise problems.rejected()
    problems.reject_if_any()
    # After waiting for the lock: clients that poll by `updatedAt` look back a few minutes only.
    at = now()
    apply(order, [PartnerNoteAdded(text, author.account, author.person)], at, now=at)
    await unit.save()
    return order
