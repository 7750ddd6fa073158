"""Shared by all models: names of constraints, owners and keys of rows, links within a tenant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    UniqueConstraint,
    Uuid,
    and_,
    column,
    exists,
)
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, mapped_column

from db.types import Amount, Instant


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant(),
        date: Date(),
        Decimal: Amount(),
        UUID: Uuid(),
    }


@dataclass(frozen=True)
class ByColumn:
    """A column of the row holds the customer's id."""

    column: str


@dataclass(frozen=True)
class ByParent:
    """The row belongs to a parent row, by its id, which has the column `customer_id`."""

    column: str
    table: str


OfCustomer = ByColumn | ByParent | None
"""How to find the customer of a row. None: no customer sees any row."""


class TenantOwned:
    """A row owned by one tenant, and by the partner at the root of the tenant's tree.

    Sessions add their scope to every statement on such a table (`db.scope`). A model must define
    `of_customer`, which tells the rows of a single customer.

    The primary key begins with the root, so the rows of a partner are adjacent in it, and ends with
    the tenant, so that links cannot leave the tenant. Every unique constraint and every link
    contains the root too: a partner's rows need no other partner's (`docs/beyond-one-database.md`).
    """

    of_customer: ClassVar[OfCustomer]

    # The order of the columns is that of the primary key.
    root_tenant_id: Mapped[int] = mapped_column(Integer, primary_key=True, sort_order=-1)
    tenant_id: Mapped[int] = mapped_column(Integer, primary_key=True, sort_order=1)

    def __init_subclass__(cls, **arguments: Any) -> None:
        if "__tablename__" in cls.__dict__ and not hasattr(cls, "of_customer"):
            raise TypeError(f"{cls.__name__} does not define of_customer")
        super().__init_subclass__(**arguments)

    @classmethod
    def rows_of_customer(cls, root: int, customer: UUID) -> ColumnElement[bool]:
        """The condition that a row belongs to a customer. On an alias, a condition on the alias.

        It does not name the tenant, which the customer implies: the planner does not know that,
        and would expect too few rows to read them in order.
        """
        in_tree = cls.root_tenant_id == root
        rule = getattr(cls, "of_customer", _UNKNOWN)
        if rule is None:
            # Always false. A literal "false" would remove the rest, which the SQL check requires.
            return and_(in_tree, cls.tenant_id.is_(None))
        if rule is _UNKNOWN:
            # SQLAlchemy calls it once on the mixin itself, to find the parameters.
            return and_(in_tree, column("customer_id", Uuid()) == customer)
        if isinstance(rule, ByColumn):
            return and_(in_tree, getattr(cls, rule.column) == customer)
        parent = Base.metadata.tables[rule.table].alias()
        return and_(
            in_tree,
            exists().where(
                parent.c.id == getattr(cls, rule.column),
                parent.c.tenant_id == cls.tenant_id,
                parent.c.root_tenant_id == root,
                parent.c.customer_id == customer,
            ),
        )


_UNKNOWN: Any = object()


def owned_by_tenant() -> ForeignKeyConstraint:
    """References the tenant `tenant_id` in the tree `root_tenant_id`."""
    return ForeignKeyConstraint(
        ["tenant_id", "root_tenant_id"], ["tenants.id", "tenants.root_tenant_id"]
    )


def link(column: str, table: str) -> ForeignKeyConstraint:
    """A reference within the tenant, to the row of `table` whose `id` is in `column`.

    Statements that follow it join by `linked`.
    """
    return composite_link({column: "id"}, table)


def composite_link(columns: Mapping[str, str], table: str) -> ForeignKeyConstraint:
    """A reference within the tenant, by several columns: own columns by those of `table`."""
    pairs = {"root_tenant_id": "root_tenant_id", **columns, "tenant_id": "tenant_id"}
    return ForeignKeyConstraint([*pairs], [f"{table}.{column}" for column in pairs.values()])


def linked(column: InstrumentedAttribute[Any], parent: Any) -> ColumnElement[bool]:
    """The condition that a row refers to a row of `parent`, a model or an alias, in `column`.

    It compares the root as well, since keys begin with it and rows are distributed by it. It does
    not compare the tenant, which the id implies: the planner does not know that, and would expect
    too few rows.
    """
    row = column.parent.entity
    return and_(parent.root_tenant_id == row.root_tenant_id, parent.id == column)


def numbered() -> tuple[UniqueConstraint, Index]:
    """Numbers that are unique within a tree.

    The constraint begins with the number, for look-ups by the carrier, who names no root. The index
    is for lists sorted by number.
    """
    return (
        UniqueConstraint("number", "root_tenant_id"),
        Index(None, "root_tenant_id", "number", "id"),
    )


def found_by_id() -> Index:
    """The index for look-ups by id alone, by the carrier, who names no root."""
    return Index(None, "id")


def non_negative(*columns: str) -> list[CheckConstraint]:
    """Checks that amounts are not negative.

    On SQLite an amount is text, which compares correctly since "-" sorts before digits.
    """
    return [CheckConstraint(f"{column} >= 0", name=f"{column}_not_negative") for column in columns]


def trigram_index(table: str, *columns: str) -> Index:
    """An index for substring search in each of the columns, on PostgreSQL. SQLite reads all rows in
    scope."""
    return Index(
        f"ix_{table}_search",
        *columns,
        postgresql_using="gin",
        postgresql_ops=dict.fromkeys(columns, "gin_trgm_ops"),
    ).ddl_if(dialect="postgresql")
