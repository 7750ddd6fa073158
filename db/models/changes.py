"""Change tokens: equal tokens mean that nothing has changed in between.

Triggers renew them (`db.changes.triggers`) in the transaction of the change, so a snapshot holds
the tokens of exactly the changes that it shows.
"""

from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, ByColumn, TenantOwned
from db.ids import new_id

WHOLE_TREE = 0
"""`tenant_id` of the token of a whole tree. No tenant has this id."""
EVERY_CUSTOMER = UUID(int=0)
"""`customer_id` of the token of a whole tenant."""

TRANSACTION = UUID(int=0)
"""`id` in `catalogue_tokens` of the token of the transaction in progress, on SQLite. No other
transaction sees it."""


class ChangeToken(TenantOwned, Base):
    """The last change in a tree, in one of its tenants, or of one customer.

    Each of them has as many rows as it had writers at the same time, since no writer waits for
    another. It changed if one of its rows did. No foreign keys: a token outlives its tenant.
    """

    __tablename__ = "change_tokens"
    of_customer = ByColumn("customer_id")

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[UUID]
    token: Mapped[UUID]
    """Random, new in each transaction: it counts nothing, and never repeats, not even in a
    database that was restored from a backup."""

    __table_args__ = (Index(None, "root_tenant_id", "tenant_id", "customer_id"),)


class CatalogueToken(Base):
    """The last change of the catalogue, which everybody sees, and of the database as a whole."""

    __tablename__ = "catalogue_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token: Mapped[UUID]
