"""The product's own statements pass the SQL check in every kind of scope."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Executable

from auth.oauth_scopes import READ_SCOPES
from db.enums import BusinessCase
from db.ids import new_id
from db.keyset import Window
from db.models import Contract, Customer, Order, Tenant
from db.queries import contracts, customers, offers, orders, products, tenants
from db.queries.conditions import Search
from db.scope.tenant_scope import TenantScope
from db.session import Database

NEWEST = Window("RECEIVED_AT", descending=True, limit=5)
WANTED = orders.OrderFilter(
    search=Search("müller a-1", READ_SCOPES), external_id="4711", needs_action=True
)
TODAY = date(2026, 11, 24)

STATEMENTS: dict[str, Callable[[], Executable]] = {
    "count": lambda: orders.ORDERS.count(WANTED),
    "counts": lambda: orders.ORDERS.counts(WANTED, Order.customer_id, [new_id()]),
    "summary": lambda: orders.summary(WANTED),
    "references": lambda: orders.by_references(READ_SCOPES).params(keys=["A-1", "V-2"]),
    "renewable contracts": lambda: contracts.renewable_among(TODAY).params(keys=[new_id()]),
    "customer by number": lambda: customers.ids_of_customer("K-1"),
    "product by number": lambda: products.ids_of_product("P-1"),
    "processing times": products.processing_times,
    "processing times of some": lambda: products.processing_times(
        of_products=True, of_cases=True
    ).params(product_ids=[new_id()], business_cases=[BusinessCase.NEW_ORDER]),
    "subtree": lambda: tenants.subtree("T1"),
    "offers": lambda: offers.OFFERS.count(offers.OfferFilter()),
    "contracts": lambda: contracts.CONTRACTS.counts(
        contracts.ContractFilter(), Contract.customer_id, [new_id()]
    ),
    "customers": lambda: customers.CUSTOMERS.counts(
        customers.CustomerFilter(), Customer.tenant_id, [1]
    ),
    "tenants": lambda: tenants.TENANTS.counts(tenants.TenantFilter(), Tenant.parent_id, [1]),
}
SCOPES = [
    TenantScope.tree(1),
    TenantScope.tenants(1, (2,)),
    TenantScope.tenants(1, (2, 3)),
    TenantScope.carrier(),
]


@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_statement_of_the_product_runs_in_every_scope(
    name: str, shared_database: Database
) -> None:
    for scope in SCOPES:
        async with shared_database.read(scope) as session:
            assert (await session.execute(STATEMENTS[name]())) is not None


@pytest.mark.parametrize("filters", [orders.OrderFilter(), WANTED], ids=["all", "filtered"])
async def test_a_page_runs_in_every_scope(
    filters: orders.OrderFilter, shared_database: Database
) -> None:
    page = orders.ORDERS.page(filters, NEWEST)
    pages = orders.ORDERS.pages(filters, NEWEST, Order.customer_id)
    attributes = frozenset({"number", "status"})
    for scope in SCOPES:
        async with shared_database.read(scope) as session:
            assert await session.records(page, None, **NEWEST.parameters) == []
            parameters = {"keys": [new_id()], **NEWEST.parameters}
            assert await session.records(pages, attributes, **parameters) == []
