"""Bulk loading of an empty database.

It bypasses sessions, and so scopes: it is for seeding a database that has no readers yet. Rows go
straight to the driver (COPY on PostgreSQL, `executemany` on SQLite). Constraints are checked at the
end of the load at the latest.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import (
    JSON,
    Constraint,
    Executable,
    ForeignKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex

from db.base import Base
from db.changes import triggers
from db.engine import WRITES
from db.scope import policies
from db.session import Database

_Row = tuple[Any, ...]


class BulkLoad:
    """A transaction that rows are added to."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def load(self, table: str, columns: Sequence[str], rows: Sequence[_Row]) -> None:
        """Add rows, with values in the order of `columns`; JSON as text, instants in UTC."""
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        if self._connection.dialect.name == "postgresql":
            await driver.copy_records_to_table(table, columns=columns, records=rows)
            return
        converters = self._converters(Base.metadata.tables[table], columns)
        names, placeholders = ", ".join(columns), ", ".join("?" * len(columns))
        await driver.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({placeholders})",  # noqa: S608 - names of models
            [
                [
                    value if value is None or convert is None else convert(value)
                    for value, convert in zip(row, converters, strict=True)
                ]
                for row in rows
            ],
        )

    def _converters(
        self, table: Table, columns: Sequence[str]
    ) -> list[Callable[[Any], Any] | None]:
        dialect = self._connection.dialect
        types = [table.columns[name].type for name in columns]
        return [
            None if isinstance(kind, JSON) else kind.dialect_impl(dialect).bind_processor(dialect)
            for kind in types
        ]


@asynccontextmanager
async def bulk_load(database: Database) -> AsyncIterator[BulkLoad]:
    """Load rows in one transaction, committed when the block ends."""
    engine = database.engine.execution_options(**{WRITES: True})
    async with engine.begin() as connection:
        if database.is_postgresql:
            await connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
            await _execute(connection, _without_checks())
            yield BulkLoad(connection)
            await _execute(connection, _with_checks())
        else:
            # Calls of the driver do not begin the transaction; a statement of SQLAlchemy does.
            await connection.execute(text("SELECT 1"))
            yield BulkLoad(connection)
        await connection.execute(text("ANALYZE"))


async def _execute(connection: AsyncConnection, statements: list[Executable]) -> None:
    for statement in statements:
        await connection.execute(statement)


# PostgreSQL takes three times as long to update indexes and check foreign keys row by row as it
# takes to do so once per table. Triggers protect stored rows, and there are none. Primary keys cost
# little and stay.


def _without_checks() -> list[Executable]:
    return [
        *map(text, policies.suspend_for_owner()),
        *(DropConstraint(c) for c in _constraints(ForeignKeyConstraint)),
        *(DropConstraint(c) for c in _constraints(UniqueConstraint)),
        *(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER") for table in _tables()),
        *(DropIndex(index) for table in _tables() for index in table.indexes),
    ]


def _with_checks() -> list[Executable]:
    # A foreign key needs the unique constraint that it refers to.
    return [
        *(CreateIndex(index) for table in _tables() for index in table.indexes),
        *(AddConstraint(c, isolate_from_table=False) for c in _constraints(UniqueConstraint)),
        *(AddConstraint(c, isolate_from_table=False) for c in _constraints(ForeignKeyConstraint)),
        *(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER") for table in _tables()),
        *map(text, policies.resume_for_owner()),
        *map(text, triggers.renew_all("postgresql")),
    ]


def _constraints(kind: type[Constraint]) -> list[Constraint]:
    return [c for table in _tables() for c in table.constraints if isinstance(c, kind)]


def _tables() -> list[Table]:
    return Base.metadata.sorted_tables
