"""The customers of a tenant, each with all of its orders."""

from collections.abc import Iterator

from seeding.book import Book
from seeding.clock import DAY
from seeding.contracts import Chain, new_lines
from seeding.offers import add_unordered
from seeding.parties import close_customer, new_customer
from seeding.partners import Tenant

_ORDERS_EACH = 6.0


def add_customers(book: Book, tenant: Tenant) -> Iterator[None]:
    """Add customers until the tenant's orders are placed; yields after each one."""
    draw, remaining = book.draw, tenant.orders
    while remaining:
        remaining -= _add_customer(book, tenant, min(remaining, 1 + draw.waiting(_ORDERS_EACH)))
        if draw.chance(0.1):
            _add_customer(book, tenant, 0)
        yield


def _add_customer(book: Book, tenant: Tenant, orders: int) -> int:
    """Add a customer with that many orders; without orders, a prospect with an offer."""
    draw = book.draw
    customer = new_customer(book, tenant)
    placed = 0
    while placed < orders:
        product, site = draw.one_of(book.popular), draw.one_of(customer.sites)
        placed += Chain(book, customer, product, site).grow(orders - placed)
    if not orders or draw.chance(0.35):
        lines = new_lines(book, draw.one_of(book.popular))
        add_unordered(book, customer, lines, customer.created + DAY)
    close_customer(book, customer)
    return placed
