"""A write session changes rows in its scope, and no others."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update

from db.enums import CustomerKind
from db.ids import new_id
from db.models import Base, Customer, OrderNote, Tenant
from db.scope.enforcement import ReadOnlySessionError
from db.scope.row_check import OutOfScopeError
from db.scope.sql_check import UnscopedStatementError
from db.scope.tenant_scope import TenantScope
from db.session import Database, WriteSession
from tests.db.privileges import ANYTHING, grant_everything, no_list_of_changes
from tests.db.rows import MODELS, NOW, OWNED, TABLES, add, add_tenant, as_carrier, tenant_row

TREE, STRANGER = TenantScope.tree(1), TenantScope.tree(10)
SUB_TENANT = TenantScope.tenants(1, (2,))


@pytest.fixture(autouse=True)
def _no_list_of_changes() -> Iterator[None]:
    with no_list_of_changes():
        yield


@pytest.fixture
async def database(database: Database) -> Database:
    """A partner, its sub-tenant and an unrelated partner, each with a customer."""
    await grant_everything(database)
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        partner = await add_tenant(connection, 1)
        for tenant in (
            partner,
            await add_tenant(connection, 2, partner),
            await add_tenant(connection, 10),
        ):
            await add(connection, "customers", tenant, name=tenant["name"])
    return database


def customer(tenant: int, root: int) -> Customer:
    return Customer(
        tenant_id=tenant,
        root_tenant_id=root,
        number=f"K{new_id()}",
        kind=CustomerKind.PROSPECT,
        name="Neu",
        created_at=NOW,
        updated_at=NOW,
        search_customers="neu",
    )


async def names(database: Database) -> dict[int, str]:
    async with database.read(TenantScope.carrier()) as session:
        rows = await session.rows(select(Customer.tenant_id, Customer.name))
        return {row.tenant_id: row.name for row in rows}


async def one(session: WriteSession, tenant: int) -> Any:
    return await session.scalar(select(Customer).where(Customer.tenant_id == tenant))


@pytest.mark.parametrize(
    ("scope", "reached"),
    [(TREE, {1, 2}), (SUB_TENANT, {2}), (STRANGER, {10}), (TenantScope.tree(99), set())],
    ids=str,
)
async def test_an_update_without_conditions_changes_the_scope_alone(
    scope: TenantScope, reached: set[int], database: Database
) -> None:
    async with database.write(scope, ANYTHING) as session:
        await session.execute(update(Customer).values(name="geändert"))
    changed = {tenant for tenant, name in (await names(database)).items() if name == "geändert"}
    assert changed == reached


@pytest.mark.parametrize(
    ("scope", "left"), [(TREE, {10}), (SUB_TENANT, {1, 10}), (STRANGER, {1, 2})], ids=str
)
async def test_a_delete_without_conditions_deletes_the_scope_alone(
    scope: TenantScope, left: set[int], database: Database
) -> None:
    async with database.write(scope, ANYTHING) as session:
        await session.execute(delete(Customer))
    assert set(await names(database)) == left


async def test_no_table_is_updated_or_deleted_from_out_of_scope(database: Database) -> None:
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        tenant = tenant_row(20)
        await add_tenant(connection, 20)
        for table in OWNED:
            await add(connection, table, tenant)
    async with database.write(STRANGER, ANYTHING) as session:
        for table in OWNED:
            model: Any = MODELS[table]
            # A trigger or foreign key would refuse both if they reached the row.
            await session.execute(delete(model).where(model.tenant_id == 20))
            column = next(c for c in TABLES[table].primary_key if not c.name.endswith("tenant_id"))
            same = {column.name: getattr(model, column.name)}
            await session.execute(update(model).where(model.tenant_id == 20).values(same))
    async with database.read(TenantScope.tree(20)) as session:
        for table in OWNED:
            count = select(func.count()).select_from(MODELS[table])
            assert (await session.scalar(count) or 0) > 0, table


@pytest.mark.parametrize(
    ("scope", "tenant", "root"),
    [
        (TREE, 10, 10),
        (SUB_TENANT, 1, 1),
        (SUB_TENANT, 10, 10),
        (STRANGER, 2, 1),
        (STRANGER, 1, 10),
        (TREE, 10, 1),
    ],
    ids=str,
)
async def test_a_new_row_of_another_tenant_is_not_stored(
    scope: TenantScope, tenant: int, root: int, database: Database
) -> None:
    before = await names(database)
    with pytest.raises(Exception, match=r"of tenant|FOREIGN KEY|foreign key"):
        async with database.write(scope, ANYTHING) as session:
            session.add(customer(tenant, root))
    assert await names(database) == before


@pytest.mark.parametrize(
    ("scope", "tenant", "root"), [(TREE, 1, 1), (TREE, 2, 1), (SUB_TENANT, 2, 1)], ids=str
)
async def test_a_new_row_in_scope_is_stored(
    scope: TenantScope, tenant: int, root: int, database: Database
) -> None:
    async with database.write(scope, ANYTHING) as session:
        row = customer(tenant, root)
        session.add(row)
        await session.flush()
    async with database.read(scope) as reader:
        name = await reader.scalar(select(Customer.name).where(Customer.id == row.id))
    assert name == "Neu"


async def test_an_entity_of_another_tenant_cannot_be_merged_and_changed(database: Database) -> None:
    async with database.write(STRANGER, ANYTHING) as session:
        row = await one(session, 10)
    row.name = "entführt"
    with pytest.raises(OutOfScopeError):
        async with database.write(TREE, ANYTHING) as session:
            session.add(row)
    assert (await names(database))[10] == "Partner 10"


@pytest.mark.parametrize("session_scope", [TREE, STRANGER, TenantScope.carrier()], ids=str)
async def test_a_row_keeps_its_tenant(session_scope: TenantScope, database: Database) -> None:
    async with database.read(STRANGER) as reader:
        row = await reader.scalar(select(Customer))
    assert row is not None
    row.tenant_id, row.root_tenant_id = 1, 1
    with pytest.raises(OutOfScopeError):
        async with database.write(session_scope, ANYTHING) as session:
            session.add(row)
    assert set(await names(database)) == {1, 2, 10}


@pytest.mark.parametrize("values", [{"tenant_id": 2}, {"root_tenant_id": 10}, {"tenant_id": 10}])
async def test_an_update_cannot_change_the_tenant_of_a_row(
    values: dict[str, int], database: Database
) -> None:
    with pytest.raises(UnscopedStatementError, match="cannot change their tenant"):
        async with database.write(TREE, ANYTHING) as session:
            await session.execute(update(Customer).values(values))


@pytest.mark.parametrize("scope", [TREE, SUB_TENANT], ids=str)
async def test_insert_statements_are_refused(scope: TenantScope, database: Database) -> None:
    foreign = tenant_row(10)
    async with database.write(scope, ANYTHING) as session:
        for model in (Customer, Tenant, OrderNote):
            with pytest.raises(UnscopedStatementError):
                await session.execute(insert(model).values(tenant_id=foreign["id"]))


@pytest.mark.parametrize(
    ("scope", "parent", "allowed"),
    [(TREE, 1, True), (TREE, 10, False), (SUB_TENANT, 2, False), (TenantScope.carrier(), 10, True)],
    ids=str,
)
async def test_a_tenant_is_added_within_the_scope(
    scope: TenantScope, parent: int, allowed: bool, database: Database
) -> None:
    parents: dict[int, Any] = {
        1: tenant_row(1),
        2: tenant_row(2, tenant_row(1)),
        10: tenant_row(10),
    }
    row = Tenant(**tenant_row(30, parents[parent]))

    async def write() -> None:
        async with database.write(scope, ANYTHING) as session:
            session.add(row)

    if allowed:
        await write()
    else:
        with pytest.raises(OutOfScopeError):
            await write()
    async with database.read(TenantScope.carrier()) as reader:
        added = await reader.scalar(select(func.count()).where(Tenant.id == 30))
    assert added == int(allowed)


async def test_a_block_that_raises_is_rolled_back(database: Database) -> None:
    async def fail() -> None:
        async with database.write(TREE, ANYTHING) as session:
            session.add(customer(1, 1))
            await session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert set((await names(database)).values()) == {"Partner 1", "Partner 2", "Partner 10"}


async def test_a_savepoint_is_rolled_back_alone(database: Database) -> None:
    async def fail(session: WriteSession) -> None:
        async with session.savepoint():
            (await one(session, 2)).name = "geht"
            await session.flush()
            raise LookupError

    async with database.write(TREE, ANYTHING) as session:
        (await one(session, 1)).name = "bleibt"
        await session.flush()
        with pytest.raises(LookupError):
            await fail(session)
    assert await names(database) == {1: "bleibt", 2: "Partner 2", 10: "Partner 10"}


async def test_a_read_session_writes_nothing(database: Database) -> None:
    async with database.read(TREE) as session:
        for change in (update(Customer).values(name="gelesen"), delete(Customer)):
            with pytest.raises(ReadOnlySessionError):
                await session.execute(change)
    assert set((await names(database)).values()) == {"Partner 1", "Partner 2", "Partner 10"}


CATALOGUE = ("products", "product_documents", "catalogue_tokens")


def test_every_model_is_owned_or_listed_as_not_owned() -> None:
    unowned = {name for name in MODELS if name not in OWNED}
    # Tenants themselves, the catalogue and its change token, credentials, which are read before the
    # principal is known, failed messages, whose tenant is often unknown, and audit entries about no
    # tenant.
    credentials = {"api_clients", "credentials", "used_assertions", "signing_keys"}
    credentials |= {"widget_origins", "portal_subjects"}
    carriers = {"intake_failures", "carrier_audit_entries"}
    assert unowned == {"tenants", *carriers, *CATALOGUE} | credentials
    assert all(issubclass(model, Base) for model in MODELS.values())
