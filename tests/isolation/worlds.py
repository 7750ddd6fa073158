"""Order books of several tenants, and the same books as far as one seat may see them.

Whoever sees a part of the documents must get the same answers, byte for byte, in the world of
everybody and in one where all that they may not see does not exist, or says something else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import inspect

from auth.oauth_scopes import OAuthScope
from db.base import Base, ByParent, TenantOwned
from db.ids import uuid7
from db.models import (
    AuditEntry,
    Cart,
    Contract,
    Customer,
    Offer,
    Order,
    OrderExternalId,
    PortalSubject,
    PortalUser,
    Site,
    Tenant,
)
from resolvers.ids import global_id
from schema.scalars import format_instant
from tests.graph.factory import NOW
from tests.graph.partners import Documents, Partners, one_of_everything, two_partners
from tests.isolation.actors import CUSTOMERS_USER, TENANTS_USER, Actor, Asking

_NODES = (Tenant, Customer, Site, Cart, Offer, Order, Contract)
_GATED: Mapping[OAuthScope, set[str]] = {
    OAuthScope.PERSONAL_DATA_READ: {
        *("Tenant.email", "Customer.email", "PortalUser.name", "PortalUser.email"),
        *("OrderNote.author", "OfferConsent.name", "OfferConsent.email"),
    },
    OAuthScope.COMMISSIONS_READ: {
        *("Order.dealer_id", "Order.sub_partner_id"),
        *("Contract.dealer_id", "Contract.sub_partner_id"),
    },
    # Its number is told to whoever asks in its name.
    OAuthScope.TENANTS_READ: {"Tenant.name", "Tenant.email", "Tenant.created_at", "Tenant.id"},
}
"""The columns that a permission is for, beside the types that are not shown at all without it."""


@dataclass(frozen=True)
class Column:
    """Where a value is stored."""

    model: str
    name: str

    def __str__(self) -> str:
        return f"{self.model}.{self.name}"


@dataclass(frozen=True)
class Everybody(Partners):
    """`neighbour` is another customer of the tenant of `nested`."""

    neighbour: Documents


def everybody() -> Everybody:
    """All tenants. The stranger's numbers are also the partner's: they are no secret of either."""
    partners = two_partners()
    book, partner, stranger = partners.book, partners.partner, partners.stranger.tenant
    customer = book.customer(stranger, number=partner.customer.number)
    offer = book.offer(customer, number=partner.offer.number)
    contract = book.contract(customer, number=partner.contract.number)
    book.order(
        customer,
        number=partner.order.number,
        offer=offer,
        contract=contract,
        external_ids=[f"REF {partner.tenant.id}"],
    )
    nested = partners.nested
    neighbour = one_of_everything(book, nested.tenant, partners.product, apart=50)
    staff = (row for row in book.rows if isinstance(row, PortalUser))
    user = next(row for row in staff if row.tenant_id == nested.tenant.id)
    book.portal_subject(user, TENANTS_USER)
    for each in (nested, neighbour):
        called = CUSTOMERS_USER if each is nested else None
        own_user = book.portal_user(each.tenant, customer_id=each.customer.id, subject=called)
        each.completed.confirmed_by_id = own_user.id
    given = {each.name: getattr(partners, each.name) for each in fields(partners)}
    return Everybody(**given, neighbour=neighbour)


def alone(seat: Actor) -> Everybody:
    """Only what the seat may see. The tenants above are others, who have nothing."""
    people = everybody()
    view = _View(people, seat)
    root = documents_of(people, seat.at).tenant.root_tenant_id
    rows = people.book.rows
    gone = {getattr(row, "id", None) for row in rows if not view.shows(row)}
    rows[:] = [row for row in rows if view.shows(row) or _is_above(row, root)]
    for row in rows:
        if isinstance(row, Tenant) and not view.shows(row):
            row.public_id = uuid7(1_600_000_000_000, row.id)
            row.number, row.name, row.email = f"X-{row.id}", f"Anybody {row.id}", None
            continue
        # Of users that are not seen there is no trace, and no sign that somebody is hidden.
        for link in ("created_by_id", "confirmed_by_id"):
            if getattr(row, link, None) in gone:
                setattr(row, link, None)
        for name in seat_hides(seat, row, view.subjects):
            _change(row, name)
    return people


def divided(seat: Actor) -> tuple[dict[str, Column], dict[str, Column]]:
    """What the rows say that the seat may see, and what is said by all others alone."""
    people = everybody()
    view = _View(people, seat)
    own: dict[str, Column] = {}
    others: dict[str, Column] = {}
    for row in people.book.rows:
        if isinstance(row, Tenant | TenantOwned | PortalSubject):
            hidden = seat_hides(seat, row, view.subjects)
            for name, value in _values(row):
                is_own = view.shows(row) and name not in hidden
                found = {text: Column(type(row).__name__, name) for text in _texts(value)}
                (own if is_own else others).update(found)
    return own, {text: column for text, column in others.items() if text not in own}


def documents_of(people: Everybody, name: str) -> Documents:
    documents: Documents = getattr(people, name)
    return documents


def seat_hides(seat: Actor, row: Base, subjects: Mapping[UUID, str]) -> set[str]:
    """The columns of a row that the seat has no permission for. `subjects` are those of users."""
    lacking = [columns for each, columns in _GATED.items() if each not in seat.scopes]
    columns = {column.partition(".") for every in lacking for column in every}
    hidden = {name for model, _, name in columns if model == type(row).__name__}
    if isinstance(row, PortalUser) and row.id in subjects and subjects[row.id] == seat.subject:
        # People are told their own names.
        hidden -= {"name"}
    return hidden | {"global id", "public_id"} if "id" in hidden else hidden


class _View:
    """Which rows a seat sees."""

    def __init__(self, people: Everybody, seat: Actor) -> None:
        self._rows: dict[tuple[str, Any], Any] = {
            (row.__tablename__, row.id): row for row in people.book.rows if hasattr(row, "id")
        }
        self.subjects: dict[UUID, str] = {
            row.user_id: row.subject for row in people.book.rows if isinstance(row, PortalSubject)
        }
        self._scopes = seat.scopes
        seen = [documents_of(people, name) for name in seat.sees]
        self._tenants = {each.tenant.id for each in seen}
        self._customer = seen[0].customer.id if seat.is_customer else None

    def shows(self, row: Base) -> bool:
        if isinstance(row, Tenant):
            return row.id in self._tenants
        if isinstance(row, AuditEntry) and OAuthScope.AUDIT_READ not in self._scopes:
            return False
        if isinstance(row, PortalSubject):
            return self.shows(self._rows["portal_users", row.user_id])
        if not isinstance(row, TenantOwned):
            return True
        if row.tenant_id not in self._tenants:
            return False
        return self._customer is None or self._customer_of(row) == self._customer

    def _customer_of(self, row: TenantOwned) -> Any:
        rule = row.of_customer
        if rule is None:
            return None
        key = getattr(row, rule.column)
        return self._rows[rule.table, key].customer_id if isinstance(rule, ByParent) else key


def _is_above(row: Base, root: int) -> bool:
    return isinstance(row, Tenant) and row.root_tenant_id == root


def _change(row: Any, name: str) -> None:
    """Let a column that is hidden say something else."""
    value = getattr(row, name) if name not in ("id", "global id") else None
    if isinstance(value, str):
        setattr(row, name, f"hidden {row.id if hasattr(row, 'id') else uuid7(0, 1)}")
    elif isinstance(value, datetime):
        setattr(row, name, value - timedelta(hours=1))
    elif isinstance(value, UUID):
        setattr(row, name, uuid7(1_600_000_000_000, row.id))


def taught(partners: Everybody) -> dict[str, list[Any]]:
    """Values for arguments. Each names something of the partner's, of the stranger's, and of one of
    two customers of a tenant; where nothing else tells what it names, of everybody's and of
    nobody's."""
    rows = [row for row in partners.book.rows if isinstance(row, _NODES)]
    ids = [global_id(row) for row in (*rows, partners.product)]
    numbers = [row.number for row in (*rows, partners.product)]
    external = [row.value for row in partners.book.rows if isinstance(row, OrderExternalId)]
    above, away, beside = partners.partner, partners.stranger, partners.neighbour
    return {
        "number": [*dict.fromkeys(numbers), "A-99999"],
        "id": [*ids, "ord_AZqtMX1ycVGQ2k0mB3jL5g", "nothing"],
        "ids": ids,
        "references": [*numbers, *external, "A-99999"],
        "customer": [each.customer.number for each in (above, away, beside)],
        "tenant": [above.tenant.number, away.tenant.number],
        "product": [partners.product.number],
        "externalId": [f"REF {above.tenant.id}", f"REF {away.tenant.id}", "REF 10053"],
        "actor": [each.entry.actor for each in (above, away)],
        "search": [each.customer.name for each in (above, away, beside)],
        "TenantFilter.search": [above.tenant.name, away.tenant.name],
        "renewableWithinDays": [0, 365],
        "DateTimeRange.from": [format_instant(NOW - timedelta(days=30))],
        "DateRange.to": ["2027-06-30"],
    }


