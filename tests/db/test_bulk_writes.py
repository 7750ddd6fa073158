"""Rows that are written together are checked against the scope like those of an ORM session."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import func, select

from db import detached
from db.enums import CustomerKind
from db.ids import new_id
from db.models import Customer, Order, OrderNote, Product, Tenant
from db.scope.privileges import ForbiddenChangeError
from db.scope.roles import Purpose
from db.scope.row_check import OutOfScopeError
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.db.privileges import ANYTHING, grant_everything, no_list_of_changes
from tests.db.rows import NOW, add, add_tenant, as_carrier, tenant_row
from tests.support.statements import sent

CARRIER, TREE, SUB_TENANT = TenantScope.carrier(), TenantScope.tree(1), TenantScope.tenants(1, (2,))


@pytest.fixture(autouse=True)
async def _anything_may_be_changed(
    request: pytest.FixtureRequest, database: Database
) -> AsyncIterator[None]:
    if "list_of_changes" in request.fixturenames:
        yield
        return
    await grant_everything(database)
    with no_list_of_changes():
        yield


@pytest.fixture
def list_of_changes() -> None:
    """The test's sessions may change what their purpose lists."""


@pytest.fixture
async def customers(database: Database) -> dict[int, Any]:
    """A partner, its sub-tenant and an unrelated partner: the id of a customer of each."""
    await grant_everything(database)
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        partner = await add_tenant(connection, 1)
        tenants = [partner, await add_tenant(connection, 2, partner)]
        tenants.append(await add_tenant(connection, 10))
        rows = [await add(connection, "customers", tenant, name="alt") for tenant in tenants]
    return {row["tenant_id"]: row["id"] for row in rows}


def customer(tenant: int, root: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "tenant_id": tenant,
        "root_tenant_id": root,
        "number": f"K{new_id()}",
        "kind": CustomerKind.PROSPECT,
        "name": "neu",
        "created_at": NOW,
        "updated_at": NOW,
        "search_customers": "neu",
    }


async def names(database: Database) -> dict[int, list[str]]:
    async with database.read(CARRIER) as session:
        rows = await session.rows(select(Customer.tenant_id, Customer.name).order_by(Customer.name))
    found: dict[int, list[str]] = {1: [], 2: [], 10: []}
    for tenant, name in rows:
        found[tenant].append(name)
    return found


async def test_many_rows_are_one_statement(database: Database, customers: dict[int, Any]) -> None:
    with sent() as statements:
        async with database.write(TREE, ANYTHING) as session:
            await session.insert(Customer, [customer(1, 1) for _ in range(50)])
    assert len([sql for sql, _ in statements if sql.startswith("INSERT INTO customers")]) == 1
    assert await names(database) == {1: ["alt"] + ["neu"] * 50, 2: ["alt"], 10: ["alt"]}


@pytest.mark.parametrize(
    ("scope", "tenant", "root"),
    [(TREE, 10, 10), (TREE, 10, 1), (SUB_TENANT, 1, 1), (SUB_TENANT, 10, 10)],
    ids=str,
)
async def test_one_row_out_of_scope_and_none_is_inserted(
    database: Database, customers: dict[int, Any], scope: TenantScope, tenant: int, root: int
) -> None:
    with pytest.raises(Exception, match=r"out of scope|FOREIGN KEY|foreign key"):
        async with database.write(scope, ANYTHING) as session:
            await session.insert(Customer, [customer(2, 1), customer(tenant, root)])
    assert await names(database) == {1: ["alt"], 2: ["alt"], 10: ["alt"]}


@pytest.mark.parametrize(
    ("scope", "reached"), [(CARRIER, {1, 2, 10}), (TREE, {1, 2}), (SUB_TENANT, {2})], ids=str
)
async def test_only_rows_in_scope_are_updated(
    database: Database, customers: dict[int, Any], scope: TenantScope, reached: set[int]
) -> None:
    for tenant, root in ((1, 1), (2, 1), (10, 10)):
        row = {"id": customers[tenant], "tenant_id": tenant, "root_tenant_id": root, "name": "neu"}

        async def write(row: dict[str, Any] = row) -> None:
            async with database.write(scope, ANYTHING) as session:
                await session.update(Customer, ["name"], [row])

        if tenant in reached:
            await write()
        else:
            with pytest.raises(OutOfScopeError):
                await write()
    expected = {tenant: ["neu" if tenant in reached else "alt"] for tenant in (1, 2, 10)}
    assert await names(database) == expected


