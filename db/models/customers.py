"""Customers and prospects, and the sites they use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    Base,
    ByColumn,
    TenantOwned,
    found_by_id,
    link,
    numbered,
    owned_by_tenant,
    trigram_index,
)
from db.enums import CustomerKind
from db.ids import new_id
from db.types import closed_set


class Address:
    """A postal address; every part may be unknown."""

    street: Mapped[str | None]
    house_number: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    country: Mapped[str | None]
    """ISO 3166-1 alpha-2."""


class Customer(Address, TenantOwned, Base):
    __tablename__ = "customers"
    of_customer = ByColumn("id")

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    kind: Mapped[CustomerKind] = mapped_column(closed_set(CustomerKind))
    name: Mapped[str]
    email: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    search_customers: Mapped[str]
    """The search text (`db.search`)."""

    __table_args__ = (
        owned_by_tenant(),
        *numbered(),
        found_by_id(),
        Index(None, "root_tenant_id", "name", "id"),
        Index(None, "tenant_id", "root_tenant_id", "name", "id"),
        Index(None, "root_tenant_id", "created_at", "id"),
        trigram_index("customers", "search_customers"),
    )


class Site(Address, TenantOwned, Base):
    """A location where a customer uses products."""

    __tablename__ = "sites"
    of_customer = ByColumn("customer_id")

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[UUID]
    number: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        owned_by_tenant(),
        link("customer_id", "customers"),
        found_by_id(),
        UniqueConstraint("customer_id", "root_tenant_id", "number"),
        Index(None, "tenant_id", "root_tenant_id", "number", "id"),
    )
