"""The audit log: changes of credentials, failed sign-ins, and reads by the carrier's support."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, String, Subquery, literal, select, union_all
from sqlalchemy.orm import Mapped, mapped_column, registry

from db.base import Base, TenantOwned, owned_by_tenant
from db.enums import AuditAction, AuditActor
from db.ids import new_id
from db.types import Json, closed_set


class AuditColumns:
    """What an entry says. The log is append-only (`db.immutability`)."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
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


class AuditEntry(AuditColumns, TenantOwned, Base):
    """An entry about a tenant, which the partner sees."""

    __tablename__ = "audit_entries"
    of_customer = None

    __table_args__ = (
        owned_by_tenant(),
        Index(None, "root_tenant_id", "occurred_at", "id"),
        Index(None, "tenant_id", "root_tenant_id", "occurred_at", "id"),
        Index(None, "occurred_at", "id"),
    )


class CarrierAuditEntry(AuditColumns, Base):
    """An entry about no tenant. Only the carrier's role reads this table."""

    __tablename__ = "carrier_audit_entries"

    __table_args__ = (Index(None, "occurred_at", "id"),)


class AnyAuditEntry(AuditColumns):
    """An entry of either table, for reading in the carrier's scope.

    No other scope can read it: the check of SQL finds its tables without the scope's condition.
    """

    root_tenant_id: Mapped[int | None]
    tenant_id: Mapped[int | None]
    """None for an entry about no tenant."""


def _both_tables() -> Subquery:
    none = literal(None, Integer())
    names = [column.name for column in CarrierAuditEntry.__table__.columns]
    owned, carriers = AuditEntry.__table__.c, CarrierAuditEntry.__table__.c
    return union_all(
        select(owned.root_tenant_id, owned.tenant_id, *(owned[name] for name in names)),
        select(none, none, *(carriers[name] for name in names)),
    ).subquery("audit_log")


_log = _both_tables()
# In a registry of its own, since it has no table.
registry().map_imperatively(AnyAuditEntry, _log, primary_key=[_log.c.id])
