"""The audit log: filtered pages."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement

from db.enums import AuditAction
from db.keyset import Collection
from db.models import AuditEntry
from db.queries.conditions import one_of
from db.queries.ranges import InstantRange


class AuditSortField(StrEnum):
    OCCURRED_AT = "OCCURRED_AT"


@dataclass(frozen=True, slots=True)
class AuditFilter:
    actions: tuple[AuditAction, ...] | None = None
    actor: str | None = None
    occurred: InstantRange = InstantRange()
    tenant_ids: tuple[int, ...] | None = None


def _conditions(filter: AuditFilter) -> list[ColumnElement[bool]]:
    return [
        *one_of(AuditEntry.action, filter.actions),
        *one_of(AuditEntry.actor, None if filter.actor is None else (filter.actor,)),
        *filter.occurred.bounds(AuditEntry.occurred_at),
        *one_of(AuditEntry.tenant_id, filter.tenant_ids),
    ]


AUDIT_LOG: Collection[AuditEntry, AuditFilter] = Collection(
    AuditEntry, AuditEntry.id, {AuditSortField.OCCURRED_AT: AuditEntry.occurred_at}, _conditions
)
