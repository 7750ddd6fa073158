"""Row-level security hides all rows outside of the settings of the transaction."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, func, insert, literal_column, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.base import TenantOwned
from db.models import ChangeToken, Order, Product
from db.scope import policies
from db.scope.roles import Roles, quoted
from db.scope.sql_check import UnscopedStatementError
from db.scope.tenant_scope import TenantScope
from db.scope.transactions import ScopedConnection, opening
from db.session import Database
from tests.db.privileges import ANYTHING, no_list_of_changes
from tests.db.rows import MODELS, OWNED, TABLES, add, add_tenant, as_carrier, tenant_row
from tests.support.databases import Databases

# Everybody reads the catalogue. Credentials are read before the principal is known, and by no role
# of a partner.
CREDENTIALS = {
    "api_clients",
    "credentials",
    "portal_subjects",
    "used_assertions",
    "signing_keys",
    "widget_origins",
}
# Read by the carrier alone: the tenant of a failed message is often unknown, and these audit
# entries have none.
CARRIERS = {"intake_failures", "carrier_audit_entries", *CREDENTIALS}
OPEN = {"products", "product_documents", "catalogue_tokens", "alembic_version", *CARRIERS}
SCOPES = [
    TenantScope.tree(1),
    TenantScope.tenants(1, (1, 2)),
    TenantScope.customer(1, 1, UUID(int=1)),
    TenantScope.carrier(),
]


@pytest.fixture(scope="module", params=[False, True], ids=["", "distributed"])
async def filled_url(
    databases: Databases, request: pytest.FixtureRequest, shared_postgresql_url: str
) -> AsyncIterator[str]:
    """A database with a row in each table; also with the policies of distributed tables, which must
    mean the same."""
    with databases.empty("postgresql") as url:
        async with Database(url) as database, database.engine.begin() as connection:
            if request.param:
                created = policies.create(await roles(connection), "public", distributed=True)
                for statement in (*policies.drop(), *created):
                    await connection.exec_driver_sql(statement)
            await as_carrier(connection)
            tenant = await add_tenant(connection, 1)
            for table in TABLES:
                if table != "tenants":
                    await add(connection, table, tenant)
        yield url


@pytest.fixture(autouse=True)
def _no_list_of_changes() -> Iterator[None]:
    with no_list_of_changes():
        yield


@pytest.fixture(scope="module")
async def filled(filled_url: str) -> AsyncIterator[Database]:
    """The database with a pool of one connection."""
    async with Database(filled_url, pool_size=1) as database:
        yield database


@pytest.fixture
async def connection(filled: Database) -> AsyncIterator[AsyncConnection]:
    """A connection of the owner of the tables, in a transaction without a scope."""
    async with filled.engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        await transaction.rollback()


async def roles(connection: AsyncConnection) -> Roles:
    return Roles(await connection.scalar(text("SELECT session_user")) or "")


async def seen(connection: AsyncConnection) -> dict[str, int]:
    """The number of rows in each table with row-level security, except change tokens, which hold
    no data of tenants and are written as the owner."""
    return {
        table: await connection.scalar(select(func.count()).select_from(TABLES[table])) or 0
        for table in ("tenants", *OWNED)
        if table != ChangeToken.__tablename__
    }


async def test_every_table_of_tenants_has_policies(connection: AsyncConnection) -> None:
    tables = await connection.execute(
        text(
            "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
    )
    closed = {name for name, secured in tables if secured}
    assert closed == {"tenants", *OWNED} == set(policies.protected())
    everything = {*TABLES, "alembic_version"}
    assert everything - closed == OPEN
    rows = await connection.execute(text("SELECT tablename, policyname FROM pg_policies"))
    by_table: dict[str, set[str]] = {}
    for table, policy in rows:
        by_table.setdefault(table, set()).add(policy.removeprefix("partnergraph_"))
    for table in closed:
        model = MODELS[table]
        hidden = issubclass(model, TenantOwned) and model.of_customer is None
        customers = set() if hidden else {"customer"}
        written_as_owner = {"owner"} if model is ChangeToken else set()
        assert by_table[table] == {"tree", "part", "carrier", *customers, *written_as_owner}, table


async def test_the_roles_can_neither_log_in_nor_bypass_policies(
    connection: AsyncConnection,
) -> None:
    ours = await roles(connection)
    rows = await connection.execute(
        text(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY (:names) AND NOT rolsuper "
            "AND NOT rolbypassrls AND NOT rolcanlogin AND NOT rolcreaterole AND NOT EXISTS "
            "(SELECT FROM pg_class WHERE relowner = pg_roles.oid)"
        ).bindparams(names=[ours.app, *ours.assumed])
    )
    assert {name for (name,) in rows} == {ours.app, *ours.assumed}


async def test_without_settings_the_owner_sees_nothing(connection: AsyncConnection) -> None:
    assert set((await seen(connection)).values()) == {0}


async def test_without_settings_no_role_of_a_partner_sees_anything(
    connection: AsyncConnection,
) -> None:
    ours = await roles(connection)
    for role in (*ours.readers, *ours.writers):
        await connection.execute(text(f"SET LOCAL ROLE {quoted(role)}"))
        assert set((await seen(connection)).values()) == {0}, role
        assert await connection.scalar(select(func.count()).select_from(ChangeToken)) == 0, role


async def test_with_settings_the_owner_still_sees_nothing(connection: AsyncConnection) -> None:
    for name, value in policies.settings_of(TenantScope.tree(1)).items():
        await connection.execute(text(f"SET LOCAL {name} = '{value}'"))
    assert set((await seen(connection)).values()) == {0}


async def test_the_owner_adds_nothing_without_taking_on_a_role(
    connection: AsyncConnection,
) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        await connection.execute(insert(TABLES["tenants"]).values(tenant_row(50)))


async def test_the_carriers_sessions_see_every_row(filled: Database) -> None:
    async with filled.read(TenantScope.carrier()) as session:
        for table in ("tenants", *OWNED):
            assert await session.scalar(select(func.count()).select_from(MODELS[table])), table


@pytest.mark.parametrize("writes", [False, True], ids=["reads", "writes"])
@pytest.mark.parametrize("scope", SCOPES[:3], ids=str)
@pytest.mark.parametrize("table", sorted(CREDENTIALS))
async def test_no_session_of_a_partner_reads_credentials(
    table: str, scope: TenantScope, writes: bool, filled: Database
) -> None:
    async with filled.write(scope, ANYTHING) if writes else filled.read(scope) as session:
        with pytest.raises(ProgrammingError, match=f"permission denied for table {table}"):
            await session.rows(select(MODELS[table]))


@pytest.mark.parametrize("writes", [False, True], ids=["reads", "writes"])
@pytest.mark.parametrize("scope", SCOPES[:3], ids=str)
async def test_a_partner_reads_the_catalogue_and_changes_nothing_in_it(
    scope: TenantScope, writes: bool, filled: Database
) -> None:
    async with filled.write(scope, ANYTHING) if writes else filled.read(scope) as session:
        assert await session.scalar(select(func.count()).select_from(Product))
    async with filled.write(scope, ANYTHING) as writer:
        with pytest.raises(ProgrammingError, match="permission denied for table products"):
            await writer.execute(update(Product).values(name="geändert"))


async def test_a_reading_role_has_no_right_but_to_read(connection: AsyncConnection) -> None:
    ours = await roles(connection)
    rights = await connection.execute(
        text(
            "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants "
            "WHERE grantee = ANY (:readers)"
        ).bindparams(readers=ours.readers)
    )
    assert list(rights.scalars()) == ["SELECT"]


async def test_a_connection_that_another_scope_used_leaks_nothing(filled: Database) -> None:
    for scope in SCOPES:
        async with filled.read(scope) as session:
            await session.rows(select(Order.id))
        async with filled.engine.connect() as reused:
            assert set((await seen(reused)).values()) == {0}, scope
            for role in (await roles(reused)).readers:
                await reused.execute(text(f"SET LOCAL ROLE {quoted(role)}"))
                assert set((await seen(reused)).values()) == {0}, (scope, role)
        async with filled.read(TenantScope.tree(99)) as session:
            assert list(await session.entities(select(Order.id))) == []


async def test_a_session_that_sent_nothing_leaves_nothing_behind(filled: Database) -> None:
    async with filled.read(TenantScope.carrier()) as session:
        await (await session._source.session()).connection()
    async with filled.engine.connect() as reused:
        assert set((await seen(reused)).values()) == {0}


async def test_a_transaction_that_could_not_begin_leaves_its_connection_usable(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("db.scope.transactions.quoted", lambda role: '"nobody"')
        async with filled.read(TenantScope.carrier()) as session:
            with pytest.raises(DBAPIError, match='role "nobody" does not exist'):
                await session.rows(select(Order.id))
    async with filled.read(TenantScope.carrier()) as session:
        assert len(await session.rows(select(Order.id))) > 0


async def test_a_scope_costs_no_message_of_its_own(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    execute = ScopedConnection.execute

    async def note(self: ScopedConnection, query: str, *arguments: Any, **more: Any) -> str:
        sent.append(query)
        return await execute(self, query, *arguments, **more)

    monkeypatch.setattr(ScopedConnection, "execute", note)
    async with filled.read(TenantScope.tenants(1, (1, 2))) as session:
        await session.rows(select(Order.id))
        await session.rows(select(Order.number))
    begin, end = sent
    assert begin.split("; ") == [
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        f'SET LOCAL ROLE "{begin.split(chr(34))[1]}"',
        "SET LOCAL partnergraph.root = '1'",
        "SET LOCAL partnergraph.tenants = '{1,2}'",
    ]
    assert end == "ROLLBACK"


@pytest.mark.parametrize("sql", ["RESET ROLE", "SET ROLE NONE", "SET partnergraph.root = 2"])
@pytest.mark.parametrize("scope", SCOPES, ids=str)
async def test_no_statement_resets_the_role(scope: TenantScope, sql: str, filled: Database) -> None:
    async with filled.write(scope, ANYTHING) as session:
        with pytest.raises(UnscopedStatementError):
            await session.execute(text(sql))


@pytest.mark.parametrize("scope", SCOPES, ids=str)
async def test_no_statement_contains_another_one(scope: TenantScope, filled: Database) -> None:
    async with filled.read(scope) as session:
        with pytest.raises(ProgrammingError, match="multiple commands"):
            await session.rows(select(Order.id).order_by(text("1; RESET ROLE")))


@pytest.mark.parametrize("scope", SCOPES[:3], ids=str)
async def test_no_statement_changes_settings(scope: TenantScope, filled: Database) -> None:
    async with filled.read(scope) as session:
        changes: list[ColumnElement[Any]] = [
            func.set_config("role", "none", True),
            literal_column("set_config('partnergraph.root', '2', true)"),
        ]
        for change in changes:
            with pytest.raises(UnscopedStatementError):
                await session.rows(select(Order.id, change))


async def test_scopes_at_the_same_time_do_not_mix(filled_url: str) -> None:
    database = Database(filled_url, pool_size=5)

    async def count(scope: TenantScope) -> int:
        async with database.read(scope) as session:
            return await session.scalar(select(func.count()).select_from(Order)) or 0

    scopes = [
        TenantScope.tree(1),
        TenantScope.tree(99),
        TenantScope.carrier(),
        TenantScope.tenants(1, ()),
    ] * 10
    try:
        counted = await asyncio.gather(*map(count, scopes))
    finally:
        await database.close()
    assert counted[0] > 0
    assert counted == [counted[0], 0, counted[0], 0] * 10


def test_settings_of_a_scope_hold_numbers_alone() -> None:
    injected: Any = "1'; RESET ROLE; --"
    for scope in (TenantScope.tree(injected), TenantScope.tenants(1, (injected,))):
        with pytest.raises(ValueError, match="format code"):
            opening(scope, Roles("owner"), None)
