"""A session sees the rows in its scope and no others, whatever the shape of a statement."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
    text,
    true,
    union,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.conditions import EVERYTHING
from db.keyset import Window
from db.models import Base, CartItem, Customer, Order, OrderItem, Product, Tenant
from db.models.changes import WHOLE_TREE
from db.queries.lists import ORDERS
from db.scope.sql_check import UnscopedStatementError
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.db.privileges import ANYTHING, grant_everything, no_list_of_changes
from tests.db.rows import MODELS, OWNED, TABLES, add, add_tenant, as_carrier

# 1 is a partner with the sub-tenants 2 and 3; 10 is another partner.
SCOPES = {
    TenantScope.tree(1): [1, 2, 3],
    TenantScope.tree(10): [10],
    TenantScope.tree(99): [],
    TenantScope.tenants(1, (2,)): [2],
    TenantScope.tenants(1, (1, 3)): [1, 3],
    TenantScope.tenants(1, (2, 10)): [2],
    TenantScope.tenants(1, (10,)): [],
    TenantScope.tenants(1, ()): [],
    TenantScope.tenants(10, (1, 2, 3)): [],
    TenantScope.carrier(): [1, 2, 3, 10],
}
SCOPED = ["tenants", *OWNED]


@pytest.fixture(autouse=True)
def _no_list_of_changes() -> Iterator[None]:
    with no_list_of_changes():
        yield


@pytest.fixture(scope="module")
async def filled(shared_database: Database) -> Database:
    """One row of each table in each tenant."""
    await grant_everything(shared_database)
    async with shared_database.engine.begin() as connection:
        await as_carrier(connection)
        partner = await add_tenant(connection, 1)
        tenants = [partner, *[await add_tenant(connection, id_, partner) for id_ in (2, 3)]]
        tenants.append(await add_tenant(connection, 10))
        for tenant in tenants:
            for table in OWNED:
                rows = select(func.count()).where(TABLES[table].c.tenant_id == tenant["id"])
                if not await connection.scalar(rows):
                    await add(connection, table, tenant)
    return shared_database


def tenant_of(model: Any) -> ColumnElement[int]:
    """The column that names the tenant of a row."""
    named: ColumnElement[int] = model.id if hasattr(model, "parent_id") else model.tenant_id
    return named


def columns(model: type[Base]) -> Select[Any]:
    return select(tenant_of(model))


def columns_with_order_and_limit(model: type[Base]) -> Select[Any]:
    return select(tenant_of(model)).order_by(tenant_of(model)).limit(1000)


def condition_that_holds_everywhere(model: type[Base]) -> Select[Any]:
    return select(tenant_of(model)).where((tenant_of(model) == 1) | true())


def alias(model: type[Base]) -> Select[Any]:
    return select(tenant_of(aliased(model)))


def subquery(model: type[Base]) -> Select[Any]:
    rows = select(tenant_of(model).label("tenant")).subquery()
    return select(rows.c.tenant)


def entity_of_a_subquery(model: type[Base]) -> Select[Any]:
    row = aliased(model, select(model).subquery())
    return select(tenant_of(row))


def nested_subquery(model: type[Base]) -> Select[Any]:
    inner = select(tenant_of(aliased(model)).label("tenant")).subquery()
    return select(select(inner.c.tenant).subquery().c.tenant)


def common_table_expression(model: type[Base]) -> Select[Any]:
    rows = select(tenant_of(model).label("tenant")).cte()
    return select(rows.c.tenant)


def recursive_expression(model: type[Base]) -> Select[Any]:
    rows = select(tenant_of(model).label("tenant")).cte(recursive=True)
    more = select(tenant_of(model)).where(tenant_of(model) > rows.c.tenant)
    return select(rows.union(more).c.tenant)


def inner_join(model: type[Base]) -> Select[Any]:
    owner = aliased(Tenant)
    return select(tenant_of(model)).join(owner, owner.id == tenant_of(model))


def join_of_everything(model: type[Base]) -> Select[Any]:
    return select(tenant_of(model)).select_from(aliased(Tenant)).join(model, true())


def join_to_an_alias(model: type[Base]) -> Select[Any]:
    other = aliased(model)
    return select(tenant_of(other)).select_from(model).join(other, true())


def outer_join(model: type[Base]) -> Select[Any]:
    other = aliased(model)
    return (
        select(func.coalesce(tenant_of(other), tenant_of(model)))
        .select_from(model)
        .outerjoin(other, tenant_of(other) != tenant_of(model))
    )


def membership(model: type[Base]) -> Select[Any]:
    other = aliased(model)
    return select(tenant_of(model)).where(tenant_of(model).in_(select(tenant_of(other))))


def scalar_subquery(model: type[Base]) -> Select[Any]:
    other = aliased(model)
    same = select(func.min(tenant_of(other))).where(tenant_of(other) == tenant_of(model))
    return select(same.scalar_subquery()).select_from(model)


def union_of_columns(model: type[Base]) -> Select[Any]:
    both = union_all(select(tenant_of(model).label("tenant")), select(tenant_of(aliased(model))))
    return select(both.subquery().c.tenant)


def bare_union(model: type[Base]) -> Executable:
    return union(select(tenant_of(model)), select(tenant_of(aliased(model))))


def entities_of_a_union(model: type[Base]) -> Select[Any]:
    row = aliased(model, union_all(select(model), select(model)).subquery())
    return select(tenant_of(row))


def window(model: type[Base]) -> Select[Any]:
    place = func.row_number().over(order_by=tenant_of(model)).label("place")
    rows = select(model, place).subquery()
    return select(tenant_of(aliased(model, rows)))


def group(model: type[Base]) -> Select[Any]:
    return select(tenant_of(model)).group_by(tenant_of(model)).having(func.count() > 0)


SHAPES: list[Callable[[type[Base]], Executable]] = [
    columns,
    columns_with_order_and_limit,
    condition_that_holds_everywhere,
    alias,
    subquery,
    entity_of_a_subquery,
    nested_subquery,
    common_table_expression,
    recursive_expression,
    inner_join,
    join_of_everything,
    join_to_an_alias,
    outer_join,
    membership,
    scalar_subquery,
    union_of_columns,
    bare_union,
    entities_of_a_union,
    window,
    group,
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
async def test_a_statement_of_any_shape_sees_its_scope(
    shape: Callable[[type[Base]], Executable], filled: Database
) -> None:
    for scope in (
        TenantScope.tree(1),
        TenantScope.tree(10),
        TenantScope.tenants(1, (2,)),
        TenantScope.tenants(1, (1, 3)),
    ):
        async with filled.read(scope) as session:
            for model in (Tenant, Order, OrderItem, CartItem):
                seen = {row[0] for row in await session.execute(shape(model))}
                assert seen == set(SCOPES[scope]), (scope, model)


@pytest.mark.parametrize("scope", SCOPES, ids=str)
async def test_every_table_shows_the_rows_in_scope(scope: TenantScope, filled: Database) -> None:
    async with filled.read(scope) as session:
        for table in SCOPED:
            model = MODELS[table]
            seen = {row[0] for row in await session.rows(columns(model))}
            expected = set(SCOPES[scope])
            if table == "change_tokens" and scope.tenant_ids is None and expected:
                # The token of a whole tree has no tenant, so only scopes of the tree see it.
                expected.add(WHOLE_TREE)
            assert seen == expected, table
            assert {
                row.id if isinstance(row, Tenant) else row.tenant_id  # type: ignore[attr-defined]
                for row in await session.entities(select(model))
            } == seen, table
            count = await session.scalar(select(func.count()).select_from(model))
            assert count == len(await session.rows(select(tenant_of(model)))), table
            nowhere = tenant_of(model).not_in(expected)
            assert not await session.scalar(select(exists(select(model).where(nowhere)))), table


async def test_a_page_for_each_parent_sees_its_scope(filled: Database) -> None:
    carrier = TenantScope.carrier()
    async with filled.read(carrier) as session:
        customers = await session.entities(select(Order.customer_id))
    window = Window(Order.received_at, descending=True, limit=5)
    pages = ORDERS.pages(EVERYTHING, window, Order.customer_id)
    for scope, tenants in SCOPES.items():
        async with filled.read(scope) as session:
            orders = await session.records(pages, None, keys=customers)
        assert sorted({order.tenant_id for order in orders}) == tenants


ORDERS_TABLE = TABLES["orders"]
ORDERS_ALIAS = ORDERS_TABLE.alias()
ORDERS_BY_NAME = table("orders", column("customer_id"))
UNSCOPED: dict[str, Callable[[], Executable]] = {
    "text": lambda: text("SELECT id FROM orders"),
    "table": lambda: select(ORDERS_TABLE),
    "column of a table": lambda: select(ORDERS_TABLE.c.number),
    "no table at all": lambda: select(literal(1)),
    "count of a table": lambda: select(func.count()).select_from(ORDERS_TABLE),
    "update of a table": lambda: update(ORDERS_TABLE).values(version=2),
    "delete from a table": lambda: delete(TABLES["order_notes"]),
    "insert": lambda: insert(Customer).values(name="Fremd"),
    "insert into a table": lambda: insert(TABLES["customers"]).values(name="Fremd"),
    "entities from text": lambda: select(Order).from_statement(text("SELECT * FROM orders")),
    "entities from a table": lambda: select(Order).from_statement(select(ORDERS_TABLE)),
    "a table beside an entity": lambda: select(Customer.id, ORDERS_TABLE.c.number).where(
        ORDERS_TABLE.c.customer_id == Customer.id
    ),
    "an alias of a table": lambda: select(Customer.id, ORDERS_ALIAS.c.number).where(
        ORDERS_ALIAS.c.customer_id == Customer.id
    ),
    "a join to a table": lambda: select(Customer.id).join(ORDERS_TABLE, true()),
    "a condition on a table": lambda: select(Customer.id).where(exists(select(ORDERS_TABLE.c.id))),
    "a condition in text": lambda: select(Customer.id).where(
        text("id IN (SELECT customer_id FROM orders)")
    ),
    "an alternative in text": lambda: select(Customer.id).where(text("1 = 1 OR 1 = 1")),
    "a column in text": lambda: select(
        Customer.id, literal_column('(SELECT count(*) FROM "orders")')
    ),
    "a table by its name": lambda: select(Customer.id).join(
        ORDERS_BY_NAME, ORDERS_BY_NAME.c.customer_id == Customer.id
    ),
    "the same table twice": lambda: select(Order.id).where(
        Order.id.in_(select(ORDERS_TABLE.c.id).correlate(None))
    ),
    "an arm of a union": lambda: union_all(select(Order.id), select(ORDERS_TABLE.c.id)),
    "a subquery of a table": lambda: select(
        Customer.id, select(ORDERS_TABLE.c.number).limit(1).scalar_subquery()
    ),
}


@pytest.mark.parametrize("kind", UNSCOPED)
@pytest.mark.parametrize("scope", [TenantScope.tree(1), TenantScope.tenants(1, (2,))], ids=str)
async def test_a_statement_that_cannot_be_scoped_is_refused(
    scope: TenantScope, kind: str, filled: Database
) -> None:
    async with filled.write(scope, ANYTHING) as session:
        with pytest.raises(UnscopedStatementError):
            await session.execute(UNSCOPED[kind]())


async def test_a_session_without_a_scope_reads_nothing(filled: Database) -> None:
    async with AsyncSession(filled.engine) as session:
        with pytest.raises(UnscopedStatementError, match="not opened for a scope"):
            await session.execute(select(Order.id))


async def test_the_catalogue_is_everyones(filled: Database) -> None:
    async with filled.read(TenantScope.tree(99)) as session:
        assert await session.scalar(select(func.count()).select_from(Product)) == 0
    async with filled.engine.begin() as connection:
        await as_carrier(connection)
        await add(connection, "products", {})
    async with filled.read(TenantScope.tree(99)) as session:
        assert await session.scalar(select(func.count()).select_from(Product)) == 1


async def test_a_session_counts_its_statements(filled: Database) -> None:
    async with filled.read(TenantScope.tree(1)) as session:
        assert session.statements == 0
        for _ in range(3):
            await session.rows(select(Order.id))
        assert session.statements == 3
