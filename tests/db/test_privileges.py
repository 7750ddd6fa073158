"""Each role changes what the table in `db.scope.privileges` lists, and nothing else."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.models import Tenant
from db.scope import policies
from db.scope.privileges import CHANGES, NOTHING, ForbiddenChangeError
from db.scope.roles import WRITERS, Kind, Purpose, Roles, quoted
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.db.rows import MODELS, OWNED, TABLES, add_tenant, as_carrier

VISIBLE = {"tenants", *OWNED, *(model.__tablename__ for model in policies.CATALOGUE)}
EVERY_TABLE = (*TABLES, "alembic_version")
SCOPES = {
    Kind.TREE: TenantScope.tree(1),
    Kind.PART: TenantScope.tenants(1, (1,)),
}

Attempt = tuple[str, str]
"""What is tried, such as "UPDATE orders.version", and its SQL, which changes no row."""

# Returns whether a statement is allowed. Everything else that may be wrong with it is an error.
_TRY = """
CREATE FUNCTION pg_temp.is_allowed(statement text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN true;
EXCEPTION WHEN insufficient_privilege THEN
  IF SQLERRM NOT LIKE 'permission denied for table %' THEN RAISE; END IF;
  RETURN false;
END $$
"""


@pytest.fixture
async def connection(postgresql_url: str) -> AsyncIterator[AsyncConnection]:
    database = Database(postgresql_url)
    async with database.engine.connect() as connection:
        await connection.execute(text(_TRY))
        yield connection
        await connection.rollback()
    await database.close()


def attempts() -> Iterator[Attempt]:
    """Every verb on every table, and every column that may be updated."""
    for table in EVERY_TABLE:
        names = ["version_num"]
        if table in TABLES:
            names = [column.name for column in TABLES[table].columns if column.computed is None]
        columns = ", ".join(map(quoted, names))
        yield f"SELECT {table}", f"SELECT {columns} FROM {table} WHERE false"
        # SELECT is a right of its own: an INSERT must not need it.
        nulls = ", ".join(["NULL"] * len(names))
        yield f"INSERT {table}", f"INSERT INTO {table} ({columns}) SELECT {nulls} WHERE false"
        yield f"DELETE {table}", f"DELETE FROM {table} WHERE false"
        yield f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"
        for name in names:
            update = f"UPDATE {table} SET {quoted(name)} = NULL WHERE false"
            yield f"UPDATE {table}.{name}", update


def declared(roles: Roles) -> dict[str, set[str]]:
    """What each role may do, by the table of privileges."""
    visible = {f"SELECT {table}" for table in VISIBLE}
    allowed = {roles.reader(kind): {*visible} for kind in Kind}
    for writer, changes in CHANGES.items():
        allowed[roles.writer(*writer)] = {*visible}
        for model, verbs in changes.items():
            table = model.__tablename__
            rights = [
                *([f"INSERT {table}"] if verbs.insert else []),
                *([f"DELETE {table}"] if verbs.delete else []),
                *(f"UPDATE {table}.{column}" for column in verbs.update),
            ]
            allowed[roles.writer(*writer)].update(rights)
    everything = {what for what, _ in attempts() if not what.startswith("TRUNCATE")}
    of_revisions = {what for what in everything if "alembic_version" in what}
    allowed[roles.carrier] = everything - of_revisions | {"SELECT alembic_version"}
    allowed[roles.app] = {"SELECT alembic_version"}
    return allowed


async def test_each_role_may_do_in_postgresql_what_is_declared(
    connection: AsyncConnection,
) -> None:
    roles = Roles(await connection.scalar(text("SELECT current_user")) or "")
    expected = declared(roles)
    assert {*expected} == {*roles.assumed, roles.app}
    tried = list(attempts())
    for role, allowed in expected.items():
        await connection.execute(text(f"SET LOCAL ROLE {quoted(role)}"))
        found = await connection.execute(
            text("SELECT pg_temp.is_allowed(s) FROM unnest(CAST(:sql AS text[])) s"),
            {"sql": [sql for _, sql in tried]},
        )
        could = {tried[index][0] for index, allows in enumerate(found.scalars()) if allows}
        assert could == allowed, role
        await connection.execute(text("RESET ROLE"))


async def test_no_role_may_refer_to_a_table_or_add_triggers(connection: AsyncConnection) -> None:
    roles = Roles(await connection.scalar(text("SELECT current_user")) or "")
    rights = await connection.execute(
        text(
            "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants "
            "WHERE grantee = ANY (:roles)"
        ),
        {"roles": [*roles.assumed, roles.app]},
    )
    assert {*rights.scalars()} == {"SELECT", "INSERT", "UPDATE", "DELETE"}


def test_every_writing_role_has_a_list() -> None:
    assert {*CHANGES} == {*WRITERS}
    for changes in CHANGES.values():
        for model, verbs in changes.items():
            assert verbs != NOTHING, model
            columns = {column.name for column in model.__table__.columns}
            assert {*verbs.update} <= columns, model
            # No role changes the owner of a row.
            assert not {"tenant_id", "root_tenant_id"} & {*verbs.update}, model


@pytest.fixture
async def partner(database: Database) -> Database:
    async with database.engine.begin() as connection:
        await as_carrier(connection)
        await add_tenant(connection, 1)
    return database


@pytest.mark.parametrize("kind", SCOPES)
@pytest.mark.parametrize("purpose", Purpose)
async def test_the_first_layer_refuses_what_is_not_declared(
    purpose: Purpose, kind: Kind, partner: Database
) -> None:
    changes = CHANGES[purpose, kind]
    for table in ("tenants", *OWNED):
        model: Any = MODELS[table]
        verbs = changes.get(model, NOTHING)
        async with partner.write(SCOPES[kind], purpose) as session:
            with refused(f"delete rows of {table}", not verbs.delete):
                await session.execute(delete(model))
            for column in TABLES[table].columns:
                if column.computed is None and "tenant_id" not in column.name:
                    with refused(f"update {table}", column.name not in verbs.update):
                        await session.execute(update(model).values({column.name: None}))
        if not verbs.insert:
            owner = {"root_tenant_id": 1, "id" if table == "tenants" else "tenant_id": 1}
            with pytest.raises(ForbiddenChangeError, match=f"insert into {table}"):
                async with partner.write(SCOPES[kind], purpose) as session:
                    session.add(model(**owner))


@pytest.mark.parametrize("kind", SCOPES)
@pytest.mark.parametrize("purpose", Purpose)
async def test_many_rows_are_written_only_where_one_may_be(
    purpose: Purpose, kind: Kind, partner: Database
) -> None:
    changes = CHANGES[purpose, kind]
    tried = set()
    for table in ("tenants", *OWNED):
        model: Any = MODELS[table]
        verbs = changes.get(model, NOTHING)
        owner = {"root_tenant_id": 1, "id" if table == "tenants" else "tenant_id": 1}
        async with partner.write(SCOPES[kind], purpose) as session:
            if not verbs.insert:
                tried.add("insert")
                with pytest.raises(ForbiddenChangeError, match=f"insert into {table}"):
                    await session.insert(model, [owner])
            for column in TABLES[table].columns:
                if column.name not in {*verbs.update, *owner}:
                    tried.add("update")
                    with pytest.raises(ForbiddenChangeError, match=rf"{table}\.{column.name}"):
                        await session.update(model, [column.name], [owner])
    assert tried == {"insert", "update"}


def refused(what: str, is_refused: bool) -> AbstractContextManager[object]:
    """Expects that a change is refused, or that it is not."""
    return pytest.raises(ForbiddenChangeError, match=what) if is_refused else nullcontext()


@pytest.mark.parametrize(
    ("scope", "purpose"),
    [
        (TenantScope.tree(1), None),
        (TenantScope.customer(1, 1, UUID(int=1)), Purpose.REPORT),
    ],
    ids=["no purpose", "reports for a customer"],
)
async def test_no_session_writes_for_a_purpose_without_a_role(
    scope: TenantScope, purpose: Purpose | None, database: Database
) -> None:
    with pytest.raises(ValueError, match="no role writes"):
        async with database.write(scope, purpose):
            pass


async def test_an_entity_that_was_read_is_compared_too(partner: Database) -> None:
    async with partner.read(TenantScope.tree(1)) as session:
        [tenant] = await session.entities(select(Tenant))
    tenant.name = "anders"
    with pytest.raises(ForbiddenChangeError, match="update tenants"):
        async with partner.write(TenantScope.tree(1), Purpose.MUTATION) as session:
            session.add(tenant)
