"""Tokens of PostgreSQL writers at the same time: none waits for another or hides its change."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.models import ChangeToken, Customer
from db.models.changes import EVERY_CUSTOMER
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.db.privileges import ANYTHING, grant_everything, no_list_of_changes
from tests.db.rows import TABLES, add, add_tenant, as_carrier
from tests.db.test_change_tokens import CARRIER, token_of


@pytest.fixture(autouse=True)
def _no_list_of_changes() -> Iterator[None]:
    with no_list_of_changes():
        yield


@dataclass
class Writers:
    """Two transactions on two PostgreSQL connections; waiting for a lock fails at once."""

    database: Database
    one: AsyncConnection
    other: AsyncConnection

    @staticmethod
    async def touch(connection: AsyncConnection, name: str) -> None:
        """Change the customer of that name."""
        customers = TABLES["customers"]
        change = update(customers).where(customers.c.name == name)
        await connection.execute(change.values(email="neu@kunde.example"))


@pytest.fixture
async def two(postgresql_url: str) -> AsyncIterator[Writers]:
    """Two partners with two customers each, named by partner and number: "1-1" to "2-2"."""
    database = Database(postgresql_url)
    await grant_everything(database)
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        for partner in (1, 2):
            tenant = await add_tenant(connection, partner)
            for number in (1, 2):
                await add(connection, "customers", tenant, name=f"{partner}-{number}")
    async with database.engine.connect() as one, database.engine.connect() as other:
        for connection in (one, other):
            await as_carrier(connection)
            await connection.execute(text("SET LOCAL lock_timeout = '1ms'"))
        yield Writers(database, one, other)
    await database.close()


@pytest.mark.parametrize("first", ["one", "other"])
async def test_writers_do_not_hide_each_others_changes(two: Writers, first: str) -> None:
    """Whichever of them commits first."""
    whole = TenantScope.tree(1)
    tokens = [await token_of(two.database, whole)]
    await two.touch(two.one, "1-1")
    await two.touch(two.other, "1-2")
    tokens.append(await token_of(two.database, whole))
    commits = [two.one, two.other] if first == "one" else [two.other, two.one]
    for connection in commits:
        await connection.commit()
        tokens.append(await token_of(two.database, whole))
    # Uncommitted changes are not seen; each commit is.
    assert tokens[0] == tokens[1]
    assert len(set(tokens)) == 3


async def test_writers_in_opposite_orders_do_not_wait_for_each_other(two: Writers) -> None:
    await two.touch(two.one, "1-1")
    await two.touch(two.other, "2-2")
    await two.touch(two.one, "2-1")
    await two.touch(two.other, "1-2")
    before = [await token_of(two.database, TenantScope.tree(partner)) for partner in (1, 2)]
    await two.one.commit()
    between = [await token_of(two.database, TenantScope.tree(partner)) for partner in (1, 2)]
    await two.other.commit()
    after = [await token_of(two.database, TenantScope.tree(partner)) for partner in (1, 2)]
    assert all(len({*tokens}) == 3 for tokens in zip(before, between, after, strict=True))


async def test_a_token_has_as_many_rows_as_it_had_writers_at_once(two: Writers) -> None:
    async def rows() -> int:
        async with two.database.read(TenantScope.tree(1)) as session:
            count = select(func.count()).select_from(ChangeToken)
            return await session.scalar(count.where(ChangeToken.tenant_id == 0)) or 0

    assert await rows() == 1
    await two.touch(two.one, "1-1")
    await two.touch(two.other, "1-2")
    await two.one.commit()
    await two.other.commit()
    assert await rows() == 2
    for number in range(5):
        async with two.database.write(CARRIER) as session:
            await session.execute(update(Customer).values(email=f"{number}@example.de"))
    assert await rows() == 2


async def test_a_partners_role_sees_the_tokens_of_its_scope_alone(two: Writers) -> None:
    """Although its changes renew others: row-level security alone decides."""
    async with two.database.read(CARRIER) as session:
        [own, other] = await session.entities(
            select(Customer.id).where(Customer.tenant_id == 1).order_by(Customer.name)
        )
    async with two.database.write(TenantScope.customer(1, 1, own), ANYTHING) as session:
        await session.execute(update(Customer).values(email="neu@example.de"))
        connection = await session._session.connection()
        seen = await connection.execute(select(TABLES["change_tokens"].c.customer_id))
        assert set(seen.scalars()) == {own}
    async with two.database.write(TenantScope.tenants(1, (1,)), ANYTHING) as session:
        connection = await session._session.connection()
        seen = await connection.execute(select(TABLES["change_tokens"].c.customer_id))
        assert set(seen.scalars()) == {own, other, EVERY_CUSTOMER}
