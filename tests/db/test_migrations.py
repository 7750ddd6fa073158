"""Migrations create the tables of the models, and drop them, whatever the tables hold."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import CursorResult, func, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from db import migrations
from db.models import Base
from db.session import Database
from tests.db.rows import TABLES, Row, add, add_tenant, as_carrier
from tests.support.databases import Databases, Engine

EVERYTHING = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master ORDER BY type, name",
    "postgresql": """
        SELECT 'column', table_name || '.' || column_name, data_type || is_nullable
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname,
                         pg_get_constraintdef(oid)
                  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
                  FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'policy', tablename || '.' || policyname, roles::text || qual
                  FROM pg_policies WHERE schemaname = 'public'
        UNION ALL SELECT 'rights', relname, relacl::text || relrowsecurity || relforcerowsecurity
                  FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        UNION ALL SELECT 'function', proname, prosrc FROM pg_proc
                  WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'partnergraph%'
        ORDER BY 1, 2
    """,
}


@pytest.fixture
def bare_url(databases: Databases, engine: Engine) -> Iterator[str]:
    with databases.bare(engine) as url:
        yield url


@asynccontextmanager
async def connected(url: str, *, as_owner: bool = False) -> AsyncIterator[AsyncConnection]:
    database = Database(url)
    try:
        async with database.engine.begin() as connection:
            yield connection if as_owner else await as_carrier(connection)
    finally:
        await database.close()


def structure(url: str) -> list[tuple[Any, ...]]:
    """Every table, column, index, constraint, trigger, function, policy and right."""

    async def read() -> list[tuple[Any, ...]]:
        async with connected(url, as_owner=True) as connection:
            rows: CursorResult[Any] = await connection.execute(
                text(EVERYTHING[connection.dialect.name])
            )
            return [tuple(map(comparable, row)) for row in rows]

    return asyncio.run(read())


def comparable(sql: Any) -> Any:
    """SQLite keeps the text of a table, whose columns and constraints have no fixed order: those
    that a revision adds come last."""
    if not isinstance(sql, str) or not sql.startswith("CREATE TABLE"):
        return sql
    head, _, definitions = sql.partition("(")
    parts, depth = [""], 0
    for character in definitions.rstrip().removesuffix(")"):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return head.strip(), *sorted(" ".join(part.split()) for part in parts)


def fill(url: str) -> dict[str, int]:
    """Add rows to every table; returns the number of rows by table."""

    async def write() -> dict[str, int]:
        async with connected(url) as connection:
            tenant = await add_tenant(connection, 1)
            for table in TABLES:
                if table != "tenants":
                    await add(connection, table, tenant)
        return await count()

    async def count() -> dict[str, int]:
        async with connected(url) as connection:
            counted = {
                name: await connection.scalar(select(func.count()).select_from(table))
                for name, table in TABLES.items()
            }
            return {name: rows or 0 for name, rows in counted.items()}

    counted = asyncio.run(write())
    assert all(counted.values())
    return counted


def test_migrating_twice_changes_nothing(bare_url: str) -> None:
    migrations.upgrade(bare_url)
    first = structure(bare_url)
    migrations.upgrade(bare_url)
    assert structure(bare_url) == first
    assert len(first) > 100


def test_migrating_again_keeps_the_data(bare_url: str) -> None:
    async def numbers() -> list[Row]:
        async with connected(bare_url) as connection:
            rows = await connection.execute(select(TABLES["orders"]))
            return [dict(row) for row in rows.mappings()]

    migrations.upgrade(bare_url)
    fill(bare_url)
    before = asyncio.run(numbers())
    migrations.upgrade(bare_url)
    assert asyncio.run(numbers()) == before


def test_down_and_up_again_with_data_in_the_tables(bare_url: str) -> None:
    migrations.upgrade(bare_url)
    first = structure(bare_url)
    fill(bare_url)

    async def tables() -> set[str]:
        async with connected(bare_url) as connection:
            return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))

    migrations.downgrade(bare_url, "base")
    assert asyncio.run(tables()) <= {"alembic_version"}

    migrations.upgrade(bare_url)
    assert structure(bare_url) == first
    fill(bare_url)


def test_stated_content_is_protected_after_every_migration(bare_url: str) -> None:
    async def change() -> None:
        async with connected(bare_url) as connection:
            await connection.execute(text("UPDATE orders SET number = 'other'"))

    migrations.upgrade(bare_url)
    fill(bare_url)
    for _ in range(2):
        with pytest.raises(IntegrityError, match="cannot be changed"):
            asyncio.run(change())
        migrations.upgrade(bare_url)


def test_models_and_migrations_agree(bare_url: str) -> None:
    migrations.upgrade(bare_url)
    migrations.check(bare_url)


def test_migrations_create_exactly_the_tables_of_the_models(
    bare_url: str, databases: Databases, engine: Engine
) -> None:
    # `alembic check` compares neither checks nor generated columns.
    async def create_tables(url: str) -> None:
        async with connected(url, as_owner=True) as connection:
            if engine == "postgresql":
                await connection.execute(text("CREATE EXTENSION pg_trgm"))
            await connection.run_sync(Base.metadata.create_all)

    migrations.upgrade(bare_url)
    with databases.bare(engine) as url:
        asyncio.run(create_tables(url))
        assert tables_in(structure(bare_url)) == tables_in(structure(url))


def tables_in(rows: list[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """The part of a structure that the models describe."""
    kinds = {"table", "index", "column", "constraint"}
    return {row for row in rows if row[0] in kinds and "alembic_version" not in str(row[1])}
