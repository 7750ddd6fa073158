"""The audit log: who did what about credentials, and who of the carrier's staff read whose data."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantOwned, owned_by_tenant
from db.enums import AuditAction, AuditActor
from db.ids import new_id
from db.types import Json, closed_set


class AuditEntry(TenantOwned, Base):
    """Append-only (`db.immutability`). A partner sees those that concern its tenants; without a
    tenant an entry is the carrier's alone: no condition on the tenant, and no policy, lets it
    through."""

    __tablename__ = "audit_entries"
    of_customer = None

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id = mapped_column(Integer, nullable=True)
    root_tenant_id = mapped_column(Integer, nullable=True)
    occurred_at: Mapped[datetime]
    action: Mapped[AuditAction] = mapped_column(closed_set(AuditAction))
    actor_kind: Mapped[AuditActor] = mapped_column(closed_set(AuditActor))
    actor: Mapped[str]
    """As logs call it: it names no person."""
    credential: Mapped[str | None] = mapped_column(String(64))
    """The public part of what the actor came with."""
    on_behalf_of: Mapped[str | None] = mapped_column(String(200))
    """The person, as the tool that asked has named them."""
    subject: Mapped[str | None]
    """What it was done to: the public part of a credential, say."""
    request_id: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    """Nothing secret, and no content of any document."""

    __table_args__ = (
        owned_by_tenant(),
        CheckConstraint("(tenant_id IS NULL) = (root_tenant_id IS NULL)", name="owner_whole"),
        Index(None, "root_tenant_id", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
        Index(None, "occurred_at", "id"),
    )
