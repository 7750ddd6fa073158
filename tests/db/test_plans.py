"""The plans that PostgreSQL chooses for statements of sessions, for a partner with 500
sub-tenants."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Executable, event, select
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.orm import InstrumentedAttribute

from auth.oauth_scopes import READ_SCOPES, OAuthScope
from db.conditions import EVERYTHING, Where, one_of, searched
from db.keyset import Key, Window
from db.models import Customer, Order
from db.queries.lists import ORDERS as ORDER_COLLECTION
from db.queries.orders import by_references
from db.scope.policies import SEARCH_BY_INDEX
from db.scope.roles import Roles, quoted
from db.scope.tenant_scope import TenantScope
from db.scope.transactions import opening
from db.session import Database
from resolvers import relations
from resolvers.loaders import One, Parts
from tests.support import postgres
from tests.support.databases import Databases

SUB_TENANTS = 500
STRANGERS = 20
ORDERS = 20_000

WIDE, SUB_TENANT = TenantScope.tree(1), TenantScope.tenants(1, (77,))
CUSTOMER = UUID(int=77)
ONE_CUSTOMER = TenantScope.customer(1, 77, CUSTOMER)
MIDDLE = Key(datetime(2026, 3, 1, tzinfo=UTC), UUID(int=1))

# A partner (1) and its sub-tenants (2 to 501) have half of all orders, and sub-tenant 77 a tenth of
# these; the rest belongs to other partners (1001 …).
LOAD = f"""
    INSERT INTO tenants (id, public_id, root_tenant_id, parent_id, number, name, created_at)
    SELECT id, gen_random_uuid(), root, NULLIF(root, id), 'T' || id, 'Partner ' || id, now()
    FROM (SELECT id, 1 AS root FROM generate_series(1, {SUB_TENANTS + 1}) id
          UNION ALL SELECT id, id FROM generate_series(1001, {1000 + STRANGERS}) id) t
    ORDER BY id;
    INSERT INTO customers (id, tenant_id, root_tenant_id, number, kind, name, created_at,
                           updated_at, search_customers)
    SELECT CASE WHEN id = 77 AND n = 0 THEN '{CUSTOMER}'::uuid ELSE gen_random_uuid() END,
           id, root_tenant_id, id || '-' || n, 'CUSTOMER', 'Kunde ' || n,
           now(), now(), 'kunde ' || n
    FROM tenants, generate_series(0, 4) n;
    INSERT INTO orders (id, tenant_id, root_tenant_id, number, customer_id, business_case,
                        received_at, automated, characteristics, phase,
                        expected_completion_date, delayed, reported_characteristics, updated_at,
                        version, search_orders, search_offers,
                        search_contracts, search_customers)
    SELECT gen_random_uuid(), c.tenant_id, c.root_tenant_id, 'A' || n, c.id, 'NEW_ORDER',
           received, false, '[]', 'RECEIVED',
           CASE WHEN n % 3 > 0 THEN received + interval '30 days' END,
           false, '[]', received + n % 50 * interval '1 hour', 1,
           'a' || n, 'an' || n, '', md5(n::text)
    FROM (SELECT n, timestamptz '2026-01-01' + n * 7919 % 9973 * interval '1 hour' AS received,
                 CASE WHEN n % 2 = 0 THEN 1001 + n % {STRANGERS}
                      WHEN n % 10 = 1 THEN 77
                      ELSE 1 + n % {SUB_TENANTS + 1} END AS tenant,
                 n / 20 % 5 AS customer
          FROM generate_series(1, {ORDERS}) n) o
    JOIN customers c ON c.number = o.tenant || '-' || o.customer;
    INSERT INTO order_external_ids (root_tenant_id, order_id, position, tenant_id, value)
    SELECT root_tenant_id, id, 1, tenant_id, 'PO-' || number FROM orders;
    INSERT INTO contracts (id, tenant_id, root_tenant_id, number, customer_id, status, created_at,
                           updated_at, version, search_contracts, search_customers)
    SELECT gen_random_uuid(), tenant_id, root_tenant_id, 'C' || number, customer_id, 'ACTIVE',
           received_at, received_at, 1, '', ''
    FROM orders WHERE tenant_id % 4 = 1
