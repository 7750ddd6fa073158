"""The audit log: changes of credentials, failed sign-ins, and reads by the carrier's support."""

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
    """An entry of the audit log, which is append-only (`db.immutability`).

    A partner sees the entries about its tenants. An entry without a tenant is visible to the
    carrier alone: it matches no criteria and no policy of a partner.
    """

    __tablename__ = "audit_entries"
    of_customer = None

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id = mapped_column(Integer, nullable=True)
    root_tenant_id = mapped_column(Integer, nullable=True)
    occurred_at: Mapped[datetime]
    action: Mapped[AuditAction] = mapped_column(closed_set(AuditAction))
    actor_kind: Mapped[AuditActor] = mapped_column(closed_set(AuditActor))
    actor: Mapped[str]
    """As in logs (`auth.log_names`); never the name of a person."""
    credential: Mapped[str | None] = mapped_column(String(64))
    """The public part of the actor's credential."""
    on_behalf_of: Mapped[str | None] = mapped_column(String(200))
    """The person, as named by the support tool."""
    subject: Mapped[str | None]
    """What was changed, such as the public part of a credential."""
    request_id: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    """Never secrets or contents of documents."""

    __table_args__ = (
        owned_by_tenant(),
        CheckConstraint("(tenant_id IS NULL) = (root_tenant_id IS NULL)", name="owner_whole"),
        Index(None, "root_tenant_id", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
        Index(None, "occurred_at", "id"),
    )
