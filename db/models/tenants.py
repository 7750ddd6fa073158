"""Tenants, which form trees, and the users of their portals."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, ByColumn, TenantOwned, found_by_id, link, owned_by_tenant
from db.ids import new_id


class Tenant(Base):
    """A partner, or a sub-tenant. Rows reference it by `id`; partners see its `public_id`."""

    __tablename__ = "tenants"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    public_id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    root_tenant_id: Mapped[int]
    parent_id: Mapped[int | None]
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("id", "root_tenant_id"),
        ForeignKeyConstraint(
            ["parent_id", "root_tenant_id"], ["tenants.id", "tenants.root_tenant_id"]
        ),
        CheckConstraint("(parent_id IS NULL) = (root_tenant_id = id)", name="root_has_no_parent"),
        Index(None, "root_tenant_id", "name", "public_id"),
        Index(None, "parent_id", "name", "public_id"),
    )


class PortalUser(TenantOwned, Base):
    """A person who uses the portal for the tenant, or for one of its customers.

    `PortalSubject` links them to the identity provider.
    """

    __tablename__ = "portal_users"
    of_customer = ByColumn("customer_id")

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[UUID | None]
    name: Mapped[str]
    email: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    """Since when the user may not sign in."""

    __table_args__ = (
        owned_by_tenant(),
        link("customer_id", "customers"),
        # It begins with the address, which finds a user whose tree is not yet known.
        UniqueConstraint("email", "root_tenant_id"),
        found_by_id(),
        Index(None, "customer_id"),
    )
