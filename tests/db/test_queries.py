"""The product's own statements pass the SQL check in every kind of scope."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from operator import ge

import pytest
from sqlalchemy import Executable

from auth.oauth_scopes import READ_SCOPES
from db.conditions import EVERYTHING, Where, either, one_of, searched, within
from db.enums import BusinessCase
from db.ids import new_id
from db.keyset import Window
from db.models import Customer, Order, Tenant
from db.queries import contracts, customers, lists, orders, products, tenants
from db.queries.orders import HAS_EXTERNAL_ID
from db.scope.tenant_scope import TenantScope
from db.session import Database

NEWEST = Window(Order.received_at, descending=True, limit=5)
WANTED = Where.of(
    [
        ("search", searched(Order), "müller a-1"),
        ("external_id", HAS_EXTERNAL_ID, "4711"),
        ("needs_action", either(Order.action_text.is_not(None)), True),
        ("received", within(Order.received_at), [(ge, datetime(2026, 11, 24, tzinfo=UTC))]),
    ],
    READ_SCOPES,
)
TODAY = date(2026, 11, 24)
RENEWABLE = Where.of([("renewable", contracts.RENEWABLE_BY, (TODAY, TODAY))])
SOME = Where.of(
    [
        ("product", one_of(Order.product_id), [new_id(), new_id()]),
        ("case", one_of(Order.business_case), [BusinessCase.NEW_ORDER]),
    ]
)

STATEMENTS: dict[str, Callable[[], Executable]] = {
    "count": lambda: lists.ORDERS.count(WANTED).statement(),
    "counts": lambda: lists.ORDERS.counts(WANTED, Order.customer_id).statement(keys=[new_id()]),
    "summary": lambda: orders.summary(WANTED).statement(),
    "references": lambda: orders.by_references(READ_SCOPES).params(keys=["A-1", "V-2"]),
    "renewable contracts": lambda: contracts.renewable_among().params(keys=[new_id()], today=TODAY),
    "customer by number": lambda: customers.ids_of_customer("K-1"),
    "product by number": lambda: products.ids_of_product("P-1"),
    "processing times": lambda: products.processing_times().statement(),
    "processing times of some": lambda: products.processing_times(SOME).statement(),
    "subtree": lambda: tenants.subtree("T1"),
    "contracts": lambda: lists.CONTRACTS.count(RENEWABLE).statement(),
    "customers": lambda: lists.CUSTOMERS.counts(EVERYTHING, Customer.tenant_id).statement(keys=[1]),
    "tenants": lambda: lists.TENANTS.counts(
        Where.of([("search", tenants.FOUND, "müller")]), Tenant.parent_id
    ).statement(keys=[1]),
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


@pytest.mark.parametrize("where", [EVERYTHING, WANTED], ids=["all", "filtered"])
async def test_a_page_runs_in_every_scope(where: Where, shared_database: Database) -> None:
    page = lists.ORDERS.page(where, NEWEST)
    pages = lists.ORDERS.pages(where, NEWEST, Order.customer_id)
    attributes = frozenset({"number", "status"})
    for scope in SCOPES:
        async with shared_database.read(scope) as session:
            assert await session.records(page, None) == []
            assert await session.records(pages, attributes, keys=[new_id()]) == []