async def mistakes(asking: Asking) -> list[tuple[str, Any]]:
    """Documents with a value for `$it`, something of the one who asks, that somebody got wrong."""
    answer = await asking.ask(
        "{ orders(first: 1) { edges { cursor } nodes { id number customer { number name } } } }"
    )
    (edge,), (order,) = answer.data["orders"]["edges"], answer.data["orders"]["nodes"]
    customer = order["customer"]
    return [
        ("query ($it: ID!) { node(id: $it) { id } }", order["id"] + "x"),
        ("query ($it: [ID!]!) { nodes(ids: $it) { id } }", [order["id"]] * 101),
        (
            "query ($it: [String!]!) { ordersByReference(references: $it) { state } }",
            [order["number"]] * 251,
        ),
        (
            "query ($it: String) { orders(after: $it, orderBy: {field: NUMBER}) { totalCount } }",
            edge["cursor"],
        ),
        ("query ($it: String) { offers(after: $it) { totalCount } }", edge["cursor"]),
        (
            "query ($it: String) { orders(filter: {search: $it}) { totalCount } }",
            "x".join([customer["name"]] * 20),
        ),
        (
            "query ($it: String) { orders(filter: {customer: $it}, first: -1) { totalCount } }",
            customer["number"],
        ),
        # The error would be of a customer that is there.
        (
            "query ($it: String!) { customer(number: $it) { orders(first: 251) { totalCount } } }",
            customer["number"],
        ),
    ]


def _values(row: Base) -> Iterator[tuple[str, Any]]:
    if isinstance(row, _NODES):
        yield "global id", global_id(row)
    for column in inspect(type(row)).column_attrs:
        yield column.key, getattr(row, column.key)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
    elif isinstance(value, UUID):
        yield from (str(value), value.hex)
    elif isinstance(value, datetime):
        yield format_instant(value)
    elif isinstance(value, date):
        yield value.isoformat()
    elif isinstance(value, Decimal):
        yield f"{value:f}"
    elif isinstance(value, int) and value >= 1000:
        # Smaller ones are counts and places, which say nothing of whose they are.
        yield str(value)
    elif isinstance(value, str) and not isinstance(value, Enum) and value:
        yield value