"""  # noqa: S608 - numbers of ours


@dataclass(frozen=True)
class Dataset:
    database: Database
    connection: asyncpg.Connection
    roles: Roles

    async def plan(
        self, scope: TenantScope, statement: Executable, mode: str
    ) -> list[dict[str, Any]]:
        """The nodes of the plan for a session of the scope, from the outermost inwards."""
        with self._sent() as sent:
            async with self.database.read(scope) as session:
                await session.execute(statement)
        [(sql, parameters)] = sent
        values = ", ".join(literal(value) for value in parameters)
        await self.connection.execute(opening(scope, self.roles, None))
        try:
            await self.connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
            await self.connection.execute(f"PREPARE it AS {sql}")
            explained = await self.connection.fetchval(
                f"EXPLAIN (FORMAT JSON) EXECUTE it ({values})"
            )
            await self.connection.execute("DEALLOCATE it")
        finally:
            await self.connection.execute("ROLLBACK")
        return list(nodes(json.loads(explained)[0]["Plan"]))

    @contextmanager
    def _sent(self) -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
        """The statements that the driver gets within the block, with their parameters."""
        sent: list[tuple[str, tuple[Any, ...]]] = []

        def note(statement: str, context: ExecutionContext, **_: object) -> None:
            sent.append((statement, context.parameters[0]))  # type: ignore[arg-type]

        engine = self.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note, named=True)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)


def literal(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return literal("{" + ",".join(map(str, value)) + "}")
    return "'" + str(value).replace("'", "''") + "'"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The nodes of a plan, except those that policies add and that run once per statement."""
    # Both layers have a condition on the root; one node compares the two values.
    if not (plan["Node Type"] == "Result" and "One-Time Filter" in plan):
        yield plan
    for part in plan.get("Plans", ()):
        # The list of tenants.
        if part["Parent Relationship"] != "SubPlan":
            yield from nodes(part)


@pytest.fixture(scope="module")
async def dataset(shared_postgresql_url: str) -> AsyncIterator[Dataset]:
    connection = await postgres.connect(shared_postgresql_url)
    roles = Roles(await connection.fetchval("SELECT current_user"))
    await connection.execute(f"SET ROLE {quoted(roles.carrier)}")
    await connection.execute(LOAD)
    assert await connection.fetchval("SELECT count(*) FROM orders") == ORDERS
    await connection.execute("RESET ROLE")
    # As autovacuum does: statistics for the planner, pending entries of the trigram index.
    await connection.execute("VACUUM ANALYZE")
    database = Database(shared_postgresql_url)
    yield Dataset(database, connection, roles)
    await database.close()
    await connection.close()


def newest(sort: InstrumentedAttribute[Any] = Order.received_at, **more: Any) -> Window:
    return Window(sort, descending=True, limit=50, **more)


def page_of(where: Where, window: Window) -> Executable:
    return ORDER_COLLECTION.page(where, window).statement("postgresql")


# A connection plans its first executions of a statement for their values, later ones for any.
MODES = ("force_custom_plan", "force_generic_plan")

