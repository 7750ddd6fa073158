"""Messages of the carrier's systems about orders: accepted ones, and those that failed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantOwned, link, owned_by_tenant
from db.types import Json


class IntakeMessage(TenantOwned, Base):
    """An accepted message, identified by the digest of its content."""

    __tablename__ = "intake_messages"
    of_customer = None
    """Customers do not see messages of the carrier's systems."""

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the canonical JSON."""
    text_digest: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of its JSON text in a file; null if it came otherwise."""
    kind: Mapped[str]
    """The message's `@type`."""
    event_id: Mapped[str | None]
    named_tenant: Mapped[str | None]
    """The number of the tenant that the message itself names. The order may be another one's, if
    the sender named that tenant."""
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime]

    __table_args__ = (
        owned_by_tenant(),
        link("order_id", "orders"),
        Index(None, "digest"),
        Index(None, "text_digest"),
    )


class IntakeFailure(Base):
    """A message that the program failed to process through no fault of the message.

    No tenant owns it, since its tenant is often unknown. Only the carrier's role reads this table.
    """

    __tablename__ = "intake_failures"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the canonical JSON."""
    tenant_number: Mapped[str] = mapped_column(primary_key=True)
    """The tenant named by the sender (`X-Tenant`, `--tenant`); empty if none."""
    sender_scope: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """`rootTenantId` and `tenantIds` of the sender's scope; null for every tenant."""
    order_number: Mapped[str]
    kind: Mapped[str]
    """The message's `@type`."""
    event_id: Mapped[str | None]
    payload: Mapped[str]
    """The message as JSON text, with all names, digits and their order unchanged."""
    attempts: Mapped[int]
    first_failed_at: Mapped[datetime]
    last_failed_at: Mapped[datetime]
    error: Mapped[str]
    """Traceback of the last attempt, without the parameters of SQL statements."""
    put_aside_at: Mapped[datetime | None]
    """When processing was given up; null while further attempts are made."""

    __table_args__ = (Index(None, "first_failed_at"),)
