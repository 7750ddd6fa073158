"""Fills an empty database with many rows at once.

The one way around the session of `db.session`, and so around its scope: for the carrier's own
seeding of a database that nobody reads yet. Rows go to the driver as they are (COPY on PostgreSQL,
`executemany` on SQLite); the database's constraints hold when the load ends.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import JSON, Table, UniqueConstraint, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import (
    AddConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
    ExecutableDDLElement,
)

from db.base import Base
from db.session import _WRITES, Database

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
    engine = database.engine.execution_options(**{_WRITES: True})
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


async def _execute(connection: AsyncConnection, statements: list[ExecutableDDLElement]) -> None:
    for statement in statements:
        await connection.execute(statement)


# Checking each link and keeping each index row by row takes PostgreSQL longer than doing so once
# for the whole table. Primary keys stay: triggers look rows up by them.


def _without_checks() -> list[ExecutableDDLElement]:
    tables = Base.metadata.sorted_tables
    return [
        *(
            DropConstraint(link, isolate_from_table=False)
            for table in tables
            for link in table.foreign_key_constraints
        ),
        *(
            DropConstraint(unique, isolate_from_table=False)
            for table in tables
            for unique in _uniques(table)
        ),
        *(DropIndex(index) for table in tables for index in table.indexes),
    ]


def _with_checks() -> list[ExecutableDDLElement]:
    tables = Base.metadata.sorted_tables
    return [
        *(CreateIndex(index) for table in tables for index in table.indexes),
        *(
            AddConstraint(unique, isolate_from_table=False)
            for table in tables
            for unique in _uniques(table)
        ),
        *(
            AddConstraint(link, isolate_from_table=False)
            for table in tables
            for link in table.foreign_key_constraints
        ),
    ]


def _uniques(table: Table) -> list[UniqueConstraint]:
    return [c for c in table.constraints if isinstance(c, UniqueConstraint)]
