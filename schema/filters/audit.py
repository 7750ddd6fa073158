"""How the audit log is filtered and sorted."""

import strawberry

from db.queries import audit as queries
from resolvers import lookups
from resolvers.context import Context
from resolvers.text import optional_text
from schema.enums import AuditAction, AuditSortField, Direction
from schema.fields import condition
from schema.filters.ranges import DateTimeRange, instants, members
from schema.listing import Listing


@strawberry.input(
    description="Conditions on entries of the audit log. An entry must meet all conditions "
    "that are set."
)
class AuditFilter:
    actions: list[AuditAction] | None = condition("Entries that record one of these actions.")
    actor: str | None = condition("Entries whose `actor` is this text. The whole text must match.")
    occurred: DateTimeRange | None = condition("Entries whose `occurredAt` is in this range.")
    tenant: str | None = condition(
        'Entries that concern the tenant with this number, or a tenant below it: "M-10001".'
    )


@strawberry.input(description="How to sort entries of the audit log.")
class AuditSort:
    field: AuditSortField = strawberry.field(
        default=AuditSortField.OCCURRED_AT, description="Field to sort by."
    )
    direction: Direction = strawberry.field(default=Direction.DESC, description="Sort direction.")


async def to_audit_filter(context: Context, filter: AuditFilter | None) -> queries.AuditFilter:
    if filter is None:
        return queries.AuditFilter()
    return queries.AuditFilter(
        actions=members(filter.actions),
        actor=optional_text("actor", filter.actor),
        occurred=instants(filter.occurred),
        tenant_ids=await lookups.tenant_ids(context, filter.tenant),
    )


AUDIT_LOG = Listing(
    queries.AUDIT_LOG,
    AuditFilter,
    to_audit_filter,
    AuditSort,
    (queries.AuditSortField.OCCURRED_AT, Direction.DESC),
    "the newest first",
)
