"""One client of a name: the database says so, and a migration that finds two says which."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from db import migrations
from db.session import Database
from tests.support.databases import Databases, Engine

DESK, SECOND_DESK, HUB = (f"{n:032x}" for n in range(3))


@pytest.fixture
def older_url(databases: Databases, engine: Engine) -> Iterator[str]:
    with databases.bare(engine) as url:
        migrations.upgrade(url, "0007")
        yield url


def execute(url: str, statement: str, **parameters: str) -> None:
    async def send() -> None:
        database = Database(url)
        try:
            async with database.engine.begin() as connection:
                await connection.execute(text(statement), parameters)
        finally:
            await database.close()

    asyncio.run(send())


def add(url: str, identity: str, name: str) -> None:
    execute(
        url,
        "INSERT INTO api_clients (id, kind, name, created_at) "
        "VALUES (:identity, 'SUPPORT', :name, '2026-01-01 00:00:00+00:00')",
        identity=identity,
        name=name,
    )


def rename(url: str, identity: str, name: str) -> None:
    execute(
        url,
        "UPDATE api_clients SET name = :name WHERE id = :identity",
        identity=identity,
        name=name,
    )


def test_namesakes_are_named_before_anything_is_changed(older_url: str) -> None:
    for identity, name in ((DESK, "Desk"), (SECOND_DESK, "Desk"), (HUB, "Hub")):
        add(older_url, identity, name)
    for _ in range(2):
        with pytest.raises(migrations.ImpossibleError, match=r"Rename .*: Desk$"):
            migrations.upgrade(older_url)
    rename(older_url, SECOND_DESK, "Desk 2")
    migrations.upgrade(older_url, "0008")
    with pytest.raises(IntegrityError):
        rename(older_url, SECOND_DESK, "Desk")