async def test_a_row_with_another_owner_than_it_has_is_not_updated(
    database: Database, customers: dict[int, Any]
) -> None:
    row = {"id": customers[10], "tenant_id": 1, "root_tenant_id": 1, "name": "neu"}
    async with database.write(TREE, ANYTHING) as session:
        await session.update(Customer, ["name"], [row])
    assert await names(database) == {1: ["alt"], 2: ["alt"], 10: ["alt"]}


@pytest.mark.parametrize("column", ["tenant_id", "root_tenant_id"])
@pytest.mark.parametrize("scope", [CARRIER, TREE], ids=str)
async def test_an_update_cannot_change_the_owner(
    database: Database, customers: dict[int, Any], scope: TenantScope, column: str
) -> None:
    row = {"id": customers[1], "tenant_id": 1, "root_tenant_id": 1, "name": "neu"}
    with pytest.raises(OutOfScopeError, match=f"cannot change {column}"):
        async with database.write(scope, ANYTHING) as session:
            await session.update(Customer, ["name", column], [row])


async def test_a_tenant_is_added_within_the_scope(database: Database) -> None:
    async with database.write(CARRIER) as session:
        await session.insert(Tenant, [tenant_row(1)])
    with pytest.raises(OutOfScopeError):
        async with database.write(TREE, ANYTHING) as session:
            await session.insert(Tenant, [tenant_row(10)])


async def test_rows_that_no_tenant_owns_need_no_owner(database: Database) -> None:
    product = {"id": new_id(), "number": "DSL", "name": "DSL", "family": "DSL"}
    async with database.write(CARRIER) as session:
        await session.insert(Product, [product])
        assert await session.scalar(select(func.count()).select_from(Product)) == 1


async def test_a_customers_session_writes_rows_of_the_customer_alone(database: Database) -> None:
    await grant_everything(database)
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        tenant = await add_tenant(connection, 1)
        orders = [await add(connection, "orders", tenant) for _ in range(2)]
    own, other = orders
    scope = TenantScope.customer(1, 1, own["customer_id"])
    notes = [
        {"order_id": order["id"], "position": 7, "tenant_id": 1, "root_tenant_id": 1, "text": "x"}
        for order in orders
    ]

    async def write(write_rows: str, model: Any, *arguments: Any) -> None:
        async with database.write(scope, ANYTHING) as session:
            await getattr(session, write_rows)(model, *arguments)

    await write("insert", OrderNote, notes[:1])
    await write("update", OrderNote, ["text"], [notes[0] | {"text": "y"}])
    for refused in (
        ("insert", OrderNote, notes),
        ("update", OrderNote, ["text"], notes[1:]),
        ("update", OrderNote, ["order_id"], notes[:1]),
        ("update", Order, ["customer_id"], [own]),
        ("update", Order, ["description"], [other]),
    ):
        with pytest.raises(OutOfScopeError):
            await write(*refused)
    async with database.read(CARRIER) as session:
        rows = await session.rows(select(OrderNote.order_id, OrderNote.text))
    assert [tuple(row) for row in rows] == [(own["id"], "y")]


@pytest.mark.usefixtures("list_of_changes")
@pytest.mark.parametrize("scope", [TREE, SUB_TENANT], ids=str)
async def test_a_session_writes_what_its_purpose_lists_alone(
    database: Database, customers: dict[int, Any], scope: TenantScope
) -> None:
    stored = {"id": customers[2], "tenant_id": 2, "root_tenant_id": 1, "name": "neu"}
    for purpose in Purpose:
        with pytest.raises(ForbiddenChangeError, match=r"customers\.name"):
            async with database.write(scope, purpose) as session:
                await session.update(Customer, ["name"], [stored])
    with pytest.raises(ForbiddenChangeError, match="insert into customers"):
        async with database.write(scope, Purpose.MUTATION) as session:
            await session.insert(Customer, [customer(2, 1)])
    async with database.write(scope, Purpose.REPORT) as session:
        await session.insert(Customer, [customer(2, 1)])
    assert (await names(database))[2] == ["alt", "neu"]


async def test_changes_of_an_entity_without_a_session_are_known_until_it_is_stored() -> None:
    note = detached.new(OrderNote, text="a", author=None)
    assert detached.changed(note) == set()
    note.text = "b"
    note.author = None
    assert detached.changed(note) == {"text"}
    note.text = "a"
    assert detached.changed(note) == set()
    note.text = "c"
    detached.mark_stored(note)
    assert (detached.changed(note), note.text) == (set(), "c")


async def test_a_list_that_was_replaced_by_an_equal_one_counts_as_changed() -> None:
    """1 and True are equal, and not the same value."""
    order = detached.new(Order, reported_characteristics=[{"name": "a", "value": 1}])
    order.reported_characteristics = [{"name": "a", "value": True}]
    assert detached.changed(order) == {"reported_characteristics"}
