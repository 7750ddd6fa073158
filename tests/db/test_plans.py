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

from db.keyset import Key, Window
from db.models import Order
from db.queries.orders import ORDERS as ORDER_COLLECTION
from db.queries.orders import OrderFilter, OrderSortField
from db.scope.policies import SEARCH_BY_INDEX
from db.scope.roles import Roles, quoted
from db.scope.tenant_scope import TenantScope
from db.scope.transactions import opening
from db.session import Database
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
                           updated_at, search_text)
    SELECT CASE WHEN id = 77 AND n = 0 THEN '{CUSTOMER}'::uuid ELSE gen_random_uuid() END,
           id, root_tenant_id, id || '-' || n, 'CUSTOMER', 'Kunde ' || n,
           now(), now(), 'kunde ' || n
    FROM tenants, generate_series(0, 4) n;
    INSERT INTO orders (id, tenant_id, root_tenant_id, number, customer_id, business_case,
                        received_at, automated, characteristics, phase,
                        expected_completion_date, delayed, reported_characteristics, updated_at,
                        version, search_text)
    SELECT gen_random_uuid(), c.tenant_id, c.root_tenant_id, 'A' || n, c.id, 'NEW_ORDER',
           received, false, '[]', 'RECEIVED',
           CASE WHEN n % 3 > 0 THEN received + interval '30 days' END,
           false, '[]', received + n % 50 * interval '1 hour', 1,
           'a' || n || E'\\n' || md5(n::text)
    FROM (SELECT n, timestamptz '2026-01-01' + n * 7919 % 9973 * interval '1 hour' AS received,
                 CASE WHEN n % 2 = 0 THEN 1001 + n % {STRANGERS}
                      WHEN n % 10 = 1 THEN 77
                      ELSE 1 + n % {SUB_TENANTS + 1} END AS tenant,
                 n / 20 % 5 AS customer
          FROM generate_series(1, {ORDERS}) n) o
    JOIN customers c ON c.number = o.tenant || '-' || o.customer
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


def newest(sort: OrderSortField = OrderSortField.RECEIVED_AT, **more: Any) -> Window:
    return Window(sort, descending=True, limit=50, **more)


def page_of(filters: OrderFilter, window: Window) -> Executable:
    return ORDER_COLLECTION.page(filters, window).statement("postgresql", window.parameters)


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
        page_of(OrderFilter(), newest()),
        "ix_orders_root_tenant_id_received_at_id",
    ),
    "deep page of a tree": (
        WIDE,
        page_of(OrderFilter(), newest(after=MIDDLE)),
        "ix_orders_root_tenant_id_received_at_id",
    ),
    "page of a tree narrowed to a sub-tenant": (
        WIDE,
        page_of(OrderFilter(tenant_ids=(77,)), newest()),
        "ix_orders_tenant_id_root_tenant_id_received_at_id",
    ),
    "last page of a tree": (
        WIDE,
        page_of(OrderFilter(), newest(from_end=True)),
        "ix_orders_root_tenant_id_received_at_id",
    ),
    "last changed of a tree": (
        WIDE,
        page_of(OrderFilter(), newest(OrderSortField.UPDATED_AT)),
        "ix_orders_root_tenant_id_updated_at_id",
    ),
    "last changed of a sub-tenant": (
        SUB_TENANT,
        page_of(OrderFilter(), newest(OrderSortField.UPDATED_AT)),
        "ix_orders_tenant_id_root_tenant_id_updated_at_id",
    ),
    "next expected of a tree": (
        WIDE,
        page_of(
            OrderFilter(),
            Window(OrderSortField.EXPECTED_COMPLETION_DATE, descending=False, limit=50),
        ),
        "ix_orders_root_tenant_id_expected_sort_id",
    ),
    "highest number of a tree": (
        WIDE,
        page_of(OrderFilter(), newest(OrderSortField.NUMBER)),
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
    limit, scan = await dataset.plan(ONE_CUSTOMER, page_of(OrderFilter(), newest()), mode)
    assert limit["Node Type"] == "Limit"
    assert (scan["Node Type"], scan["Index Name"]) == (
        "Index Scan",
        "ix_orders_customer_id_root_tenant_id_received_at_id",
    )


@pytest.mark.parametrize("mode", MODES)
async def test_a_customers_newest_orders_are_one_index_range_without_a_sort(
    mode: str, dataset: Dataset
) -> None:
    statement = page_of(OrderFilter(customer_ids=(CUSTOMER,)), newest())
    limit, scan = await dataset.plan(WIDE, statement, mode)
    assert limit["Node Type"] == "Limit"
    assert (scan["Node Type"], scan["Index Name"]) == (
        "Index Scan",
        "ix_orders_customer_id_root_tenant_id_received_at_id",
    )


SEARCH = page_of(OrderFilter(search="A19 c4ca4238"), newest())


async def test_search_reads_the_rows_in_scope_by_an_index(dataset: Dataset) -> None:
    plan = await dataset.plan(SUB_TENANT, SEARCH, "force_custom_plan")
    assert "Seq Scan" not in [node["Node Type"] for node in plan]
    assert any("root_tenant_id = 1" in node.get("Index Cond", "") for node in plan)


async def test_search_reads_the_trigram_index_after_the_administrators_statement(
    dataset: Dataset, databases: Databases, shared_postgresql_url: str
) -> None:
    administrator = await postgres.connect(databases.administrators(shared_postgresql_url))
    await administrator.execute(SEARCH_BY_INDEX)
    try:
        plan = await dataset.plan(WIDE, SEARCH, "force_custom_plan")
    finally:
        await administrator.execute(SEARCH_BY_INDEX.replace("LEAKPROOF", "NOT LEAKPROOF"))
        await administrator.close()
    assert "ix_orders_search_text" in [node.get("Index Name") for node in plan]
