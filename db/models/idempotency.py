"""Keys by which a repeated mutation is recognised."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantOwned, owned_by_tenant


class IdempotencyKey(TenantOwned, Base):
    """A key that an account has used, and what came of the request.

    It is added first in the transaction of the mutation: a second request with the key waits until
    the first has committed or failed. A key without an object was never committed.
    """

    __tablename__ = "idempotency_keys"
    of_customer = None

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The id of the API client or portal user. `tenant_id` is the tenant that it acted for."""
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the mutation's name and its input without the key."""
    object_kind: Mapped[str | None] = mapped_column(String(40))
    """The table of the object that was made or changed."""
    object_id: Mapped[UUID | None]
    object_position: Mapped[int | None]
    """If the object is a part of `object_id`, its position."""
    created_at: Mapped[datetime]

    __table_args__ = (
        owned_by_tenant(),
        Index(None, "root_tenant_id", "created_at"),
    )
