"""Marks that something has changed: what a reader compares to know that nothing has.

Triggers write them (`db.changes.triggers`), in the transaction that makes the change, so a snapshot
holds the marks of exactly the changes that it shows.
"""

from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, ByColumn, TenantOwned
from db.ids import new_id

WHOLE_TREE = 0
"""In the place of a tenant: the mark is about all tenants of a tree. No tenant has this id."""
EVERY_CUSTOMER = UUID(int=0)
"""In the place of a customer: the mark is about all of a tenant."""


class ChangeToken(TenantOwned, Base):
    """The last change of a whole tree, of one of its tenants, or of one customer.

    Each of these has as many rows as there were writers at once, since none waits for another;
    something has changed if one of them has. It has no links: a mark outlives what it is about.
    """

    __tablename__ = "change_marks"
    of_customer = ByColumn("customer_id")

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[UUID]
    change: Mapped[UUID]
    """Random, and another one in each transaction: it neither counts nor repeats, not even in a
    database that was put back to what it was before."""

    __table_args__ = (Index(None, "root_tenant_id", "tenant_id", "customer_id"),)


class CatalogueToken(Base):
    """The last change of what everybody sees: the catalogue, and the database as a whole."""

    __tablename__ = "catalogue_marks"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    change: Mapped[UUID]
