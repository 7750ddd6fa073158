"""Order books of several tenants, the same books without some of them, and what a tenant is told.

Whoever sees a part of the tenants must get the same answers, byte for byte, in the world of
everybody and in one where all that they may not see does not exist.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import inspect

from db.base import Base, TenantOwned
from db.ids import uuid7
from db.models import Cart, Contract, Customer, Offer, Order, OrderExternalId, Site, Tenant
from resolvers.ids import global_id
from schema.scalars import format_instant
from tests.graph.book import NOW
from tests.graph.client import Client
from tests.graph.partners import Documents, Partners, two_partners

SEEN: Mapping[str, Sequence[str]] = {
    "stranger": ["stranger"],
    "nested": ["nested"],
    "sibling": ["sibling"],
    "partner": ["partner", "branch", "nested", "sibling"],
}
"""By who is asking, whose documents they see. See `Partners`."""

_NODES = (Tenant, Customer, Site, Cart, Offer, Order, Contract)


@dataclass(frozen=True)
class Column:
    """Where a value is stored."""

    model: str
    name: str

    def __str__(self) -> str:
        return f"{self.model}.{self.name}"


def everybody() -> Partners:
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
    return partners


def alone(viewer: str) -> Partners:
    """Only what the viewer may see. The tenants above are others, who have nothing."""
    partners = everybody()
    seen = {documents_of(partners, name).tenant.id for name in SEEN[viewer]}
    root = documents_of(partners, viewer).tenant.root_tenant_id
    partners.book.rows[:] = [row for row in partners.book.rows if _stays(row, seen, root)]
    for row in partners.book.rows:
        if isinstance(row, Tenant) and row.id not in seen:
            row.public_id = uuid7(1_600_000_000_000, row.id)
            row.number, row.name, row.email = f"X-{row.id}", f"Anybody {row.id}", None
    return partners


def documents_of(partners: Partners, name: str) -> Documents:
    documents: Documents = getattr(partners, name)
    return documents


def _stays(row: Base, seen: set[int], root: int) -> bool:
    if isinstance(row, Tenant):
        return row.root_tenant_id == root
    return not isinstance(row, TenantOwned) or row.tenant_id in seen


def taught(partners: Partners) -> dict[str, list[Any]]:
    """Values for arguments. Each names something of the partner's, and of the stranger's; where
    nothing else tells what it names, of every tenant's and of nobody's."""
    rows = [row for row in partners.book.rows if isinstance(row, _NODES)]
    ids = [global_id(row) for row in (*rows, partners.product)]
    numbers = [row.number for row in (*rows, partners.product)]
    external = [row.value for row in partners.book.rows if isinstance(row, OrderExternalId)]
    above, away = partners.partner, partners.stranger
    return {
        "number": [*dict.fromkeys(numbers), "A-99999"],
        "id": [*ids, "ord_AZqtMX1ycVGQ2k0mB3jL5g", "nothing"],
        "ids": ids,
        "references": [*numbers, *external, "A-99999"],
        "customer": [above.customer.number, away.customer.number],
        "tenant": [above.tenant.number, away.tenant.number],
        "product": [partners.product.number],
        "externalId": [f"REF {each.tenant.id}" for each in (above, away)],
        "actor": [each.entry.actor for each in (above, away)],
        "search": [above.customer.name, away.customer.name],
        "TenantFilter.search": [above.tenant.name, away.tenant.name],
        "renewableWithinDays": [0, 365],
        "DateTimeRange.from": [format_instant(NOW - timedelta(days=30))],
        "DateRange.to": ["2027-06-30"],
    }


async def mistakes(client: Client, tenant: str) -> list[tuple[str, Any]]:
    """Documents with a value for `$it`, something of the tenant's, that somebody got wrong."""
    answer = await client.query(
        "{ orders(first: 1) { edges { cursor } nodes { id number customer { number name } } } }",
        tenant=tenant,
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


def markers(rows: Iterable[Base], tenant_ids: Iterable[int]) -> dict[str, Column]:
    """Whatever the rows of these tenants say, as an answer would say it, and where it is stored."""
    owners = set(tenant_ids)
    return {
        text: Column(type(row).__name__, name)
        for row in rows
        if (row.id if isinstance(row, Tenant) else getattr(row, "tenant_id", None)) in owners
        for name, value in _values(row)
        for text in _texts(value)
    }


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
