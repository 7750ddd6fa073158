"""The roles of row-level security: who creates them, and who may take them on."""

import asyncio
import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.exc import ProgrammingError

from commands.main import main
from db import migrations
from db.migrations import state
from db.models import Order
from db.scope.roles import Roles, RolesMissingError
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.db.rows import TABLES, add, add_tenant, as_carrier
from tests.support import postgres
from tests.support.databases import Databases

Owner = Callable[[str], list[str]]


@pytest.fixture
def owner(databases: Databases, postgresql_url: str) -> Iterator[Owner]:
    """Creates a role with attributes that owns two empty databases; returns their URLs."""
    made: list[str] = []
    server = databases.administrators(postgresql_url)

    def make(attributes: str) -> list[str]:
        name = f"partnergraph_test_{secrets.token_hex(4)}"
        made.append(name)
        run(server, f"CREATE ROLE {name} LOGIN {attributes} PASSWORD '{name}'")
        for number in (1, 2):
            run(server, f"CREATE DATABASE {name}_{number} OWNER {name}")
        return [postgres.with_database(server, f"{name}_{number}", user=name) for number in (1, 2)]

    yield make
    for name in made:
        for number in (1, 2):
            run(server, f"DROP DATABASE {name}_{number} WITH (FORCE)")
        run(server, *Roles(name).removal(), f"DROP ROLE {name}")


def run(url: str, *statements: str) -> None:
    async def execute() -> None:
        connection = await postgres.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(execute())


def role_of(url: str) -> str:
    match = re.search(r"//(\w+):", url)
    assert match is not None
    return match[1]


async def orders(url: str, scope: TenantScope) -> int:
    database = Database(url)
    try:
        async with database.read(scope) as session:
            return await session.scalar(select(func.count()).select_from(Order)) or 0
    finally:
        await database.close()


async def fill(url: str) -> None:
    database = Database(url)
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        await add(connection, "orders", await add_tenant(connection, 1))
    await database.close()


def test_an_owner_who_may_create_roles_creates_them(owner: Owner) -> None:
    first, second = owner("CREATEROLE")
    for url in (first, second, first):
        migrations.upgrade(url)
    asyncio.run(fill(first))
    assert asyncio.run(orders(first, TenantScope.tree(1))) == 1
    assert asyncio.run(orders(first, TenantScope.tree(2))) == 0
    assert asyncio.run(orders(second, TenantScope.carrier())) == 0


def test_two_databases_of_an_owner_can_be_migrated_at_the_same_time(owner: Owner) -> None:
    both = owner("CREATEROLE")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrations.upgrade, both))
    for url in both:
        assert asyncio.run(orders(url, TenantScope.carrier())) == 0


def test_without_the_roles_an_ordinary_owner_migrates_nothing(owner: Owner) -> None:
    url, _ = owner("")
    with pytest.raises(RolesMissingError):
        migrations.upgrade(url)

    async def tables() -> str | None:
        database = Database(url)
        try:
            return await state.applied(database.engine)
        finally:
            await database.close()

    assert asyncio.run(tables()) is None


def test_the_statements_in_the_message_are_sufficient(
    owner: Owner,
    databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, _ = owner("")
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", url)
    refused = CliRunner().invoke(main, ["migrate"])
    assert refused.exit_code == 2
    explanation, *statements = refused.output.splitlines()
    assert explanation.startswith(f'Error: The user "{role_of(url)}" may not create the roles')
    run(databases.administrators(url), *statements)
    migrated = CliRunner().invoke(main, ["migrate"])
    assert (migrated.exit_code, migrated.output.count("is at revision")) == (0, 1)


async def test_another_login_serves_partners_and_sees_nothing_without_a_role(
    databases: Databases, postgresql_url: str
) -> None:
    await fill(postgresql_url)
    name = f"{role_of(postgresql_url)}_web"
    administrator = await postgres.connect(databases.administrators(postgresql_url))
    app = Roles(role_of(postgresql_url)).app
    await administrator.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}' IN ROLE {app}")
    url = postgresql_url.replace(
        f"//{role_of(postgresql_url)}:{role_of(postgresql_url)}@", f"//{name}:{name}@"
    )
    try:
        assert await orders(url, TenantScope.tree(1)) == 1
        assert await orders(url, TenantScope.tree(2)) == 0
        database = Database(url)
        assert await state.applied(database.engine) == state.expected()
        for table in TABLES.values():
            async with database.engine.connect() as connection:
                with pytest.raises(ProgrammingError, match="permission denied"):
                    await connection.execute(select(func.count()).select_from(table))
        await database.close()
    finally:
        await administrator.execute(f"DROP ROLE {name}")
        await administrator.close()
