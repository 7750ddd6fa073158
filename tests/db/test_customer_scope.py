"""A session for a customer sees and changes that customer's rows, and no others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Executable, delete, exists, func, select, union_all, update
from sqlalchemy.orm import aliased

from db.base import TenantOwned
from db.conditions import EVERYTHING
from db.enums import BusinessCase, CartStatus
from db.ids import new_id
from db.keyset import Window
from db.models import Cart, CartItem, Customer, Order, OrderItem, PortalUser, Site, Tenant
from db.queries.lists import ORDERS
from db.scope.criteria import criteria
from db.scope.row_check import OutOfScopeError
from db.scope.sql_check import UnscopedStatementError
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.db.privileges import ANYTHING, grant_everything, no_list_of_changes
from tests.db.rows import (
    MODELS,
    NOW,
    OWNED,
    Row,
    add,
    add_of_customer,
    add_tenant,
    as_carrier,
    identity,
    keys_of,
)
from tests.db.test_scope_reads import UNSCOPED


@dataclass(frozen=True)
class Dataset:
    """Two customers of a sub-tenant, one of its partner and one of an unrelated partner, each with
    a row in every table."""

    database: Database
    customers: dict[str, Row]
    rows: dict[str, dict[str, list[Row]]]
    """By customer and table."""

    def scope(self, name: str) -> TenantScope:
        customer = self.customers[name]
        return TenantScope.customer(
            customer["root_tenant_id"], customer["tenant_id"], customer["id"]
        )

    def keys(self, name: str, table: str) -> set[Any]:
        return {identity(MODELS[table], row) for row in self.rows[name][table]}


@pytest.fixture(autouse=True)
def _no_list_of_changes() -> Iterator[None]:
    with no_list_of_changes():
        yield


async def write_dataset(database: Database) -> Dataset:
    await grant_everything(database)
    dataset = Dataset(database, {}, {})
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        partner = await add_tenant(connection, 1)
        sub_tenant = await add_tenant(connection, 2, partner)
        stranger = await add_tenant(connection, 10)
        owners = {"anna": sub_tenant, "bert": sub_tenant, "cora": partner, "dora": stranger}
        for name, tenant in owners.items():
            customer = await add(connection, "customers", tenant)
            dataset.customers[name] = customer
            dataset.rows[name] = {
                table: [await add_of_customer(connection, table, tenant, customer)]
                for table in OWNED
            }
        # A user without a customer, whom no customer sees.
        await add(connection, "portal_users", sub_tenant)
    return dataset


@pytest.fixture(scope="module")
async def dataset(shared_database: Database) -> Dataset:
    return await write_dataset(shared_database)


CUSTOMERS = ("anna", "bert", "cora", "dora")
# Tables with several rows per customer: each part has its own parent, each change a token.
PARENTS = ("carts", "change_tokens", "contracts", "offers", "orders")


@pytest.mark.parametrize("name", CUSTOMERS)
async def test_a_customer_sees_its_own_rows_of_each_table(name: str, dataset: Dataset) -> None:
    own = dataset.customers[name]["id"]
    async with dataset.database.read(dataset.scope(name)) as session:
        for table in OWNED:
            model: Any = MODELS[table]
            seen = set(await session.entities(select(model)))
            keys = {identity(model, row) for row in seen}
            if model.of_customer is None:
                assert keys == set(), table
            elif table in PARENTS:
                assert {row.customer_id for row in seen} == {own}, table
                assert keys >= dataset.keys(name, table), table
            else:
                assert keys == dataset.keys(name, table), table


@pytest.mark.parametrize("name", CUSTOMERS)
async def test_a_customer_sees_its_own_tenant_alone(name: str, dataset: Dataset) -> None:
    async with dataset.database.read(dataset.scope(name)) as session:
        seen = await session.entities(select(Tenant.id))
    assert list(seen) == [dataset.customers[name]["tenant_id"]]


async def test_a_tenants_own_user_is_not_shown_to_its_customers(dataset: Dataset) -> None:
    async with dataset.database.read(dataset.scope("anna")) as session:
        users = await session.entities(select(PortalUser.customer_id))
    assert list(users) == [dataset.customers["anna"]["id"]]


def alias(item: Any) -> Executable:
    return select(keys_of(aliased(item)))


def subquery(item: Any) -> Executable:
    rows = select(keys_of(item).label("key")).subquery()
    return select(rows.c.key)


def expression(item: Any) -> Executable:
    rows = select(keys_of(item).label("key")).cte()
    return select(rows.c.key)


def membership(item: Any) -> Executable:
    other = aliased(item)
    return select(keys_of(item)).where(keys_of(item).in_(select(keys_of(other))))


def joined(item: Any) -> Executable:
    owner = aliased(Tenant)
    return select(keys_of(item)).join(owner, owner.id == item.tenant_id)


def outer_joined(item: Any) -> Executable:
    other = aliased(item)
    return select(keys_of(other)).select_from(item).outerjoin(other, other.tenant_id > 0)


def both(item: Any) -> Executable:
    rows = union_all(select(keys_of(item).label("key")), select(keys_of(aliased(item)))).subquery()
    return select(rows.c.key)


SHAPES: list[Callable[[Any], Executable]] = [
    alias,
    subquery,
    expression,
    membership,
    joined,
    outer_joined,
    both,
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
async def test_a_statement_of_any_shape_shows_the_customers_own(
    shape: Callable[[Any], Executable], dataset: Dataset
) -> None:
    for name in CUSTOMERS:
        async with dataset.database.read(dataset.scope(name)) as session:
            for model in (Customer, Site, Order, OrderItem, CartItem):
                plain = set(await session.entities(select(keys_of(model))))
                assert {row[0] for row in await session.execute(shape(model))} == plain


async def test_a_page_for_each_parent_shows_the_customers_own(dataset: Dataset) -> None:
    everyone = [customer["id"] for customer in dataset.customers.values()]
    window = Window(Order.received_at, descending=True, limit=50)
    pages = ORDERS.pages(EVERYTHING, window, Order.customer_id)
    for name in CUSTOMERS:
        async with dataset.database.read(dataset.scope(name)) as session:
            orders = await session.records(pages, None, keys=everyone)
        assert {order.customer_id for order in orders} == {dataset.customers[name]["id"]}


@pytest.mark.parametrize("kind", UNSCOPED)
async def test_a_statement_that_cannot_be_scoped_is_refused(kind: str, dataset: Dataset) -> None:
    async with dataset.database.write(dataset.scope("anna"), ANYTHING) as session:
        with pytest.raises(UnscopedStatementError):
            await session.execute(UNSCOPED[kind]())


async def test_a_statement_with_the_partner_but_without_the_customer_is_refused(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "db.scope.enforcement.criteria", lambda scope: criteria(TenantScope.tenants(1, (2,)))
    )
    async with dataset.database.read(dataset.scope("anna")) as session:
        for table in OWNED:
            with pytest.raises(
                UnscopedStatementError, match="without the condition on the customer"
            ):
                await session.rows(select(MODELS[table]))


def test_a_model_must_define_the_rows_of_a_customer() -> None:
    with pytest.raises(TypeError, match="Forgotten does not define of_customer"):

        class Forgotten(TenantOwned):
            __tablename__ = "forgotten"


@pytest.mark.parametrize("tenants", [None, (), (2, 3)])
def test_a_customer_has_one_tenant(tenants: tuple[int, ...] | None) -> None:
    with pytest.raises(ValueError, match="one tenant"):
        TenantScope(1, tenants, new_id())


@pytest.fixture
async def own(database: Database) -> Dataset:
    """A dataset for a single test, which changes it."""
    return await write_dataset(database)


async def carts(dataset: Dataset) -> dict[Any, int]:
    """The number of carts of each customer."""
    async with dataset.database.read(TenantScope.carrier()) as session:
        rows = await session.rows(select(Cart.customer_id, func.count()).group_by(Cart.customer_id))
        return {row[0]: row[1] for row in rows}


def cart(customer: Row) -> Cart:
    return Cart(
        id=new_id(),
        tenant_id=customer["tenant_id"],
        root_tenant_id=customer["root_tenant_id"],
        number=f"W{new_id()}",
        customer_id=customer["id"],
        business_case=BusinessCase.NEW_ORDER,
        status=CartStatus.OPEN,
        created_at=NOW,
        updated_at=NOW,
    )


def item(of: Cart | Row) -> CartItem:
    row = of if isinstance(of, dict) else {c.key: getattr(of, c.key) for c in Cart.__table__.c}
    return CartItem(
        cart_id=row["id"],
        position=7,
        tenant_id=row["tenant_id"],
        root_tenant_id=row["root_tenant_id"],
        name="Posten",
        quantity=1,
    )


async def test_a_customer_adds_rows_of_its_own(own: Dataset) -> None:
    before = await carts(own)
    anna = own.customers["anna"]
    async with own.database.write(own.scope("anna"), ANYTHING) as session:
        new = cart(anna)
        session.add(new, item(new), item(own.rows["anna"]["carts"][0]))
    assert await carts(own) == before | {anna["id"]: before[anna["id"]] + 1}


@pytest.mark.parametrize("name", ["bert", "cora", "dora"])
async def test_a_customer_adds_no_rows_of_another(name: str, own: Dataset) -> None:
    before = await carts(own)
    for row in (cart(own.customers[name]), item(own.rows[name]["carts"][0])):
        with pytest.raises(OutOfScopeError):
            async with own.database.write(own.scope("anna"), ANYTHING) as session:
                session.add(row)
    assert await carts(own) == before


async def test_a_customer_adds_no_tenant(own: Dataset) -> None:
    tenant = Tenant(id=2, root_tenant_id=1, parent_id=1, number="T", name="Neu", created_at=NOW)
    with pytest.raises(OutOfScopeError):
        async with own.database.write(own.scope("anna"), ANYTHING) as session:
            session.add(tenant)


@pytest.mark.parametrize("writer", ["anna", "bert"])
async def test_a_row_keeps_its_customer(writer: str, own: Dataset) -> None:
    async with own.database.read(own.scope("anna")) as session:
        site: Any = await session.scalar(select(Site))
    site.customer_id = own.customers["bert"]["id"]
    with pytest.raises(OutOfScopeError):
        async with own.database.write(own.scope(writer), ANYTHING) as session:
            session.add(site)


async def test_an_update_cannot_change_the_customer_of_a_row(own: Dataset) -> None:
    with pytest.raises(UnscopedStatementError, match="cannot change their customer"):
        async with own.database.write(own.scope("anna"), ANYTHING) as session:
            await session.execute(update(Site).values(customer_id=own.customers["bert"]["id"]))


async def test_an_update_without_conditions_changes_the_customers_rows_alone(own: Dataset) -> None:
    async with own.database.write(own.scope("anna"), ANYTHING) as session:
        await session.execute(update(Site).values(name="geändert"))
        await session.execute(update(CartItem).values(name="geändert"))
        await session.execute(delete(PortalUser))
    async with own.database.read(TenantScope.carrier()) as session:
        for model, table in ((Site, "sites"), (CartItem, "cart_items")):
            changed = await session.entities(select(model).where(model.name == "geändert"))
            assert {identity(model, row) for row in changed} == own.keys("anna", table)
        gone = own.customers["anna"]["id"]
        assert await session.scalar(select(func.count()).select_from(PortalUser)) == 4
        assert not await session.scalar(
            select(exists(select(PortalUser).where(PortalUser.customer_id == gone)))
        )
