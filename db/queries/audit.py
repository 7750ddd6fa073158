"""The audit log: filtered pages."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import cast

from sqlalchemy import ColumnElement

from db.enums import AuditAction
from db.keyset import Collection
from db.models import AnyAuditEntry, AuditEntry
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


def _log(entry: type[AuditEntry]) -> Collection[AuditEntry, AuditFilter]:
    def conditions(filter: AuditFilter) -> list[ColumnElement[bool]]:
        return [
            *one_of(entry.action, filter.actions),
            *one_of(entry.actor, None if filter.actor is None else (filter.actor,)),
            *filter.occurred.bounds(entry.occurred_at),
            *one_of(entry.tenant_id, filter.tenant_ids),
        ]

    return Collection(entry, entry.id, {AuditSortField.OCCURRED_AT: entry.occurred_at}, conditions)


AUDIT_LOG = replace(_log(AuditEntry), for_carrier=_log(cast("type[AuditEntry]", AnyAuditEntry)))
