"""Audits what the carrier's support reads: no answer leaves before its entries are written.

Each tenant whose rows were read gets an entry of its own, which the partner sees. Aggregates over
rows of several tenants are one entry for all tenants in scope.
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auth import audit
from auth.principal import Principal, PrincipalKind
from auth.tenant_scope import SYSTEM_SCOPE
from db.enums import AuditAction
from db.models import Tenant
from db.read_audit import ReadAudit
from db.session import Database

HEADER = "X-On-Behalf-Of"
"""The person on whose behalf a tool of support asks."""
LONGEST_NAME = 200


class UnnamedPersonError(Exception):
    """Support did not name the person it asks for. The message is for the client."""


def person(principal: Principal, header: str | None) -> str | None:
    """The person that support asks for; None for other principals. Raises UnnamedPersonError."""
    if principal.kind is not PrincipalKind.SUPPORT:
        return None
    name = (header or "").strip()
    if not name:
        raise UnnamedPersonError(
            f"Support must name the person on whose behalf it asks: send {HEADER}."
        )
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise UnnamedPersonError(f"{HEADER} must be at most {LONGEST_NAME} printable characters.")
    return name


async def record_reads(
    database: Database,
    principal: Principal,
    reads: ReadAudit,
    *,
    on_behalf_of: str | None,
    operation: str | None,
    document: str,
    request_id: str | None,
    at: datetime,
) -> None:
    """Record what an operation has read. Await it before the answer is sent."""
    by = audit.Actor.of(principal, on_behalf_of)
    details: dict[str, Any] = {
        "operation": operation,
        "document": hashlib.sha256(document.encode()).hexdigest(),
    }
    async with database.write(SYSTEM_SCOPE) as session:
        tenants = await session.rows(
            select(Tenant.id, Tenant.root_tenant_id).where(Tenant.id.in_(sorted(reads.tenants)))
        )
        entries = [((tenant_id, root), details) for tenant_id, root in tenants]
        if reads.aggregates and principal.tenant_id not in reads.tenants:
            in_scope = principal.tenant_id, principal.tenant_scope.root_tenant_id
            entries.append((in_scope, {**details, "aggregates": True}))
        session.add(
            *(
                audit.entry(
                    AuditAction.DATA_READ,
                    by=by,
                    at=at,
                    owner=owner,
                    request_id=request_id,
                    details=entry_details,
                )
                for owner, entry_details in entries
            )
        )
