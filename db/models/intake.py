"""What the carrier's systems reported about an order: each message once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantOwned, link, owned_by_tenant


class IntakeMessage(TenantOwned, Base):
    """A message that was taken in, known by the digest of its content."""

    __tablename__ = "intake_messages"
    of_customer = None
    """What the carrier's systems said is not for customers."""

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the canonical JSON."""
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """The message's `@type`."""
    event_id: Mapped[str | None]
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime]

    __table_args__ = (
        owned_by_tenant(),
        link("order_id", "orders"),
        Index(None, "order_id", "kind", "occurred_at"),
    )
