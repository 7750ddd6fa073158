"""What the carrier's support reads is written down: no answer leaves without its entries.

Each tenant whose rows were read gets an entry of its own, so that the partner sees it. What does
not tell whose it is, like a sum over many, is one entry about all that could be seen.
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auth import audit
from auth.clients import BEFORE_ANYBODY_IS_KNOWN
from auth.principal import Principal, PrincipalKind
from db.enums import AuditAction
from db.models import Tenant
from db.read_audit import ReadAudit
from db.session import Database

HEADER = "X-On-Behalf-Of"
"""The person for whom a tool of support asks."""
LONGEST_NAME = 200


class UnnamedPersonError(Exception):
    """Support asks without saying for whom; the message is for the client."""


def person(principal: Principal, named: str | None) -> str | None:
    """For whom it is asked: needed of support, and nobody else's business."""
    if principal.kind is not PrincipalKind.SUPPORT:
        return None
    name = (named or "").strip()
    if not name:
        raise UnnamedPersonError(f"Support must name the person who asks: send {HEADER}.")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise UnnamedPersonError(
            f"{HEADER} must be up to {LONGEST_NAME} characters that can be printed."
        )
    return name


async def record_reads(
    database: Database,
    principal: Principal,
    read_audit: ReadAudit,
    *,
    on_behalf_of: str | None,
    operation: str | None,
    document: str,
    request_id: str | None,
    at: datetime,
) -> None:
    """Write down what an operation has read, before anybody is told of it."""
    by = audit.Actor.of(principal, on_behalf_of)
    details: dict[str, Any] = {
        "operation": operation,
        "document": hashlib.sha256(document.encode()).hexdigest(),
    }
    async with database.write(BEFORE_ANYBODY_IS_KNOWN) as session:
        owners = await session.rows(
            select(Tenant.id, Tenant.root_tenant_id).where(
                Tenant.id.in_(sorted(read_audit.tenants))
            )
        )
        read = [((tenant_id, root), details) for tenant_id, root in owners]
        if read_audit.aggregates and principal.tenant_id not in read_audit.tenants:
            everything = principal.tenant_id, principal.scope.root_tenant_id
            read.append((everything, {**details, "aggregates": True}))
        session.add(
            *(
                audit.entry(
                    AuditAction.DATA_READ,
                    by=by,
                    at=at,
                    owner=owner,
                    request_id=request_id,
                    details=said,
                )
                for owner, said in read
            )
        )
