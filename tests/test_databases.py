"""The databases that the other tests stand on."""

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support import postgres
from tests.support.databases import Databases, Engine


async def tables(url: str) -> int:
    engine = create_async_engine(url)
    catalog = (
        "SELECT count(*) FROM sqlite_master WHERE type = 'table'"
        if engine.dialect.name == "sqlite"
        else "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    )
    async with engine.connect() as connection:
        count: int = await connection.scalar(text(catalog)) or 0
    await engine.dispose()
    return count


async def test_a_database_comes_migrated(database_url: str, engine: Engine) -> None:
    assert make_url(database_url).get_backend_name() == engine
    assert await tables(database_url) > 10


async def test_a_bare_database_has_no_tables(databases: Databases, engine: Engine) -> None:
    with databases.bare(engine) as url:
        assert await tables(url) == 0


async def test_what_one_database_holds_does_not_reach_the_next(
    databases: Databases, engine: Engine
) -> None:
    with databases.empty(engine) as first:
        changed = create_async_engine(first)
        async with changed.begin() as connection:
            await connection.execute(text("CREATE TABLE left_behind (id integer)"))
        await changed.dispose()
        with databases.empty(engine) as second:
            assert await tables(second) == await tables(first) - 1


async def test_the_owner_is_an_ordinary_role_that_may_add_trigram_search(
    postgresql_url: str,
) -> None:
    connection = await postgres.connect(postgresql_url)
    await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    rights = await connection.fetchrow("SELECT * FROM pg_roles WHERE rolname = current_user")
    assert rights is not None
    assert [right for right, granted in rights.items() if granted is True] == [
        "rolinherit",
        "rolcanlogin",
    ]
    await connection.close()


async def test_text_is_compared_by_code_point_and_folded_beyond_ascii(postgresql_url: str) -> None:
    connection = await postgres.connect(postgresql_url)
    assert await connection.fetchval("SELECT lower('MÜLLER') || ('Z' < 'a')") == "müllertrue"
    await connection.close()
