"""Without the first layer, row-level security alone keeps partners and customers apart.

The tests remove the criteria, the SQL check and the check of written rows, so that sessions see and
change what row-level security allows. SQLite has no second layer, which proves that the first one
is really removed.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError

from db.base import TenantOwned
from db.models import Cart, CartItem, Contract, Offer, Order, Site, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.db.privileges import ANYTHING, grant_everything, no_list_of_changes
from tests.db.rows import (
    MODELS,
    OWNED,
    Row,
    add,
    add_of_customer,
    add_tenant,
    as_carrier,
    complete,
    identity,
    keys_of,
    tenant_row,
)
from tests.support.databases import Databases

TABLES = ("tenants", *OWNED)
KINDS = ("tree", "part", "one tenant", "customer", "stranger")


@dataclass(frozen=True)
class Dataset:
    """A partner (1) with the sub-tenants 2 and 3, and an unrelated partner (10).

    Each tenant has two customers, and each customer a row in every table.
    """

    database: Database
    tenants: dict[int, Row] = field(default_factory=dict)
    customers: dict[tuple[int, int], Row] = field(default_factory=dict)
    """By tenant and number."""

    def scope(self, kind: str) -> TenantScope:
        return {
            "tree": TenantScope.tree(1),
            "part": TenantScope.tenants(1, (2, 3)),
            "one tenant": TenantScope.tenants(1, (2,)),
            "customer": TenantScope.customer(1, 2, self.customers[2, 1]["id"]),
            "stranger": TenantScope.tree(10),
        }[kind]

    async def keys(self, table: str, scope: TenantScope) -> tuple[set[Any], set[Any]]:
        """The keys of all rows, in scope and out of scope, read by the carrier."""
        model: Any = MODELS[table]
        async with self.database.read(TenantScope.carrier()) as session:
            rows = await session.entities(select(model))
            owners = {
                id_: customer
                for parent in (Cart, Contract, Offer, Order)
                for id_, customer in await session.rows(select(parent.id, parent.customer_id))
            }
        inside: set[Any] = set()
        outside: set[Any] = set()
        for row in rows:
            tenant = row.id if isinstance(row, Tenant) else row.tenant_id
            own = scope.owns(row.root_tenant_id, tenant)
            if own and scope.customer_id is not None and isinstance(row, TenantOwned):
                rule = row.of_customer
                value = rule and getattr(row, rule.column)
                own = scope.customer_id == owners.get(value, value)
            (inside if own else outside).add(identity(model, row))
        assert outside, table
        return inside, outside


@pytest.fixture(autouse=True)
def _without_first_layer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("db.scope.enforcement.criteria", lambda scope: ())
    monkeypatch.setattr("db.scope.enforcement.check_rows", lambda session, scope: None)
    monkeypatch.setattr("db.scope.sql_check.refuse_unscoped", lambda sql, scope: None)
    with no_list_of_changes():
        yield


async def write_dataset(url: str) -> Dataset:
    dataset = Dataset(Database(url))
    async with dataset.database.engine.begin() as connection:
        await as_carrier(connection)
        partner = await add_tenant(connection, 1)
        dataset.tenants.update({1: partner, 10: await add_tenant(connection, 10)})
        for sub_tenant in (2, 3):
            dataset.tenants[sub_tenant] = await add_tenant(connection, sub_tenant, partner)
        for id_, tenant in dataset.tenants.items():
            for number in (1, 2):
                customer = await add(connection, "customers", tenant)
                dataset.customers[id_, number] = customer
                for table in OWNED:
                    await add_of_customer(connection, table, tenant, customer)
    # Row-level security alone, without the lists of what each role may change.
    await grant_everything(dataset.database)
    return dataset


@pytest.fixture(scope="module")
async def dataset(shared_postgresql_url: str) -> AsyncIterator[Dataset]:
    dataset = await write_dataset(shared_postgresql_url)
    yield dataset
    await dataset.database.close()


async def test_without_both_layers_every_row_is_seen_and_changed(databases: Databases) -> None:
    with databases.empty("sqlite") as url:
        dataset = await write_dataset(url)
        for kind in KINDS:
            async with dataset.database.write(dataset.scope(kind), ANYTHING) as session:
                for table in TABLES:
                    rows = select(func.count()).select_from(MODELS[table])
                    assert (await session.scalar(rows) or 0) >= len(dataset.tenants), (kind, table)
                await session.execute(update(Site).values(name=kind))
                assert await session.scalar(select(func.count()).where(Site.name == kind)) == 8
        await dataset.database.close()


@pytest.mark.parametrize("writes", [False, True], ids=["reads", "writes"])
@pytest.mark.parametrize("kind", KINDS)
async def test_each_table_shows_the_rows_in_scope(
    kind: str, writes: bool, dataset: Dataset
) -> None:
    scope = dataset.scope(kind)
    expected = {table: (await dataset.keys(table, scope))[0] for table in TABLES}
    opened = dataset.database.write(scope, ANYTHING) if writes else dataset.database.read(scope)
    async with opened as session:
        for table in TABLES:
            model = MODELS[table]
            assert set(await session.entities(select(keys_of(model)))) == expected[table], table
            count = await session.scalar(select(func.count()).select_from(model))
            assert count == len(await session.entities(select(model))), table


@pytest.mark.parametrize("kind", KINDS)
async def test_no_row_outside_of_the_scope_is_changed_or_deleted(
    kind: str, dataset: Dataset
) -> None:
    scope = dataset.scope(kind)
    for table in TABLES:
        model = MODELS[table]
        key = keys_of(model)
        inside, outside = await dataset.keys(table, scope)
        changes = (
            update(model).where(key.in_(outside)).values({key.key: key}),
            delete(model).where(key.in_(outside)),
        )
        for change in changes:
            async with dataset.database.write(scope, ANYTHING) as session:
                if (kind, table) == ("customer", "tenants"):
                    # No customer changes any tenant.
                    with pytest.raises(ProgrammingError, match="permission denied"):
                        await session.execute(change)
                else:
                    changed: Any = await session.execute(change)
                    assert changed.rowcount == 0, table
        assert await dataset.keys(table, scope) == (inside, outside)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("kind", KINDS)
async def test_no_row_outside_of_the_scope_is_added(
    kind: str, table: str, dataset: Dataset
) -> None:
    scope = dataset.scope(kind)
    foreign = (10 if kind != "stranger" else 1, 2)
    tenants = [foreign] if kind == "tree" else [foreign, (1, 1)]
    if kind == "customer":
        tenants.append((2, 2))
    for tenant, number in tenants:
        if table == "tenants":
            values = tenant_row(500, dataset.tenants[tenant])
        else:
            values = await new_row(dataset, table, tenant, number)
        with pytest.raises(DBAPIError, match=r"row-level security|permission denied"):
            async with dataset.database.write(scope, ANYTHING) as session:
                session.add(MODELS[table](**values))


async def new_row(dataset: Dataset, table: str, tenant: int, number: int) -> Row:
    """The values of a new row of a customer; the rows that it refers to exist."""
    customer = dataset.customers[tenant, number]
    model: Any = MODELS[table]
    async with dataset.database.engine.connect() as connection:
        await as_carrier(connection)
        rule = model.of_customer
        given: Row = {}
        if rule is None and not hasattr(model, "order_id"):
            pass
        elif rule is None or rule.column not in ("id", "customer_id"):
            parent: Any = MODELS["orders" if rule is None else rule.table]
            found = select(parent.id).where(parent.customer_id == customer["id"]).limit(1)
            given = {rule.column if rule else "order_id": await connection.scalar(found)}
        elif rule.column == "customer_id":
            given = {"customer_id": customer["id"]}
        # Rolled back: all rows that the new one refers to exist already.
        return await complete(connection, table, dataset.tenants[tenant], **given)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_row_cannot_change_its_owner(kind: str, dataset: Dataset) -> None:
    to = 1 if kind == "stranger" else 10
    taker = dataset.customers[to, 1]
    gifts: list[dict[str, Any]] = [
        {"tenant_id": to, "root_tenant_id": dataset.tenants[to]["root_tenant_id"]},
        {"root_tenant_id": dataset.tenants[to]["root_tenant_id"]},
    ]
    if kind == "customer":
        gifts.append({"customer_id": dataset.customers[2, 2]["id"]})
    for gift in gifts:
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with dataset.database.write(dataset.scope(kind), ANYTHING) as session:
                await session.execute(update(Site).values(gift))
    async with dataset.database.read(TenantScope.carrier()) as session:
        sites = select(func.count()).where(Site.customer_id == taker["id"])
        assert await session.scalar(sites) == 1


async def test_a_part_cannot_move_to_a_parent_of_another_customer(dataset: Dataset) -> None:
    foreign = await new_row(dataset, "cart_items", 2, 2)
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with dataset.database.write(dataset.scope("customer"), ANYTHING) as session:
            await session.execute(
                update(CartItem).values(cart_id=foreign["cart_id"], position=foreign["position"])
            )


@pytest.mark.parametrize("kind", KINDS)
async def test_literal_sql_sees_no_more(kind: str, dataset: Dataset) -> None:
    scope = dataset.scope(kind)
    inside, _ = await dataset.keys("orders", scope)
    async with dataset.database.read(scope) as session:
        for condition in ("true OR true", "id IN (SELECT id FROM orders)"):
            seen = await session.entities(select(Order.id).where(text(condition)))
            assert set(seen) == inside
