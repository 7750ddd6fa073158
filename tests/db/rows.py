"""Rows of any table, built from the metadata, with values for all required columns."""

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Constraint,
    Date,
    Enum,
    ForeignKeyConstraint,
    Integer,
    Table,
    Uuid,
    insert,
    inspect,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from db.base import ByColumn, ByParent
from db.ids import new_id
from db.models import Base, TenantOwned
from db.scope.roles import Roles, quoted
from db.types import Amount, Instant

Row = dict[str, Any]

NOW: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
TABLES: Final[dict[str, Table]] = dict(Base.metadata.tables)
MODELS: Final[dict[str, type[Base]]] = {
    mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers
}
OWNED: Final = sorted(name for name, model in MODELS.items() if issubclass(model, TenantOwned))

_numbers = itertools.count(1)
_tenant_ids = itertools.count(1000)


def constraints(table: Table) -> list[Constraint]:
    """The constraints of a table, in the same order in every process."""
    return sorted(table.constraints, key=lambda constraint: str(constraint.name))


def links(table: Table) -> list[ForeignKeyConstraint]:
    """The foreign keys from a table to tables owned by tenants."""
    keys = sorted(table.foreign_key_constraints, key=lambda key: str(key.name))
    return [key for key in keys if key.referred_table.name in OWNED]


def columns_of(key: ForeignKeyConstraint) -> dict[str, str]:
    """The columns of a foreign key by the columns they refer to, except the owner's."""
    return {
        element.column.name: element.parent.name
        for element in key.elements
        if element.parent.name not in {"tenant_id", "root_tenant_id"}
    }


def keys_of(model: Any) -> InstrumentedAttribute[Any]:
    """A column whose values differ between rows of different owners."""
    mapper = inspect(model).mapper
    if mapper.local_table.description == "tenants":
        return model.public_id  # type: ignore[no-any-return]
    name = next(c.key for c in mapper.local_table.primary_key if isinstance(c.type, Uuid))
    attribute: InstrumentedAttribute[Any] = getattr(model, name)
    return attribute


def identity(model: Any, row: Any) -> Any:
    """The value of the column `keys_of` in an entity or a dict."""
    name = keys_of(model).key
    return row[name] if isinstance(row, dict) else getattr(row, name)


def sample(column: "Column[Any]") -> Any:  # noqa: PLR0911 - one line a type
    """A valid value for a column; a new one each time if the type has many."""
    kind = column.type
    if isinstance(kind, Enum):
        assert kind.enum_class is not None
        return next(iter(kind.enum_class))
    if isinstance(kind, Uuid):
        return new_id()
    if isinstance(kind, JSON):
        return []
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Instant):
        return NOW
    if isinstance(kind, Date):
        return date(2026, 11, 24)
    if isinstance(kind, Amount):
        return Decimal("1.50")
    if isinstance(kind, Integer):
        return 1
    return "de" if column.name == "language" else f"{column.name} {next(_numbers)}"


async def as_carrier(connection: AsyncConnection) -> AsyncConnection:
    """Let the transaction of a connection see every row, as the carrier's sessions do."""
    if connection.dialect.name == "postgresql":
        owner = await connection.scalar(text("SELECT current_user"))
        assert owner is not None
        await connection.execute(text(f"SET LOCAL ROLE {quoted(Roles(owner).carrier)}"))
    return connection


async def add(connection: AsyncConnection, table: str, tenant: Row, **values: Any) -> Row:
    """Insert a row of the tenant, and rows that it must refer to; returns the row."""
    row = await complete(connection, table, tenant, **values)
    await connection.execute(insert(TABLES[table]).values(row))
    return row


async def add_of_customer(
    connection: AsyncConnection, table: str, tenant: Row, customer: Row
) -> Row:
    """Insert a row that belongs to a customer of the tenant; returns the row."""
    model: Any = MODELS[table]
    match model.of_customer:
        case ByColumn("id"):
            return customer
        case ByColumn(column):
            return await add(connection, table, tenant, **{column: customer["id"]})
        case ByParent(column, parent_table):
            pass
        case None if "order_id" not in TABLES[table].columns:
            # The table has no relation to a customer.
            return await add(connection, table, tenant)
        case None:
            column, parent_table = "order_id", "orders"
    parent = await add_of_customer(connection, parent_table, tenant, customer)
    return await add(connection, table, tenant, **{column: parent["id"]})


async def complete(connection: AsyncConnection, table: str, tenant: Row, **values: Any) -> Row:
    """A row ready to insert. Inserts the rows that it must refer to."""
    if table == "tenants":
        return tenant_row(next(_tenant_ids)) | values
    row = dict(values)
    if table in OWNED or table == "portal_subjects":
        row = {"tenant_id": tenant["id"], "root_tenant_id": tenant["root_tenant_id"], **row}
    if table == "api_clients":
        row = {"tenant_id": tenant["id"], **row}
    if table == "credentials":
        row = {"secret_hash": "hash", **row}
    required = [c for c in TABLES[table].columns if not c.nullable and c.computed is None]
    for column in required:
        if column.name in row:
            continue
        parents = [f.column for f in column.foreign_keys if f.column.table.name != table]
        if parents:
            # A column can be part of several foreign keys: prefer the one to an order.
            parent = min(parents, key=lambda parent: parent.table.name != "orders")
            row[column.name] = (await add(connection, parent.table.name, tenant))[parent.name]
        else:
            row[column.name] = sample(column)
    return row


async def add_tenant(connection: AsyncConnection, id_: int, parent: Row | None = None) -> Row:
    """Insert a partner, or a sub-tenant of `parent`."""
    row = tenant_row(id_, parent)
    await connection.execute(insert(TABLES["tenants"]).values(row))
    return row


def tenant_row(id_: int, parent: Row | None = None) -> Row:
    """The row of a partner, or of a sub-tenant of `parent`."""
    return {
        "id": id_,
        "root_tenant_id": parent["root_tenant_id"] if parent else id_,
        "parent_id": parent["id"] if parent else None,
        "public_id": new_id(),
        "number": f"T{id_}",
        "name": f"Partner {id_}",
        "created_at": NOW,
    }
