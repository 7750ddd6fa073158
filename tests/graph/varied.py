"""An order book in which every input makes a difference.

Every list has four rows that differ in all that it can be filtered and sorted by. No two of its
sort orders are the same, and every range divides the rows into two pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from db import enums
from db.enums import BusinessCase, OrderPhase
from db.models import Customer, Product, Tenant
from resolvers.ids import global_id
from tests.graph.factory import NOW, Factory
from tests.graph.walk import Lesson

RANKS = ((0, 1, 2, 3), (1, 0, 2, 3), (0, 1, 3, 2), (1, 0, 3, 2))
"""For each of four sort fields, the place of each row."""
_MIDDLE = NOW - timedelta(days=20)
_CASES = (
    BusinessCase.NEW_ORDER,
    BusinessCase.NEW_ORDER,
    BusinessCase.REORDER,
    BusinessCase.REORDER,
)
_PHASES = (
    OrderPhase.COMPLETED,
    OrderPhase.CLARIFICATION,
    OrderPhase.PROVISIONING,
    OrderPhase.RECEIVED,
)


@dataclass(frozen=True)
class Varied:
    book: Factory
    lesson: Lesson


def varied() -> Varied:
    book = Factory()
    partner = book.tenant(number="M-10001", name="Zentrale", created_at=_early(0))
    branches = [
        book.tenant(partner, number=f"M-2000{by[1]}", name=f"Zweig R{by[0]}") for by in _rows()
    ]
    product, rare = book.product(), book.product(family=enums.ProductFamily.OTHER)
    customers = [
        book.customer(
            partner,
            name=f"Kundschaft R{by[0]}",
            number=f"K-2000{by[1]}",
            created_at=_instant(by[2]),
            updated_at=_instant(by[2], 1),
            kind=_half(by, enums.CustomerKind),
        )
        for by in _rows()
    ]
    _documents(book, customers[0], product)
    _others(book, book.customer(branches[0], number="K-30000"), rare)
    _audit_log(book, partner, branches[0])
    return Varied(book, Lesson(_taught(book), "tests/graph/varied.py"))


def _documents(book: Factory, customer: Customer, product: Product) -> None:
    """All of one customer, site, contract and product, so that every list below these has them."""
    site = book.site(customer)
    book.site(customer)
    used = {"site_id": site.id, "product_id": product.id}
    contracts = [
        book.contract(
            customer,
            created_at=_instant(by[0]),
            updated_at=_instant(by[1], 5),
            term_end=date(2027, 1 + 10 * (by[2] // 2), 1 + by[2]),
            renewable_from=NOW.date() + timedelta(days=300 - 290 * (by[0] % 2)),
            number=f"V-2000{by[3]}",
            status=_half(by, enums.ContractStatus),
            **used,
        )
        for by in _rows()
    ]
    carts = [
        book.cart(
            customer,
            site_id=site.id,
            contract_id=contracts[0].id,
            business_case=_CASES[by[0]],
            created_at=_instant(by[0]),
            updated_at=_instant(by[0], 1),
        )
        for by in _rows()
    ]
    offers = [
        book.offer(
            customer,
            cart=cart if by[0] < 2 else None,
            business_case=_CASES[by[0]],
            created_at=_instant(by[0]),
            updated_at=_instant(by[1], 5),
            number=f"AN-2000{by[2]}",
            status=enums.OfferStatus.ORDERED if by[0] < 2 else enums.OfferStatus.SENT,
        )
        for by, cart in zip(_rows(), carts, strict=True)
    ]
    orders = [
        book.order(
            customer,
            phase=_PHASES[by[0]],
            business_case=_CASES[by[0]],
            offer=offers[by[0]] if by[0] < 2 else None,
            contract=contracts[0],
            product=product,
            site_id=site.id,
            received_at=_instant(by[0]),
            updated_at=_instant(by[1], 5),
            expected_completion_date=_instant(by[2]),
            number=f"A-2000{by[3]}",
            external_ids=[f"PO-2000{by[0]}"],
        )
        for by in _rows()
    ]
    book.delay(orders[2])
    book.milestone(orders[0])


def _others(book: Factory, customer: Customer, product: Product) -> None:
    """What numbers of filters name: of another customer, tenant and product."""
    book.order(
        customer,
        phase=OrderPhase.COMPLETED,
        business_case=BusinessCase.REORDER,
        product=product,
        external_ids=["PO-30000"],
    )
    book.contract(customer, product_id=product.id)
    book.offer(customer)


def _audit_log(book: Factory, partner: Tenant, branch: Tenant) -> None:
    actions = (enums.AuditAction.KEY_CREATED, enums.AuditAction.KEY_REVOKED)
    for by in _rows():
        book.audit_entry(
            branch if by[0] == 1 else partner,
            occurred_at=_instant(by[0]),
            action=actions[by[0] // 2],
            actor=f"actor {by[0]}",
        )


def _taught(book: Factory) -> Mapping[str, Sequence[Any]]:
    """A value for every input. `Lesson` says how they are found."""
    rows: dict[str, list[Any]] = {}
    for row in book.rows:
        rows.setdefault(type(row).__name__, []).append(row)
    some = [rows[name][0] for name in ("Order", "Offer", "Contract", "Customer")]
    return {
        **{
            f"Query.{name.lower()}.number": [row.number for row in rows[name][:2]]
            for name in ("Order", "Offer", "Contract", "Customer", "Tenant", "Product")
        },
        "id": [global_id(row) for row in some],
        "ids": [global_id(row) for row in some],
        "references": [rows["Order"][0].number, rows["Order"][1].number],
        "customer": ["K-30000"],
        "tenant": [rows["Tenant"][1].number],
        "product": [rows["Product"][1].number],
        "externalId": ["PO-20000"],
        "actor": ["actor 0"],
        "OrderFilter.search": ["PO-20000"],
        "ContractFilter.search": [rows["Contract"][0].number],
        "OfferFilter.search": [rows["Offer"][0].number],
        "CustomerFilter.search": [rows["Customer"][0].name],
        "TenantFilter.search": [rows["Tenant"][1].name],
        "OrderFilter.status": ["IN_PROGRESS"],
        "OrderFilter.phase": ["COMPLETED"],
        "ContractFilter.status": ["ACTIVE"],
        "OfferFilter.status": ["ORDERED"],
        "CartFilter.status": ["OPEN"],
        "CustomerFilter.kind": ["CUSTOMER"],
        "ProductFilter.family": ["OTHER"],
        "AuditFilter.actions": ["KEY_CREATED"],
        "businessCase": ["REORDER"],
        "DateTimeRange.from": [_MIDDLE.isoformat()],
        "DateTimeRange.to": [_MIDDLE.isoformat()],
        "DateRange.from": ["2027-06-01"],
        "DateRange.to": ["2027-06-01"],
        "renewableWithinDays": [30],
        "first": [1],
        "last": [1],
    }


def _rows() -> list[tuple[int, ...]]:
    """The places of each row in the four sort orders."""
    return [*zip(*RANKS, strict=True)]


def _early(rank: int) -> datetime:
    return NOW - timedelta(days=40 - rank)


def _instant(rank: int, later: int = 0) -> datetime:
    """The first two places are before the middle of every range, the others after it."""
    return _early(rank) + timedelta(days=later + 30 * (rank // 2))


def _half(by: tuple[int, ...], members: Any) -> Any:
    return [*members][by[0] // 2]
