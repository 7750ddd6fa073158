"""Carts and offers, including those that did not become orders."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from db.enums import BusinessCase, CartStatus, ItemAction, OfferStatus
from db.search import search_text
from seeding.book import Book
from seeding.catalogue import Line
from seeding.clock import DAY, HOUR, MINUTE, day, instant, working_time
from seeding.draw import weighted
from seeding.parties import Customer, Site

VALID = timedelta(days=30)

Lines = Sequence[tuple[ItemAction, Line, int]]

_UNORDERED = weighted(
    {
        OfferStatus.SENT: 28,
        OfferStatus.EXPIRED: 30,
        OfferStatus.DECLINED: 22,
        OfferStatus.WITHDRAWN: 12,
        OfferStatus.CREATED: 6,
        OfferStatus.CONSENTED: 2,
    }
)
_OPEN = frozenset({OfferStatus.SENT, OfferStatus.CREATED, OfferStatus.CONSENTED})


def add_cart(
    book: Book,
    customer: Customer,
    site: Site,
    case: BusinessCase,
    lines: Lines,
    *,
    created: int,
    frozen: int | None,
    contract: UUID | None = None,
) -> UUID:
    """Add a cart and return its id. Its offer froze it at `frozen`; it is open if None."""
    identifier, owner, add = book.draw.id(created), customer.owner, book.batch.add
    status = CartStatus.OPEN if frozen is None else CartStatus.FROZEN
    add(
        *("carts", identifier, *owner, book.number("W", created), customer.id, site.id, contract),
        *(case, status, instant(created), instant(frozen or created)),
    )
    for position, (action, line, quantity) in enumerate(lines, 1):
        add("cart_items", identifier, *priced_item(owner, position, line, quantity, action))
    return identifier


def priced_item(
    owner: tuple[int, int], position: int, line: Line, quantity: int, action: ItemAction
) -> tuple[object, ...]:
    """Return the columns of `PricedItem`. Items kept or removed have no prices."""
    if action is ItemAction.ADD:
        prices: tuple[object, ...] = (line.one_time, line.monthly, "EUR")
    elif action is ItemAction.MODIFY:
        prices = (None, line.monthly, "EUR")
    else:
        prices = (None, None, None)
    return (*owner, position, line.product, line.name, quantity, *prices, line.characteristics)


def add_offer(
    book: Book,
    customer: Customer,
    cart: UUID,
    case: BusinessCase,
    status: OfferStatus,
    *,
    created: int,
    sent: int | None,
    decided: int | None,
    updated: int | None = None,
) -> tuple[UUID, str]:
    """Add an offer and return its id and number."""
    identifier, number = book.draw.id(created), book.number("AN", created)
    book.batch.add(
        *("offers", identifier, *customer.owner, number, customer.id, cart, case, status),
        book.draw.one_of(customer.tenant.users).id,
        *(instant(created), instant(updated or decided or sent or created)),
        *(instant(sent) if sent else None, instant(decided) if decided else None),
        *(day(created) + VALID, search_text(number), search_text(customer.name)),
    )
    return identifier, number


def add_unordered(book: Book, customer: Customer, lines: Lines, earliest: int) -> None:
    """Add an offer that has not become an order, or an open cart."""
    draw, now = book.draw, book.now
    site = draw.one_of(customer.sites)
    if draw.chance(0.35):
        created = max(earliest, min(working_time(now - draw.waiting(12 * DAY)), now - HOUR))
        add_cart(book, customer, site, BusinessCase.NEW_ORDER, lines, created=created, frozen=None)
        return
    status = draw.one_of(_UNORDERED)
    if status in _OPEN:
        created = now - draw.between(1, 28) * DAY
    else:
        created = draw.between(book.since, now - 40 * DAY)
    created = max(earliest, min(working_time(created), now - 4 * HOUR))
    sent = None if status is OfferStatus.CREATED else created + draw.between(3, 40) * MINUTE
    decided = None
    if status in (OfferStatus.DECLINED, OfferStatus.CONSENTED):
        later = max(created + HOUR, working_time(created + draw.between(0, 12) * DAY))
        decided = min(later, now - HOUR)
    updated = decided
    if status is OfferStatus.WITHDRAWN:
        updated = min(created + draw.between(2, 200) * HOUR, now - HOUR)
    if status is OfferStatus.EXPIRED:
        updated = created + 31 * DAY
    cart = add_cart(
        *(book, customer, site, BusinessCase.NEW_ORDER, lines),
        created=created - 30 * MINUTE,
        frozen=created,
    )
    identifier, _ = add_offer(
        *(book, customer, cart, BusinessCase.NEW_ORDER, status),
        created=created,
        sent=sent,
        decided=decided,
        updated=updated,
    )
    if status is OfferStatus.CONSENTED and decided:
        person = draw.one_of(customer.contacts)
        book.batch.add(
            *("offer_consents", identifier, "CUSTOMER", *customer.owner, instant(decided)),
            *(person.name, person.email),
        )
