"""What PostgreSQL's own catalogue says about the tables, against the rules of Citus for tables that
are distributed by the root of the tenant tree.

The rules are those of its documentation, and what version 13.0 refuses
(`docs/beyond-one-database.md`).
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from auth.admin import portal_users
from db import distribution
from db.changes import triggers
from db.distribution import COLUMN, DISTRIBUTED, LOCAL, REFERENCE
from db.models import Base, Tenant
from db.scope import policies
from db.scope.roles import Roles
from db.session import Database
from tests.auth.conftest import STARTED
from tests.auth.provider import add_user
from tests.db.rows import add_tenant, as_carrier
from tests.support import postgres
from tests.support.statements import sent

INTEGER = "integer"

KINDS = {
    **dict.fromkeys(DISTRIBUTED, "distributed"),
    **dict.fromkeys(REFERENCE, "reference"),
    **dict.fromkeys(LOCAL, "local"),
    # The revision, which every process reads on the coordinator.
    "alembic_version": "local",
}

# From → to. Citus refuses each other pair, or it leads to rows that another node may hold.
LINKS = {
    ("distributed", "distributed"),
    ("distributed", "reference"),
    ("reference", "reference"),
}


@pytest.fixture(scope="module")
async def catalogue(shared_postgresql_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await postgres.connect(shared_postgresql_url)
    yield connection
    await connection.close()


async def test_every_table_is_of_one_kind(catalogue: asyncpg.Connection) -> None:
    tables = await catalogue.fetch(
        "SELECT relname, relkind, relispartition FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'f', 'm', 'v')"
    )
    assert {(name, kind, part) for name, kind, part in tables} == {
        (name, b"r", False) for name in KINDS
    }
    assert {*Base.metadata.tables} == DISTRIBUTED | REFERENCE | LOCAL


async def test_the_distribution_column_has_one_type_and_is_never_null(
    catalogue: asyncpg.Connection,
) -> None:
    columns = await catalogue.fetch(
        "SELECT attrelid::regclass::text, atttypid::regtype::text, attnotnull "
        "FROM pg_attribute WHERE attname = $1 AND attrelid::regclass::text = ANY ($2)",
        COLUMN,
        [*DISTRIBUTED],
    )
    # Tables whose columns are of one type are divided alike (co-located).
    assert sorted(map(tuple, columns)) == sorted((name, INTEGER, True) for name in DISTRIBUTED)


async def test_every_primary_key_begins_with_the_distribution_column_and_holds_the_tenant(
    catalogue: asyncpg.Connection,
) -> None:
    keys = await catalogue.fetch(
        "SELECT conrelid::regclass::text AS name, (SELECT array_agg(attname::text ORDER BY place) "
        "FROM unnest(conkey) WITH ORDINALITY k(number, place) "
        "JOIN pg_attribute ON attrelid = conrelid AND attnum = number) AS columns "
        "FROM pg_constraint WHERE contype = 'p'"
    )
    by_table = {key["name"]: key["columns"] for key in keys}
    for table in DISTRIBUTED:
        assert (by_table[table][0], by_table[table][-1]) == (COLUMN, "tenant_id"), table


async def test_every_unique_index_contains_the_distribution_column(
    catalogue: asyncpg.Connection,
) -> None:
    # Primary keys and unique constraints are unique indexes, too.
    indexes = await catalogue.fetch(
        "SELECT indrelid::regclass::text AS name, indexrelid::regclass::text AS index, "
        "indexprs IS NULL AND EXISTS (SELECT FROM pg_attribute "
        "WHERE attrelid = indrelid AND attnum = ANY (indkey) AND attname = $1) AS contains "
        "FROM pg_index WHERE indisunique AND indrelid::regclass::text = ANY ($2)",
        COLUMN,
        [*DISTRIBUTED],
    )
    assert len(indexes) >= len(DISTRIBUTED)
    assert [row["index"] for row in indexes if not row["contains"]] == []


async def test_no_constraint_excludes_rows(catalogue: asyncpg.Connection) -> None:
    assert await catalogue.fetchval("SELECT count(*) FROM pg_constraint WHERE contype = 'x'") == 0


async def test_foreign_keys_lead_to_rows_of_the_same_node(catalogue: asyncpg.Connection) -> None:
    keys = await catalogue.fetch(
        "SELECT conname, conrelid::regclass::text AS child, confrelid::regclass::text AS parent, "
        "confdeltype::text || confupdtype::text AS actions, "
        "(SELECT array_agg(ARRAY[c.attname::text, p.attname::text]) "
        "FROM unnest(conkey, confkey) k(own, other) "
        "JOIN pg_attribute c ON c.attrelid = conrelid AND c.attnum = own "
        "JOIN pg_attribute p ON p.attrelid = confrelid AND p.attnum = other) AS pairs "
        "FROM pg_constraint WHERE contype = 'f'"
    )
    seen = set()
    for key in keys:
        link = KINDS[key["child"]], KINDS[key["parent"]]
        assert link in LINKS, key["conname"]
        if link == ("distributed", "distributed"):
            assert [COLUMN, COLUMN] in key["pairs"], key["conname"]
        # SET NULL and SET DEFAULT are refused if they name the distribution column.
        assert key["actions"] == "aa", key["conname"]
        seen.add(link)
    assert seen == LINKS


async def test_no_value_comes_from_a_sequence(catalogue: asyncpg.Connection) -> None:
    # Nodes would count apart. Generated columns are computed by each node from the row.
    assert (
        await catalogue.fetchval("SELECT count(*) FROM pg_class WHERE relkind = 'S'")
        + await catalogue.fetchval(
            "SELECT count(*) FROM pg_attrdef JOIN pg_attribute "
            "ON attrelid = adrelid AND attnum = adnum WHERE attgenerated = ''"
        )
        == 0
    )


async def test_tables_that_every_node_copies_have_no_triggers(
    catalogue: asyncpg.Connection,
) -> None:
    # Each node would run them. On one server those of tenants and the catalogue renew change
    # tokens; on a cluster `migrate` does (docs/beyond-one-database.md).
    async with undone(catalogue):
        for statement in triggers.drop("postgresql"):
            await catalogue.execute(statement)
        for statement in triggers.create("postgresql", "public", distributed=True):
            await catalogue.execute(statement)
        tables = await catalogue.fetch(
            "SELECT DISTINCT tgrelid::regclass::text AS name FROM pg_trigger WHERE NOT tgisinternal"
        )
    triggered = {row["name"] for row in tables}
    assert triggered & REFERENCE == set()
    assert triggered > DISTRIBUTED - {*(model.__tablename__ for model in triggers.UNTRACKED)}


async def test_functions_of_triggers_name_the_root_of_distributed_rows(
    catalogue: asyncpg.Connection,
) -> None:
    # They run where the changed row lies, and reach only rows of the same root there.
    functions = await catalogue.fetch(
        "SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'partnergraph%'"
    )
    assert len(functions) > len(DISTRIBUTED) / 2
    names = "|".join(DISTRIBUTED)
    access = re.compile(rf"(?:FROM|UPDATE|INTO)\s+(?:{names})\b(?P<rest>[^;]*)")
    found = [match for row in functions for match in access.finditer(row["prosrc"])]
    assert found
    for match in found:
        assert COLUMN in match["rest"], match[0]


async def test_policies_of_distributed_tables_have_no_subqueries(
    catalogue: asyncpg.Connection,
) -> None:
    owner = await catalogue.fetchval("SELECT current_user")
    async with undone(catalogue):
        for statement in policies.drop():
            await catalogue.execute(statement)
        for statement in policies.create(Roles(owner), "public", distributed=True):
            await catalogue.execute(statement)
        rows = await catalogue.fetch("SELECT tablename, qual FROM pg_policies")
    assert {row["tablename"] for row in rows} == {*DISTRIBUTED, Tenant.__tablename__}
    for row in rows:
        assert "SELECT" not in row["qual"], row
        # Citus 13.0 fails at it.
        assert "IS NOT NULL" not in row["qual"], row


async def test_the_statements_remove_and_restore_every_link_between_distributed_tables(
    catalogue: asyncpg.Connection,
) -> None:
    statements = distribution.statements()
    links = [s for s in statements if s.startswith("ALTER TABLE") and "FOREIGN KEY" in s]
    removed = [s for s in statements if s.startswith("ALTER TABLE") and "DROP CONSTRAINT" in s]
    before = await foreign_keys(catalogue)
    async with undone(catalogue):
        for statement in removed:
            await catalogue.execute(statement)
        left = await foreign_keys(catalogue)
        for statement in links:
            await catalogue.execute(statement)
        assert await foreign_keys(catalogue) == before
    between = [key for key in before if {KINDS[key[0]], KINDS[key[1]]} == {"distributed"}]
    assert len(between) == len(links) == len(removed) == len(before) - len(left)


async def foreign_keys(catalogue: asyncpg.Connection) -> list[tuple[Any, ...]]:
    return sorted(
        map(
            tuple,
            await catalogue.fetch(
                "SELECT conrelid::regclass::text, confrelid::regclass::text, conname::text, "
                "pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"
            ),
        )
    )


class undone:  # noqa: N801 (used like a function)
    """A transaction that is rolled back at the end of the block."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._transaction = connection.transaction()

    async def __aenter__(self) -> None:
        await self._transaction.start()

    async def __aexit__(self, *_: object) -> None:
        await self._transaction.rollback()


async def test_a_users_row_is_locked_on_one_node(postgresql_url: str) -> None:
    async with Database(postgresql_url) as database:
        async with database.engine.begin() as connection:
            await add_tenant(await as_carrier(connection), 1)
        with sent(database.engine.sync_engine) as statements:
            await add_user(database, "T1")
            await portal_users.disable(database, "petra@partner.example", now=STARTED)
    locking = [sql for sql, _ in statements if "FOR UPDATE" in sql]
    assert locking
    for sql in locking:
        assert f"portal_users.{COLUMN} = $" in sql
