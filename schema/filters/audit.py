"""How the audit log is filtered and sorted."""

from enum import Enum

import strawberry

from db.conditions import equals, one_of, within
from db.models import AuditEntry
from db.queries import lists
from schema.enums import AuditAction, Direction
from schema.filters.numbers import of_tenant
from schema.filters.ranges import DateTimeRange
from schema.inputs import ServedBy, condition, sort_by
from schema.listing import Listing


@strawberry.input(
    description="Conditions on entries of the audit log. An entry must meet all conditions "
    "that are set."
)
class AuditFilter:
    actions: list[AuditAction] | None = condition(
        one_of(AuditEntry.action),
        "Entries that record one of these actions.",
        served_by=ServedBy.ORDER,
    )
    actor: str | None = condition(
        equals(AuditEntry.actor),
        "Entries whose `actor` is this text. The whole text must match.",
        served_by=ServedBy.SCAN,
    )
    occurred: DateTimeRange | None = condition(
        within(AuditEntry.occurred_at), "Entries whose `occurredAt` is in this range."
    )
    tenant: str | None = of_tenant(
        AuditEntry.tenant_id,
        'Entries that concern the tenant with this number, or a tenant below it: "M-10001".',
    )


@strawberry.enum(description="The fields that entries of the audit log can be sorted by.")
class AuditSortField(Enum):
    OCCURRED_AT = sort_by(AuditEntry.occurred_at, "By `occurredAt`.")


AUDIT_LOG = Listing(
    lists.AUDIT_LOG,
    "entries of the audit log",
    AuditFilter,
    AuditSortField,
    (AuditSortField.OCCURRED_AT, Direction.DESC),
    "the newest first",
)
