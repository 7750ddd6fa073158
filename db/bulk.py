"""Fills an empty database with many rows at once.

The one way around the session of `db.session`, and so around its scope: for the carrier's own
seeding of a database that nobody reads yet. Rows go to the driver as they are (COPY on PostgreSQL,
`executemany` on SQLite); the database's constraints hold when the load ends.
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
from sqlalchemy.schema import (
    AddConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
)

from db.base import Base
from db.changes import triggers
from db.engine import WRITES
from db.scope import policies
from db.session import Database

_Row = tuple[Any, ...]


class BulkLoad:
    """One transaction that takes rows."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def load(self, table: str, columns: Sequence[str], rows: Sequence[_Row]) -> None:
        """Add rows of values in the order of `columns`; JSON as text, instants in UTC."""
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        if self._connection.dialect.name == "postgresql":
            await driver.copy_records_to_table(table, columns=columns, records=rows)
            return
        convert = self._converters(Base.metadata.tables[table], columns)
        names, places = ", ".join(columns), ", ".join("?" * len(columns))
        await driver.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({places})",  # noqa: S608 - names of ours
            [
                [
                    value if value is None or change is None else change(value)
                    for value, change in zip(row, convert, strict=True)
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
    """Load rows in one transaction: all of them are there when the block ends, or none."""
    engine = database.engine.execution_options(**{WRITES: True})
    async with engine.begin() as connection:
        if database.is_postgresql:
            await connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
            await _execute(connection, _without_checks())
            yield BulkLoad(connection)
            await _execute(connection, _with_checks())
        else:
            # The driver's own calls do not open the transaction; a statement does.
            await connection.execute(text("SELECT 1"))
            yield BulkLoad(connection)
        await connection.execute(text("ANALYZE"))


async def _execute(connection: AsyncConnection, statements: list[Executable]) -> None:
    for statement in statements:
        await connection.execute(statement)


# Keeping each index and checking each link row by row takes PostgreSQL three times as long as doing
# so once for the whole table. Triggers guard what is stored already, and nothing is. Primary keys
# cost little and stay.


def _without_checks() -> list[Executable]:
    return [
        *map(text, policies.suspend_for_owner()),
        *(DropConstraint(c) for c in _constraints(ForeignKeyConstraint)),
        *(DropConstraint(c) for c in _constraints(UniqueConstraint)),
        *(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER") for table in _tables()),
        *(DropIndex(index) for table in _tables() for index in table.indexes),
    ]


def _with_checks() -> list[Executable]:
    # A link needs the unique constraint of what it refers to.
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
