"""What every table shares: names of constraints, an owner, links that stay within the tenant."""

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
    Uuid,
    and_,
    column,
    exists,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

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
    """The row itself names the customer to whom it belongs."""

    column: str


@dataclass(frozen=True)
class ByParent:
    """The row is a part of another one, which has the column `customer_id`."""

    column: str
    table: str


OfCustomer = ByColumn | ByParent | None
"""Which rows are a customer's own. None: no customer sees any."""


class TenantOwned:
    """A row that belongs to one tenant, and to the partner at the root of that tenant's tree.

    A session adds its scope to every statement that touches such a table (`db.session`). A model
    says in `of_customer` which of its rows are a single customer's; without, it cannot be defined.
    """

    of_customer: ClassVar[OfCustomer]

    tenant_id: Mapped[int] = mapped_column(Integer)
    root_tenant_id: Mapped[int] = mapped_column(Integer)

    def __init_subclass__(cls, **arguments: Any) -> None:
        if "__tablename__" in cls.__dict__ and not hasattr(cls, "of_customer"):
            raise TypeError(f"{cls.__name__} does not say which rows are a customer's: of_customer")
        super().__init_subclass__(**arguments)

    @classmethod
    def rows_of_customer(cls, root: int, customer: UUID) -> ColumnElement[bool]:
        """The condition that a row is one customer's own. Asked of an alias, it is the alias's.

        The tenant is not repeated: a customer has one, and the planner, which does not know that,
        would expect too few rows to read them in order.
        """
        in_tree = cls.root_tenant_id == root
        rule = getattr(cls, "of_customer", _UNKNOWN)
        if rule is None:
            # Never so. A plain "false" would swallow the rest, which the guard looks for.
            return and_(in_tree, cls.tenant_id.is_(None))
        if rule is _UNKNOWN:
            # Asked once of this class itself, to learn which values there are.
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
    """Ties `tenant_id` to a tenant of the tree that `root_tenant_id` names."""
    return ForeignKeyConstraint(
        ["tenant_id", "root_tenant_id"], ["tenants.id", "tenants.root_tenant_id"]
    )


def link(column: str, table: str) -> ForeignKeyConstraint:
    """A reference that cannot leave the tenant: `(column, tenant_id)` → `table (id, tenant_id)`."""
    return ForeignKeyConstraint([column, "tenant_id"], [f"{table}.id", f"{table}.tenant_id"])


def non_negative(*columns: str) -> list[CheckConstraint]:
    """Amounts that can never be below zero.

    On SQLite an amount is text and compares as text, where a sign also sorts before a digit.
    """
    return [CheckConstraint(f"{column} >= 0", name=f"{column}_not_negative") for column in columns]


def trigram_index(table: str, column: str = "search_text") -> Index:
    """Serves substring search on PostgreSQL; SQLite reads the rows in scope."""
    return Index(
        f"ix_{table}_{column}",
        column,
        postgresql_using="gin",
        postgresql_ops={column: "gin_trgm_ops"},
    ).ddl_if(dialect="postgresql")
