"""How the audit log is filtered and sorted."""

import strawberry

from db.queries import audit as queries
from resolvers import lookups
from resolvers.context import Context
from resolvers.text import optional_text
from schema.audit_entry import AuditEntry
from schema.connection import Connection
from schema.enums import AuditAction, AuditSortField, Direction
from schema.filters.ranges import DateTimeRange, instants, members
from schema.listing import Listing


@strawberry.input(
    description="Conditions on entries of the audit log; an entry must meet all that are given."
)
class AuditFilter:
    actions: list[AuditAction] | None = strawberry.field(
        default=None, description="One of these actions."
    )
    actor: str | None = strawberry.field(
        default=None, description="By this actor: the whole of `actor`."
    )
    occurred: DateTimeRange | None = strawberry.field(
        default=None, description="Happened in this range."
    )
    tenant: str | None = strawberry.field(
        default=None, description="About the tenant with this number, or one below it."
    )


@strawberry.input(description="An order of entries of the audit log.")
class AuditSort:
    field: AuditSortField = strawberry.field(
        default=AuditSortField.OCCURRED_AT, description="By what."
    )
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


AuditEntryConnection = Connection[AuditEntry]


async def to_audit_filter(context: Context, given: AuditFilter | None) -> queries.AuditFilter:
    if given is None:
        return queries.AuditFilter()
    return queries.AuditFilter(
        actions=members(given.actions),
        actor=optional_text("actor", given.actor),
        occurred=instants(given.occurred),
        tenant_ids=await lookups.tenant_ids(context, given.tenant),
    )


AUDIT_LOG = Listing(
    queries.AUDIT_LOG,
    AuditFilter,
    to_audit_filter,
    AuditSort,
    (queries.AuditSortField.OCCURRED_AT, Direction.DESC),
    "the newest first",
)
