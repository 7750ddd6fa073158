"""The revision of a database, and the one that this program expects."""

from functools import cache
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine


@cache
def expected() -> str:
    """The newest revision that this program knows."""
    head = ScriptDirectory(str(Path(__file__).parent)).get_current_head()
    if head is None:
        raise RuntimeError("the program was installed without its migrations")
    return head


async def applied(engine: AsyncEngine) -> str | None:
    """The revision of a database; None if it was never migrated."""

    def read(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with engine.connect() as connection:
        return await connection.run_sync(read)
