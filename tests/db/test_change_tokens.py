"""A scope's token changes with each change that the scope sees, and with nothing else."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DatabaseError

from db import migrations
from db.bulk import bulk_load
from db.changes import triggers
from db.changes.tokens import current_token
from db.ids import new_id
from db.models import CatalogueToken, ChangeToken, Customer, PortalUser, Site, Tenant
from db.models.changes import TRANSACTION
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.db.privileges import ANYTHING, grant_everything, no_list_of_changes
from tests.db.rows import (
    MODELS,
    NOW,
    OWNED,
    TABLES,
    Row,
    add,
    add_of_customer,
    add_tenant,
    as_carrier,
)

CARRIER = TenantScope.carrier()
TRACKED = sorted({*OWNED} - {model.__tablename__ for model in triggers.UNTRACKED})
STATED = {"order_external_ids", "order_items", "order_prices", "order_history"}
REFUSED: dict[str, set[str]] = {
    "insert": set(),
    "update": {"order_history"},
    # Stated content stays, and the rows that it refers to.
    "delete": {*STATED, "orders", "customers"},
}
"""The tables whose rows in the dataset the database refuses to change, by event."""


@dataclass
class Dataset:
    """A partner (1) with the sub-tenants 2 and 3, and an unrelated partner (10). Tenant 2 has two
    customers: Anna, who has a row in each table, and Bert."""

    database: Database
    anna: Row
    bert: Row
    tenant: Row
    rows: dict[str, Row]

    @property
    def scopes(self) -> dict[str, TenantScope]:
        return {
            "tree": TenantScope.tree(1),
            "part": TenantScope.tenants(1, (2, 3)),
            "tenant": TenantScope.tenants(1, (2,)),
            "anna": TenantScope.customer(1, 2, self.anna["id"]),
            "bert": TenantScope.customer(1, 2, self.bert["id"]),
            "parent": TenantScope.tenants(1, (1,)),
            "sibling": TenantScope.tenants(1, (3,)),
            "stranger": TenantScope.tree(10),
        }

    async def tokens(self) -> dict[str, str]:
        return {name: await token_of(self.database, scope) for name, scope in self.scopes.items()}

    async def changed(self, before: dict[str, str]) -> set[str]:
        """The names of the scopes whose tokens differ from `before`."""
        after = await self.tokens()
        return {name for name in after if after[name] != before[name]}


OWNERS = {"tree", "part", "tenant"}


async def token_of(database: Database, scope: TenantScope) -> str:
    async with database.read(scope) as session:
        token = await current_token(session)
        assert token is not None
        return token


@pytest.fixture(autouse=True)
def _no_list_of_changes() -> Iterator[None]:
    with no_list_of_changes():
        yield


@pytest.fixture
async def dataset(database: Database) -> Dataset:
    await grant_everything(database)
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        partner = await add_tenant(connection, 1)
        tenant = await add_tenant(connection, 2, partner)
        await add_tenant(connection, 3, partner)
        await add_tenant(connection, 10)
        anna = await add(connection, "customers", tenant)
        bert = await add(connection, "customers", tenant)
        rows = {
            table: await add_of_customer(connection, table, tenant, anna)
            for table in OWNED
            if table != "change_tokens"
        }
    return Dataset(database, anna, bert, tenant, rows)


def test_each_table_of_tenants_is_tracked_or_listed_as_untracked() -> None:
    assert {*OWNED} - {*TRACKED} == {
        "audit_entries",
        "change_tokens",
        "idempotency_keys",
        "intake_messages",
    }
    assert {*triggers.tracked_tables()} == {*TRACKED, "tenants", "products", "product_documents"}


@pytest.mark.parametrize("event", REFUSED)
async def test_a_change_in_each_table_renews_the_tokens_of_those_who_see_the_row(
    dataset: Dataset, event: str
) -> None:
    changed_tables = set()
    for table in TRACKED:
        model = MODELS[table]
        seen = OWNERS | ({"anna"} if model.of_customer is not None else set())  # type: ignore[attr-defined]
        before = await dataset.tokens()
        if await _change(dataset, table, event):
            changed_tables.add(table)
            if (table, event) == ("customers", "insert"):
                # A new customer, not Anna.
                seen = OWNERS
            assert await dataset.changed(before) == seen, table
        else:
            assert await dataset.changed(before) == set(), table
    assert {*TRACKED} - changed_tables == REFUSED[event]


async def _change(dataset: Dataset, table: str, event: str) -> bool:
    """Change the row of a table; returns whether the database allowed it."""
    row, columns = dataset.rows[table], TABLES[table]
    where = [column == row[column.name] for column in columns.primary_key]
    async with dataset.database.engine.connect() as connection:
        transaction = await connection.begin()
        await as_carrier(connection)
        try:
            if event == "insert":
                if table == "order_history":
                    more = {**row, "sequence": 2, "previous_sequence": 1}
                    await connection.execute(columns.insert().values(more))
                elif table == "customers":
                    await add(connection, table, dataset.tenant)
                else:
                    await add_of_customer(connection, table, dataset.tenant, dataset.anna)
            elif event == "update":
                name = "state" if table == "order_items" else "tenant_id"
                same = {name: columns.c[name]}
                await connection.execute(update(columns).where(*where).values(same))
            else:
                await connection.execute(delete(columns).where(*where))
        except DatabaseError:
            await transaction.rollback()
            return False
        await transaction.commit()
        return True


async def test_a_row_that_changes_its_customer_renews_the_tokens_of_both(dataset: Dataset) -> None:
    before = await dataset.tokens()
    async with dataset.database.write(CARRIER) as session:
        theirs = update(PortalUser).where(PortalUser.customer_id == dataset.anna["id"])
        await session.execute(theirs.values(customer_id=dataset.bert["id"]))
    assert await dataset.changed(before) == OWNERS | {"anna", "bert"}


async def test_each_customer_of_a_tenant_sees_its_name(dataset: Dataset) -> None:
    before = await dataset.tokens()
    async with dataset.database.write(CARRIER) as session:
        await session.execute(update(Tenant).where(Tenant.id == 2).values(name="Neu"))
    assert await dataset.changed(before) == OWNERS | {"anna", "bert"}


async def test_everybody_sees_the_catalogue(dataset: Dataset) -> None:
    for change in (
        lambda connection: add(connection, "products", dataset.tenant, number="neu"),
        lambda connection: connection.execute(update(TABLES["products"]).values(name="neu")),
        lambda connection: add(connection, "product_documents", dataset.tenant),
        lambda connection: connection.execute(delete(TABLES["product_documents"])),
    ):
        before = await dataset.tokens()
        async with dataset.database.engine.begin() as connection:
            await change(await as_carrier(connection))
        assert await dataset.changed(before) == {*dataset.scopes}


async def test_a_migration_renews_every_token(dataset: Dataset, database_url: str) -> None:
    before = await dataset.tokens()
    await asyncio.to_thread(migrations.upgrade, database_url)
    assert await dataset.changed(before) == {*dataset.scopes}


async def test_a_bulk_load_renews_every_token(database: Database) -> None:
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        tenant = await add_tenant(connection, 1)
    before = await token_of(database, TenantScope.tree(1))
    async with bulk_load(database) as bulk:
        columns = ("id", "tenant_id", "root_tenant_id", "name", "email", "created_at")
        user = (new_id(), tenant["id"], tenant["id"], "Pia", "pia@partner.example", NOW)
        await bulk.load("portal_users", columns, [user])
    assert await token_of(database, TenantScope.tree(1)) != before


async def test_a_snapshot_has_the_token_of_the_state_it_shows(dataset: Dataset) -> None:
    scope = dataset.scopes["anna"]
    before = await token_of(dataset.database, scope)
    names = select(Site.name).where(Site.customer_id == dataset.anna["id"])
    async with dataset.database.read(scope) as early:
        old = await early.scalar(names)
        async with dataset.database.write(CARRIER) as session:
            await session.execute(update(Site).values(name="umbenannt"))
        # The writer has committed after this snapshot was taken.
        assert (await current_token(early), await early.scalar(names)) == (before, old)
    async with dataset.database.read(scope) as late:
        assert await current_token(late) != before
        assert await late.scalar(names) == "umbenannt"


async def test_a_transaction_that_is_rolled_back_renews_no_token(dataset: Dataset) -> None:
    before = await dataset.tokens()
    with suppress(ZeroDivisionError):
        async with dataset.database.write(CARRIER) as session:
            await session.execute(update(Site).values(name="nie"))
            raise ZeroDivisionError
    assert await dataset.changed(before) == set()


async def test_a_change_after_a_savepoint_that_is_rolled_back_renews_tokens(
    dataset: Dataset,
) -> None:
    before = await dataset.tokens()
    async with dataset.database.write(CARRIER) as session:
        with suppress(ZeroDivisionError):
            async with session.savepoint():
                await session.execute(update(Site).values(name="nie"))
                raise ZeroDivisionError
        await session.execute(update(Site).values(name="doch"))
    assert await dataset.changed(before) == OWNERS | {"anna"}
    before = await dataset.tokens()
    async with dataset.database.write(CARRIER) as session:
        await session.execute(update(Site).values(name="eins"))
        with suppress(ZeroDivisionError):
            async with session.savepoint():
                await session.execute(update(Tenant).where(Tenant.id == 3).values(name="nie"))
                raise ZeroDivisionError
    assert await dataset.changed(before) == OWNERS | {"anna"}


async def test_each_scope_renews_the_tokens_of_all_who_see_its_change(dataset: Dataset) -> None:
    for name in ("tree", "part", "tenant", "anna"):
        before = await dataset.tokens()
        async with dataset.database.write(dataset.scopes[name], ANYTHING) as session:
            site = update(Site).where(Site.customer_id == dataset.anna["id"])
            await session.execute(site.values(name=f"von {name}"))
        assert await dataset.changed(before) == OWNERS | {"anna"}, name


async def test_a_transaction_renews_each_token_in_place(dataset: Dataset) -> None:
    async def rows() -> int:
        async with dataset.database.read(CARRIER) as session:
            count = select(func.count()).select_from(ChangeToken)
            return await session.scalar(count) or 0

    before = await rows()
    async with dataset.database.write(CARRIER) as session:
        for number in range(20):
            await session.execute(update(Site).values(name=f"{number}"))
    assert await rows() == before


async def test_plain_sql_renews_tokens_after_a_transaction_of_the_program(
    dataset: Dataset,
) -> None:
    """The program's transactions mark the tokens that they renew; nothing is left of the mark."""
    async with dataset.database.write(CARRIER) as session:
        await session.execute(update(Site).values(name="eins"))
    before = await dataset.tokens()
    async with dataset.database.engine.begin() as connection:
        await as_carrier(connection)
        marks = select(func.count()).where(CatalogueToken.id == TRANSACTION)
        assert await connection.scalar(marks) == 0
        await connection.execute(text("UPDATE sites SET name = 'zwei'"))
    assert await dataset.changed(before) == OWNERS | {"anna"}


async def test_one_transaction_gives_one_token_to_all_it_renews(database: Database) -> None:
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        tenant = await add_tenant(connection, 1)
        for _ in range(2):
            await add(connection, "customers", tenant)
    async with database.write(CARRIER) as session:
        for number in range(3):
            await session.execute(update(Customer).values(name=f"{number}"))
    async with database.read(CARRIER) as session:
        tokens = await session.tuples(select(ChangeToken.token))
    # The tree's, the tenant's and two customers'.
    assert (len(tokens), len({*tokens})) == (4, 1)


async def test_the_carrier_has_no_token(dataset: Dataset) -> None:
    async with dataset.database.read(CARRIER) as session:
        assert await current_token(session) is None


async def test_without_triggers_there_is_no_token(dataset: Dataset) -> None:
    async with dataset.database.engine.begin() as connection:
        await connection.execute(delete(CatalogueToken))
    async with dataset.database.read(TenantScope.tree(1)) as session:
        assert await current_token(session) is None
