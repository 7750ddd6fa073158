"""Two order books that differ only in the data of one OAuth scope.

What the other scopes show is the same in both, the ids included.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from auth.oauth_scopes import OAuthScope
from db import enums
from db.enums import BusinessCase, OrderPhase
from db.models import Contract, Customer, Offer, Tenant
from resolvers.ids import global_id
from tests.graph.factory import NOW, Factory

T = TypeVar("T")

CUSTOMERS, TENANTS = OAuthScope.CUSTOMERS_READ, OAuthScope.TENANTS_READ
ORDERS, OFFERS = OAuthScope.ORDERS_READ, OAuthScope.OFFERS_READ
CONTRACTS, COMMISSIONS = OAuthScope.CONTRACTS_READ, OAuthScope.COMMISSIONS_READ
PERSONAL, AUDIT = OAuthScope.PERSONAL_DATA_READ, OAuthScope.AUDIT_READ


@dataclass(frozen=True)
class _Choice:
    """Of two values, the other one if the data of the scope is to differ."""

    scope: OAuthScope | None

    def __call__(self, scope: OAuthScope, one: T, other: T) -> T:
        return other if self.scope is scope else one


def world(scope: OAuthScope | None = None) -> Factory:
    """An order book of M-10001; with a scope, one that differs in the data of that scope alone.

    Orders are made last: their numbers of rows differ, and later rows get other ids.
    """
    pick = _Choice(scope)
    book = Factory()
    partner = book.tenant(number="M-10001", email=pick(PERSONAL, "a@m.example", "b@m.example"))
    branches = [
        book.tenant(
            partner,
            number=pick(TENANTS, f"M-A{place}", f"M-B{place}"),
            name=pick(TENANTS, f"Zweig Anton{place}", f"Zweig Berta{place}"),
        )
        for place in range(2)
    ]
    product = book.product(number="P-1")
    tenants = (partner, pick(TENANTS, branches[0], branches[1]))
    customers = [
        _customer(book, pick, tenant, place) for place, tenant in enumerate((*tenants, partner))
    ]
    owners = (pick(CUSTOMERS, customers[0], customers[2]), customers[1])
    documents = [
        _documents(book, pick, owner, place, product.id) for place, owner in enumerate(owners)
    ]
    for tenant in tenants:
        book.audit_entry(
            tenant,
            actor=pick(AUDIT, "A desk", "B desk"),
            on_behalf_of=pick(PERSONAL, "agent Anton", "agent Berta"),
            occurred_at=NOW - timedelta(days=pick(AUDIT, 2, 3)),
        )
    _one_more(book, scope, documents[0])
    for each in documents:
        _orders(book, pick, each)
    return book


def _customer(book: Factory, pick: _Choice, tenant: Tenant, place: int) -> Customer:
    customer = book.customer(
        tenant,
        number=pick(CUSTOMERS, f"K-A{place}", f"K-B{2 - place}"),
        name=pick(CUSTOMERS, f"Bau Anton{place}", f"Werk Berta{2 - place}"),
        kind=pick(CUSTOMERS, enums.CustomerKind.CUSTOMER, enums.CustomerKind.PROSPECT),
        email=pick(PERSONAL, f"a{place}@k.example", f"b{place}@k.example"),
        city=pick(CUSTOMERS, "Aachen", "Bremen"),
        created_at=NOW - timedelta(days=pick(CUSTOMERS, 900, 90) + place),
        updated_at=NOW - timedelta(days=pick(CUSTOMERS, 800, 80) - place),
    )
    book.site(customer, number=pick(CUSTOMERS, "S-A", "S-B"), name=pick(CUSTOMERS, "Nord", "Süd"))
    return customer


@dataclass(frozen=True)
class _Documents:
    """What the orders of a customer refer to."""

    place: int
    customer: Customer
    product_id: UUID
    site_id: UUID | None
    user_id: UUID
    contract: Contract
    spare: Contract
    """Without an order and an open cart, and not renewable yet."""
    offer: Offer


def _documents(
    book: Factory, pick: _Choice, customer: Customer, place: int, product_id: UUID
) -> _Documents:
    site = book.site(customer, number=f"S-{place}")
    site_id = pick(CUSTOMERS, site.id, None)
    tenant = next(row for row in book.rows if isinstance(row, Tenant) and _owns(row, customer))
    users = [
        book.portal_user(
            tenant,
            name=pick(PERSONAL, f"Petra Anton{number}", f"Petra Berta{number}"),
            email=pick(PERSONAL, f"a{place}{number}@m.example", f"b{place}{number}@m.example"),
        )
        for number in range(2)
    ]
    user_id = pick(PERSONAL, users[0].id, users[1].id)
    contract, spare = (
        book.contract(
            customer,
            number=pick(CONTRACTS, f"V-A{place}{name}", f"V-B{place}{name}"),
            status=pick(CONTRACTS, enums.ContractStatus.ACTIVE, enums.ContractStatus.TERMINATED),
            term_end=pick(CONTRACTS, date(2027, 12, 31), date(2028, 12, 31)),
            renewable_from=NOW.date() + timedelta(days=100),
            product_id=product_id,
            site_id=site_id,
            dealer_id=pick(COMMISSIONS, f"HD-A{place}", f"HD-B{place}"),
            sub_partner_id=pick(COMMISSIONS, f"UVP-A{place}", f"UVP-B{place}"),
        )
        for name in ("used", "spare")
    )
    cart = book.cart(
        customer,
        number=pick(OFFERS, f"W-A{place}", f"W-B{place}"),
        site_id=site_id,
        contract_id=pick(CONTRACTS, contract.id, None),
        business_case=pick(OFFERS, BusinessCase.REORDER, BusinessCase.TARIFF_CHANGE),
        created_at=NOW - timedelta(days=pick(OFFERS, 40, 41)),
    )
    offer = book.offer(
        customer,
        cart=cart,
        number=pick(OFFERS, f"AN-A{place}", f"AN-B{place}"),
        status=pick(OFFERS, enums.OfferStatus.ORDERED, enums.OfferStatus.CONSENTED),
        created_by_id=user_id,
        updated_at=NOW - timedelta(days=pick(OFFERS, 36, 35)),
    )
    book.consent(offer, name=pick(PERSONAL, "Zita Anton", "Zita Berta"))
    return _Documents(place, customer, product_id, site_id, user_id, contract, spare, offer)


def _orders(book: Factory, pick: _Choice, of: _Documents) -> None:
    phases = (OrderPhase.PROVISIONING, OrderPhase.COMPLETED, OrderPhase.REJECTED)
    for row, phase in enumerate(phases):
        # Only of an order that ended with an error, no explanation tells whether it has a contract.
        contract = pick(CONTRACTS, of.contract, None) if row == 2 else of.contract
        order = book.order(
            of.customer,
            number=pick(ORDERS, f"A-A{of.place}{row}", f"A-B{of.place}{row}"),
            phase=pick(ORDERS, phase, OrderPhase.CANCELLED),
            business_case=BusinessCase.NEW_ORDER,
            offer=pick(OFFERS, pick(ORDERS, of.offer, None), None) if row == 0 else None,
            contract=contract,
            contract_effect=None,
            product_id=of.product_id,
            site_id=of.site_id,
            received_at=NOW - timedelta(days=30 - of.place - row),
            confirmed_by_id=of.user_id,
            external_ids=[pick(ORDERS, f"PO-A{of.place}{row}", f"PO-B{of.place}{row}")],
            dealer_id=pick(COMMISSIONS, f"HD-A{of.place}", f"HD-B{of.place}"),
            sub_partner_id=pick(COMMISSIONS, f"UVP-A{of.place}", f"UVP-B{of.place}"),
        )
        book.note(order, author=pick(PERSONAL, "Nora Anton", "Nora Berta"))


def _one_more(book: Factory, scope: OAuthScope | None, of: _Documents) -> None:
    """Objects that exist in one of the books alone. In both, the same number of ids is used."""
    if scope is CUSTOMERS:
        book.customer(next(row for row in book.rows if isinstance(row, Tenant)))
    elif scope is CONTRACTS:
        book.contract(of.customer)
    elif scope is OFFERS:
        book.cart(of.customer, contract_id=of.spare.id)
    elif scope is ORDERS:
        book.order(of.customer, contract=of.spare, contract_effect=None)
    elif scope is AUDIT:
        book.carrier_audit_entry()
    else:
        next(book._numbers)


def _owns(tenant: Tenant, customer: Customer) -> bool:
    return tenant.id == customer.tenant_id


def taught(*books: Factory) -> Mapping[str, Sequence[Any]]:
    """Values for arguments, some of each book."""

    def some(model: str, attribute: str, most: int = 3) -> list[Any]:
        return [
            value
            for book in books
            for value in [
                getattr(row, attribute) for row in book.rows if type(row).__name__ == model
            ][-most:]
        ]

    numbers = {
        model: list(dict.fromkeys(some(model, "number")))
        for model in ("Order", "Offer", "Contract", "Customer", "Tenant")
    }
    every = [number for each in numbers.values() for number in each]
    external = list(dict.fromkeys(some("OrderExternalId", "value")))
    kinds = ("Order", "Offer", "Contract", "Customer", "Tenant", "Site", "Cart")
    ids = [global_id(row) for row in books[0].rows if type(row).__name__ in kinds]
    return {
        **{f"Query.{model.lower()}.number": values for model, values in numbers.items()},
        "number": ["P-1"],
        "id": ids[::4],
        "ids": ids,
        "references": [*every, *external],
        "customer": numbers["Customer"],
        "tenant": numbers["Tenant"],
        "product": ["P-1"],
        "externalId": external,
        "actor": list(dict.fromkeys(some("AuditEntry", "actor"))),
        # Each is a part of texts of one book alone: names of people, customers and tenants, dealer
        # ids, and the numbers that `world` makes.
        "search": [
            *("anton", "berta", "hd-a0", "hd-b0"),
            *(f"{kind}-{letter}" for kind in ("a", "an", "v", "k", "m", "po") for letter in "ab"),
        ],
        "renewableWithinDays": [0, 30, 120],
        "DateTimeRange.from": [(NOW - timedelta(days=29)).isoformat()],
        "DateTimeRange.to": [(NOW - timedelta(days=29)).isoformat()],
        "DateRange.from": ["2028-01-01"],
        "DateRange.to": ["2028-01-01"],
    }
