"""What the carrier's systems reported about an order: each message once, and those that failed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantOwned, link, owned_by_tenant
from db.types import Json


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


class IntakeFailure(Base):
    """A message that the program failed to take in, and is not to blame for it.

    Not owned by a tenant: often nothing in it has been resolved to one. Only the carrier's role
    reads this table.
    """

    __tablename__ = "intake_failures"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the canonical JSON."""
    tenant_number: Mapped[str] = mapped_column(primary_key=True)
    """The tenant that the sender named (`X-Tenant`, `--tenant`); empty if it named none."""
    reach: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """`rootTenantId` and `tenantIds` of the sender's scope; null for every tenant."""
    order_number: Mapped[str]
    kind: Mapped[str]
    """The message's `@type`."""
    event_id: Mapped[str | None]
    payload: Mapped[str]
    """The message as JSON text: every name, value and digit of it, in its order."""
    attempts: Mapped[int]
    first_failed_at: Mapped[datetime]
    last_failed_at: Mapped[datetime]
    error: Mapped[str]
    """Traceback of the last attempt, without the parameters of SQL statements."""
    put_aside_at: Mapped[datetime | None]
    """Since when further copies are no longer tried; null while attempts are counted."""

    __table_args__ = (Index(None, "first_failed_at"),)
