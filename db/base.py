"""What every table shares: names of constraints, an owner, links that stay within the tenant."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Uuid,
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


class TenantOwned:
    """A row that belongs to one tenant, and to the partner at the root of that tenant's tree.

    A session adds its scope to every statement that touches such a table (`db.session`).
    """

    tenant_id: Mapped[int] = mapped_column(Integer)
    root_tenant_id: Mapped[int] = mapped_column(Integer)


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
