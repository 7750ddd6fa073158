"""The rows of one order: the stated data, the offer before it, and what processing added."""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from uuid import UUID

from db.enums import BusinessCase, ConsentBy, ContractEffect, ItemAction, OfferStatus, OrderPhase
from db.search import search_text
from ordering.order.lifecycle import RANK, TMF622_STATE
from ordering.order.report_times import ReportTimes
from seeding import phrases
from seeding.book import Book
from seeding.catalogue import DOCUMENTS_URL, TAX_RATE, Line, Product, category
from seeding.clock import DAY, HOUR, MINUTE, end_of_day, instant, working_time
from seeding.course import CREATING, Course
from seeding.offers import add_cart, add_offer
from seeding.parties import Customer, Site


@dataclass(frozen=True, slots=True)
class Stated:
    """The data stated when ordering."""

    case: BusinessCase
    product: Product
    site: Site
    lines: list[tuple[ItemAction, Line, int]]
    months: int
    received: int
    automated: bool
    by_attorney: bool
    """Whether the partner orders without an offer, by power of attorney."""
    external_ids: list[tuple[str, str]] = field(default_factory=list)
    """`(kind, value)`"""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Linked:
    """The contract of an order, and the order's effect on it."""

    id: UUID
    number: str
    effect: ContractEffect


def add_order(
    book: Book,
    customer: Customer,
    stated: Stated,
    course: Course,
    contract: Linked | None,
    *,
    changes: UUID | None = None,
    earliest: int = 0,
) -> str:
    """Add the order and return its number.

    `changes` is the id of the contract to change, `earliest` the earliest time of the order's cart.
    """
    draw, add, received = book.draw, book.batch.add, stated.received
    tenant, owner = customer.tenant, customer.owner
    number = book.number("A", received)
    identifier = draw.id(received)
    offer_id, offer_number = None, None
    if not stated.by_attorney:
        offer_id, offer_number = _offer(book, customer, stated, changes, earliest)
    user = draw.one_of(customer.users or tenant.users)

    _add_items(book, identifier, owner, stated, TMF622_STATE[course.phase])
    for position, (kind, value) in enumerate(stated.external_ids, 1):
        add("order_external_ids", identifier, position, *owner, customer.partner, kind, value)
    written = received + draw.between(10, 240) * MINUTE
    written = written if written <= course.ended else received
    for position, text in enumerate(stated.notes, 1):
        note = None, user.name, None, instant(written), text
        add("order_notes", identifier, position, *owner, *note)
    add(
        *("order_documents", identifier, 1, *owner, "ORDER_CONFIRMATION"),
        *(f"Auftragseingangsbestätigung {number}", "application/pdf"),
        f"{DOCUMENTS_URL}/orders/{number}/auftragseingangsbestaetigung.pdf",
        instant(received),
    )
    changed = _progress(book, identifier, owner, course)
    if stated.notes:
        changed.add(written)
    changed.discard(received)

    completed = course.ended if course.phase is OrderPhase.COMPLETED else None
    action = course.action
    wish = None
    if draw.chance(0.6):
        wish = instant(end_of_day(received + draw.between(7, 60) * DAY))
    add(
        *("orders", identifier, *owner, number, customer.id, stated.site.id, stated.product.id),
        *(offer_id, stated.case, category(stated.product.family)),
        f"{phrases.CASES[stated.case]}: {stated.product.name}",
        *(tenant.dealer_id, tenant.sub_partner_id, user.id, instant(received)),
        *(None, wish, stated.automated, _contact(book), course.phase),
        *((contract.id, contract.effect) if contract else (None, None)),
        instant(course.expected) if course.expected else None,
        *((instant(completed), completed - received) if completed else (None, None)),
        *((action.text, action.by, instant(action.due)) if action else (None, None, None)),
        *(course.delayed, _reported(book, stated, course), _report_times(course)),
        *(instant(max(changed, default=received)), 1 + len(changed)),
        search_text(number, *(value for _, value in stated.external_ids)),
        *(search_text(offer_number), search_text(contract.number if contract else None)),
        search_text(customer.name),
    )
    return number


def _report_times(course: Course) -> str:
    """Store when the phase was entered, so that an older report does not undo it."""
    times = ReportTimes(None)
    times.take("phase", instant(course.ended), f"{RANK[course.phase]:02}")
    return json.dumps(times.stored())


