"""Customers and prospects, their sites and people."""

from dataclasses import dataclass, field
from uuid import UUID

from db.enums import CustomerKind
from db.search import search_text
from seeding.book import Book
from seeding.clock import DAY, instant, working_time
from seeding.names import SITE_NAMES, Address
from seeding.partners import Tenant, User


@dataclass(frozen=True, slots=True)
class Site:
    id: UUID
    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class Contact:
    """A person who consents to offers."""

    name: str
    email: str


@dataclass(slots=True)
class Customer:
    id: UUID
    tenant: Tenant
    owner: tuple[int, int]
    """The ids of its tenant and of the tenant at the root of the tree."""
    partner: str
    """The name of the partner at the root of the tree."""
    number: str
    name: str
    address: Address
    email: str
    created: int
    sites: list[Site] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    """Its people who may use the portal."""
    delivered: bool = False
    """Whether anything was delivered. Before that, the customer is a prospect."""


def new_customer(
    book: Book, tenant: Tenant, *, name: str | None = None, created: int | None = None
) -> Customer:
    """Add the sites and people of a customer. `close_customer` adds its own row."""
    draw, names = book.draw, book.names
    if created is None:
        # Most customers are older than the order book.
        since = book.since - 700 * DAY
        until = book.since if draw.chance(0.75) else book.now - 160 * DAY
        created = working_time(draw.between(since, until))
    name = name or names.company()
    root, domain = tenant.root, tenant.domain(name)
    owner = (tenant.id, root.id)
    customer = Customer(
        *(draw.id(created), tenant, owner, root.name, book.number("K", created), name),
        *(names.address(), f"info@{domain}", created),
    )
    for position in range(draw.one_of((1, 1, 1, 1, 2, 2, 3))):
        _add_site(book, customer, position)
    for position in range(draw.between(1, 2)):
        person = names.person()
        email = f"{person.mailbox}{position or ''}@{domain}"
        customer.contacts.append(Contact(person.name, email))
    if draw.chance(0.15):
        contact = customer.contacts[0]
        user = User(draw.id(created), contact.name, contact.email)
        customer.users.append(user)
        book.batch.add(
            *("portal_users", user.id, *customer.owner, customer.id, user.name, user.email),
            *(instant(created), None),
        )
    return customer


def close_customer(book: Book, customer: Customer) -> None:
    """Add the customer's row, after its orders are known."""
    kind = CustomerKind.CUSTOMER if customer.delivered else CustomerKind.PROSPECT
    created = instant(customer.created)
    book.batch.add(
        *("customers", customer.id, *customer.owner, customer.number, kind),
        *(customer.name, customer.email, created, created),
        *(search_text(customer.number, customer.name), *customer.address),
    )


def _add_site(book: Book, customer: Customer, position: int) -> None:
    draw = book.draw
    created = customer.created
    address = book.names.address() if position else customer.address
    name = f"{draw.one_of(SITE_NAMES)} {address.city}" if position else f"Zentrale {address.city}"
    site = Site(draw.id(created), name, address)
    customer.sites.append(site)
    book.batch.add(
        *("sites", site.id, *customer.owner, customer.id),
        *(f"S-{position + 1:02d}", name, instant(created), *address),
    )
