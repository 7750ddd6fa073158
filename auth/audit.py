"""Writes the audit log, in the transaction that an entry reports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auth.principal import Principal
from db.enums import AuditAction, AuditActor
from db.models import AuditEntry, CarrierAuditEntry, Tenant
from db.session import WriteSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did something."""

    kind: AuditActor
    name: str
    credential: str | None = None
    on_behalf_of: str | None = None

    @classmethod
    def of(cls, principal: Principal, on_behalf_of: str | None = None) -> "Actor":
        return cls(
            kind=AuditActor(principal.kind),
            name=principal.account,
            credential=principal.token_id,
            on_behalf_of=on_behalf_of,
        )


OPERATOR = Actor(kind=AuditActor.OPERATOR, name="partnergraph")
"""An operator at the command line, who has the database's URL and no principal."""
SERVER = Actor(kind=AuditActor.SERVER, name="server")
"""A worker that acts on its own."""
UNKNOWN = Actor(kind=AuditActor.UNKNOWN, name="unknown")
"""Somebody who could not be authenticated."""


async def record(
    session: WriteSession,
    action: AuditAction,
    *,
    by: Actor,
    at: datetime,
    subject: str | None = None,
    tenant_id: int | None = None,
    request_id: str | None = None,
    **details: Any,
) -> None:
    """Add an entry about a tenant, or about none. It is stored if the transaction commits."""
    root = None
    if tenant_id is not None:
        root = await session.scalar(select(Tenant.root_tenant_id).where(Tenant.id == tenant_id))
    session.add(
        entry(
            action,
            by=by,
            at=at,
            subject=subject,
            owner=(tenant_id, root),
            request_id=request_id,
            details=details,
        )
    )


async def record_operation(
    session: WriteSession,
    action: AuditAction,
    subject: str,
    tenant_id: int | None,
    at: datetime,
    **details: Any,
) -> None:
    """Add an entry about something that an operator did."""
    await record(
        session, action, by=OPERATOR, at=at, subject=subject, tenant_id=tenant_id, **details
    )


def entry(
    action: AuditAction,
    *,
    by: Actor,
    at: datetime,
    owner: tuple[int | None, int | None],
    details: dict[str, Any],
    subject: str | None = None,
    request_id: str | None = None,
) -> AuditEntry | CarrierAuditEntry:
    """An entry. `owner` is a tenant and the root of its tree, or both None."""
    tenant_id, root = owner
    columns: dict[str, Any] = {
        "occurred_at": at,
        "action": action,
        "actor_kind": by.kind,
        "actor": by.name,
        "credential": by.credential,
        "on_behalf_of": by.on_behalf_of,
        "subject": subject,
        "request_id": request_id,
        "details": details,
    }
    if tenant_id is None:
        return CarrierAuditEntry(**columns)
    return AuditEntry(tenant_id=tenant_id, root_tenant_id=root, **columns)
