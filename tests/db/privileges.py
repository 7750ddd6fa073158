"""Sessions that may change everything in their scope, for tests of the scope alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from db.scope.roles import Kind, Purpose, Roles, listed
from db.session import Database
from tests.db.rows import OWNED

ANYTHING = Purpose.MUTATION
"""The purpose of these sessions."""


@contextmanager
def no_list_of_changes() -> Iterator[None]:
    """The first layer compares changes with no list."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("db.scope.enforcement.check_changes", lambda *_: None)
        patch.setattr("db.scope.enforcement.check_statement", lambda *_: None)
        patch.setattr("db.scope.bulk_writes.check_insert", lambda *_: None)
        patch.setattr("db.scope.bulk_writes.check_update", lambda *_: None)
        yield


async def grant_everything(database: Database) -> None:
    """Let the roles for `ANYTHING` change every table of tenants; a customer's not tenants."""
    if not database.is_postgresql:
        return
    async with database.engine.begin() as connection:
        roles = Roles(await connection.scalar(text("SELECT current_user")) or "")
        writers = {kind: roles.writer(ANYTHING, kind) for kind in Kind}
        of_tenants = [writers[Kind.TREE], writers[Kind.PART]]
        for tables, to in ((OWNED, [*writers.values()]), (["tenants"], of_tenants)):
            await connection.execute(
                text(f"GRANT INSERT, UPDATE, DELETE ON {listed(tables)} TO {listed(to)}")
            )