def _progress(book: Book, order: UUID, owner: tuple[int, int], course: Course) -> set[int]:
    """Add the rows of processing, and return the times at which it changed the order."""
    add, changed = book.batch.add, set[int]()
    for sequence, (phase, at, reason) in enumerate(course.steps, 1):
        previous = sequence - 1 or None
        add("order_history", order, sequence, *owner, previous, phase, instant(at), reason)
        changed.add(at)
    for position, (kind, planned, reached, violated) in enumerate(course.milestones, 1):
        add(
            *("order_milestones", order, position, *owner, kind, None, None, None),
            instant(planned) if planned else None,
            instant(reached) if reached else None,
            violated,
        )
        if reached:
            changed.add(reached)
    for position, (what, text, reported, resolved) in enumerate(course.delays, 1):
        add(
            *("order_delays", order, position, *owner, None, what, text, instant(reported)),
            instant(resolved) if resolved else None,
        )
        changed.add(reported)
        if resolved:
            changed.add(resolved)
    return changed


_RELIES_ON_FIRST = '[{"kind": "reliesOn", "reference": "100"}]'
_CHARGED = (ItemAction.ADD, ItemAction.MODIFY)


def _add_items(book: Book, order: UUID, owner: tuple[int, int], stated: Stated, state: str) -> None:
    """Add the items of an order with their prices."""
    add, numbers = book.batch.add, count(1)
    for position, (action, line, quantity) in enumerate(stated.lines, 1):
        add(
            *("order_items", order, position, *owner, None, f"{90 + 10 * position}", action),
            *(line.product, line.name, quantity, state),
            terms(stated.months) if line.product and action is not ItemAction.DELETE else "[]",
            "[]" if position == 1 or line.product else _RELIES_ON_FIRST,
            line.characteristics,
        )
        for kind, name, net, gross, period, length in line.prices if action in _CHARGED else ():
            if kind != "ONE_TIME" or action is not ItemAction.MODIFY:
                add(
                    *("order_prices", order, next(numbers), *owner, position, kind, name, None),
                    *(net, gross, "EUR", TAX_RATE, period, length, None, "[]"),
                )


def _offer(
    book: Book, customer: Customer, stated: Stated, changes: UUID | None, earliest: int
) -> tuple[UUID, str]:
    draw, received = book.draw, stated.received
    gap = 3 * HOUR + draw.waiting(3 * DAY)
    if received - gap < earliest:
        gap = (received - earliest) // 2
    created = min(working_time(received - gap), received - min(gap, 3 * HOUR))
    if created < earliest:
        created = received - gap
    sent = created + draw.between(1, 20) * min(MINUTE, gap // 60)
    decided = received - min(draw.between(2, 60) * MINUTE, (received - sent) // 2)
    cart = add_cart(
        *(book, customer, stated.site, stated.case, stated.lines),
        created=created - min(draw.between(5, 90) * MINUTE, gap // 4),
        frozen=created,
        contract=changes,
    )
    identifier, number = add_offer(
        *(book, customer, cart, stated.case, OfferStatus.ORDERED),
        created=created,
        sent=sent,
        decided=decided,
    )
    person, owner, add = draw.one_of(customer.contacts), customer.owner, book.batch.add
    add(
        *("offer_consents", identifier, ConsentBy.CUSTOMER, *owner, instant(decided)),
        *(person.name, person.email),
    )
    if not customer.delivered:
        # Before its first delivery the customer is a prospect, and the carrier consents as well.
        carrier = ("Vertriebssteuerung", "vertriebssteuerung@carrier.example")
        late = decided + (received - decided) // 2
        add("offer_consents", identifier, ConsentBy.CARRIER, *owner, instant(late), *carrier)
    return identifier, number


@lru_cache
def terms(months: int) -> str:
    term = {"name": "Mindestlaufzeit", "description": f"{months} Monate ab Bereitstellung"}
    return json.dumps([{**term, "amount": months, "unit": "month"}], ensure_ascii=False)


def _contact(book: Book) -> str:
    if not book.draw.chance(0.3):
        return "[]"
    name, telephone = book.names.person().name, book.names.telephone()
    return (
        f'[{{"name": "Ansprechpartner vor Ort", "value": "{name}"}}, '
        f'{{"name": "Telefon vor Ort", "value": "{telephone}"}}]'
    )


def _reported(book: Book, stated: Stated, course: Course) -> str:
    """Return what the carrier reported while processing: the name of the line."""
    if stated.case not in CREATING or course.phase is not OrderPhase.COMPLETED:
        return "[]"
    line = book.draw.between(100_000, 999_999)
    return f'[{{"name": "Leitungsbezeichnung", "value": "LTG-{line}"}}]'
