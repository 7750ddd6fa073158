"""The state of one order in a few sentences."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol
from uuid import UUID

from db.enums import STATUS_OF_PHASE, ActionParty, OrderPhase, OrderStatus
from ordering.calendar import stated
from ordering.order.lifecycle import INTERRUPTIONS
from ordering.request_clock import RequestClock
from ordering.texts.catalogue import (
    Locale,
    contact,
    day,
    phase_actor,
    phase_meaning,
    phase_next,
    text,
)


class OrderFacts(Protocol):
    """What an explanation needs: columns of the order's own row, so that it costs no statement."""

    @property
    def phase(self) -> OrderPhase: ...
    @property
    def automated(self) -> bool: ...
    @property
    def delayed(self) -> bool: ...
    @property
    def contract_id(self) -> UUID | None: ...
    @property
    def expected_completion_date(self) -> datetime | None: ...
    @property
    def completed_at(self) -> datetime | None: ...
    @property
    def action_text(self) -> str | None: ...
    @property
    def action_by(self) -> ActionParty | None: ...
    @property
    def action_due(self) -> datetime | None: ...


def explain(order: OrderFacts, locale: Locale, present: RequestClock) -> str:
    """What is happening to this order, who must act, what comes next and whom to contact.

    A date that has passed is described as passed. A date at an end of the calendar is not
    mentioned: the systems that wrote it knew none.
    """
    return " ".join(_sentences(order, locale, present))


def _sentences(order: OrderFacts, locale: Locale, present: RequestClock) -> Iterator[str]:
    status = STATUS_OF_PHASE[order.phase]
    yield _happening(order, locale)
    yield _actor(order, locale, present)
    if status is OrderStatus.IN_PROGRESS:
        yield from _schedule(order, locale, present)
    yield phase_next(order.phase, locale)
    if order.contract_id is None and status is not OrderStatus.ERROR:
        yield text(locale, "explanation", "contract_follows")
    yield contact(status, locale)


def _happening(order: OrderFacts, locale: Locale) -> str:
    completed_at = stated(order.completed_at)
    if order.phase is OrderPhase.COMPLETED and completed_at is not None:
        completed = text(locale, "explanation", "completed")
        return completed.format(date=day(completed_at, locale))
    return phase_meaning(order.phase, locale)


def _actor(order: OrderFacts, locale: Locale, present: RequestClock) -> str:
    if order.action_text is None or order.action_by is None:
        return phase_actor(order.phase, locale)
    table, key, due = "action", order.action_by.name, ""
    if (action_due := stated(order.action_due)) is not None:
        table = "action_overdue" if present.is_past(action_due) else "action_until"
        due = day(action_due, locale)
    # The carrier's text is quoted as it is, and may end with a full stop.
    stop = "" if order.action_text.rstrip().endswith((".", "!", "?", "…")) else "."
    return text(locale, table, key).format(action=order.action_text.strip(), due=due) + stop


def _schedule(order: OrderFacts, locale: Locale, present: RequestClock) -> Iterator[str]:
    expected = stated(order.expected_completion_date)
    if order.delayed:
        yield text(locale, "explanation", "delayed")
    if expected is not None:
        key = "expected_date"
        if present.is_past(expected):
            key = "missed_date"
        elif order.delayed or order.phase in INTERRUPTIONS:
            key = "last_known_date"
        yield text(locale, "explanation", key).format(date=day(expected, locale))
    elif order.automated and not (order.delayed or order.phase in INTERRUPTIONS):
        yield text(locale, "explanation", "automated")
    else:
        yield text(locale, "explanation", "date_follows")