ONE_RANGE: dict[str, tuple[TenantScope, Executable, str]] = {
    "newest of a tree": (
        WIDE,
        select(Order).order_by(Order.received_at.desc(), Order.id.desc()).limit(50),
        "ix_orders_root_tenant_id_received_at_id",
    ),
    "newest of a sub-tenant": (
        SUB_TENANT,
        select(Order).order_by(Order.received_at.desc(), Order.id.desc()).limit(50),
        "ix_orders_tenant_id_root_tenant_id_received_at_id",
    ),
    "page of a tree": (
        WIDE,
        page_of(EVERYTHING, newest()),
        "ix_orders_root_tenant_id_received_at_id",
    ),
    "deep page of a tree": (
        WIDE,
        page_of(EVERYTHING, newest(after=MIDDLE)),
        "ix_orders_root_tenant_id_received_at_id",
    ),
    "page of a tree narrowed to a sub-tenant": (
        WIDE,
        page_of(Where.of([("tenant", one_of(Order.tenant_id), (77,))]), newest()),
        "ix_orders_tenant_id_root_tenant_id_received_at_id",
    ),
    "last page of a tree": (
        WIDE,
        page_of(EVERYTHING, newest(from_end=True)),
        "ix_orders_root_tenant_id_received_at_id",
    ),
    "last changed of a tree": (
        WIDE,
        page_of(EVERYTHING, newest(Order.updated_at)),
        "ix_orders_root_tenant_id_updated_at_id",
    ),
    "last changed of a sub-tenant": (
        SUB_TENANT,
        page_of(EVERYTHING, newest(Order.updated_at)),
        "ix_orders_tenant_id_root_tenant_id_updated_at_id",
    ),
    "next expected of a tree": (
        WIDE,
        page_of(
            EVERYTHING,
            Window(Order.expected_sort, descending=False, limit=50),
        ),
        "ix_orders_root_tenant_id_expected_sort_id",
    ),
    "highest number of a tree": (
        WIDE,
        page_of(EVERYTHING, newest(Order.number)),
        "ix_orders_root_tenant_id_number_id",
    ),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("page", ONE_RANGE)
async def test_a_page_is_one_index_range_without_a_sort(
    page: str, mode: str, dataset: Dataset
) -> None:
    scope, statement, index = ONE_RANGE[page]
    limit, scan = await dataset.plan(scope, statement, mode)
    assert limit["Node Type"] == "Limit"
    assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", index)


@pytest.mark.parametrize("mode", MODES)
async def test_a_customers_own_page_is_one_index_range_without_a_sort(
    mode: str, dataset: Dataset
) -> None:
    limit, scan = await dataset.plan(ONE_CUSTOMER, page_of(EVERYTHING, newest()), mode)
    assert limit["Node Type"] == "Limit"
    assert (scan["Node Type"], scan["Index Name"]) == (
        "Index Scan",
        "ix_orders_customer_id_root_tenant_id_received_at_id",
    )


@pytest.mark.parametrize("mode", MODES)
async def test_a_customers_newest_orders_are_one_index_range_without_a_sort(
    mode: str, dataset: Dataset
) -> None:
    statement = page_of(Where.of([("customer", one_of(Order.customer_id), (CUSTOMER,))]), newest())
    limit, scan = await dataset.plan(WIDE, statement, mode)
    assert limit["Node Type"] == "Limit"
    assert (scan["Node Type"], scan["Index Name"]) == (
        "Index Scan",
        "ix_orders_customer_id_root_tenant_id_received_at_id",
    )


KEYS = [UUID(int=n) for n in range(1, 6)]
NUMBERS = [f"A{n}" for n in range(1, 6)]


def rows(relation: One[Any] | Parts[Any], keys: list[Any], *, in_tree: bool) -> Executable:
    return relation.query.statement("postgresql", in_tree=in_tree, keys=keys)


# The indexes that find rows by their keys: of a partner, and of the carrier, who names no root.
BY_KEY: dict[str, tuple[One[Any] | Parts[Any], list[Any], set[str], set[str]]] = {
    "orders by id": (relations.ORDER, KEYS, {"pk_orders"}, {"ix_orders_id"}),
    "customers by id": (relations.CUSTOMER, KEYS, {"pk_customers"}, {"ix_customers_id"}),
    "contracts by id": (relations.CONTRACT, KEYS, {"pk_contracts"}, {"ix_contracts_id"}),
    "orders by number": (
        One(Order, Order.number),
        NUMBERS,
        {"uq_orders_number_root_tenant_id", "ix_orders_root_tenant_id_number_id"},
        {"uq_orders_number_root_tenant_id"},
    ),
    "customers by number": (
        One(Customer, Customer.number),
        NUMBERS,
        {"uq_customers_number_root_tenant_id", "ix_customers_root_tenant_id_number_id"},
        {"uq_customers_number_root_tenant_id"},
    ),
    "orders by offer": (
        relations.ORDER_OF_OFFER,
        KEYS,
        {"uq_orders_offer_id_root_tenant_id"},
        {"uq_orders_offer_id_root_tenant_id"},
    ),
    "parts of orders": (
        relations.EXTERNAL_IDS_OF_ORDER,
        KEYS,
        {"pk_order_external_ids"},
        {"ix_orders_id", "pk_order_external_ids"},
    ),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("look_up", BY_KEY)
@pytest.mark.parametrize("scope", [WIDE, TenantScope.carrier()], ids=["partner", "carrier"])
async def test_rows_are_found_by_an_index_that_begins_with_what_the_scope_names(
    scope: TenantScope, look_up: str, mode: str, dataset: Dataset
) -> None:
    relation, keys, of_partner, of_carrier = BY_KEY[look_up]
    in_tree = scope.root_tenant_id is not None
    plan = await dataset.plan(scope, rows(relation, keys, in_tree=in_tree), mode)
    assert "Seq Scan" not in [node["Node Type"] for node in plan]
    used = {node["Index Name"] for node in plan if "Index Name" in node}
    assert used <= of_partner if in_tree else used == of_carrier


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scope", [WIDE, TenantScope.carrier()], ids=["partner", "carrier"])
async def test_references_are_found_by_indexes_alone(
    scope: TenantScope, mode: str, dataset: Dataset
) -> None:
    plan = await dataset.plan(scope, by_references(READ_SCOPES).params(keys=NUMBERS), mode)
    read = {node["Relation Name"]: node["Node Type"] for node in plan if "Relation Name" in node}
    assert "Seq Scan" not in {read["orders"], read["order_external_ids"]}
    assert "ix_order_external_ids_value_root_tenant_id" in [n.get("Index Name") for n in plan]


ORDERS_READ = frozenset({OAuthScope.ORDERS_READ})


def found(words: str, scopes: frozenset[OAuthScope]) -> Executable:
    return page_of(Where.of([("search", searched(Order), words)], scopes), newest())


SEARCH = found("A19 c4ca4238", READ_SCOPES)


async def test_search_reads_the_rows_in_scope_by_an_index(dataset: Dataset) -> None:
    plan = await dataset.plan(SUB_TENANT, SEARCH, "force_custom_plan")
    assert "Seq Scan" not in [node["Node Type"] for node in plan]
    assert any("root_tenant_id = 1" in node.get("Index Cond", "") for node in plan)


@pytest.mark.parametrize(
    ("words", "scopes"),
    [("A19 c4ca4238", READ_SCOPES), ("A1234", READ_SCOPES), ("A1234", ORDERS_READ)],
)
async def test_search_reads_the_trigram_index_after_the_administrators_statement(
    dataset: Dataset,
    databases: Databases,
    shared_postgresql_url: str,
    words: str,
    scopes: frozenset[OAuthScope],
) -> None:
    administrator = await postgres.connect(databases.administrators(shared_postgresql_url))
    await administrator.execute(SEARCH_BY_INDEX)
    try:
        plan = await dataset.plan(WIDE, found(words, scopes), "force_custom_plan")
    finally:
        await administrator.execute(SEARCH_BY_INDEX.replace("LEAKPROOF", "NOT LEAKPROOF"))
        await administrator.close()
    assert "ix_orders_search" in [node.get("Index Name") for node in plan]
