"""Records which tenants' rows a session returned, for the audit of reads by support."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, Result, Table
from sqlalchemy.sql import visitors

from db.base import Base, TenantOwned
from db.models import MODELS_OF_TENANTS, AnyAuditEntry, Tenant

_OWNER = "tenant_id"


class ReadAudit:
    """Records the owners of all rows that one session returns.

    A row names its tenant by an entity in it or by a column `tenant_id`. A row without either,
    from a statement that reads tables of tenants, counts as an aggregate over the whole scope.
    """

    def __init__(self) -> None:
        self.tenants: set[int] = set()
        """Ids of the tenants whose rows were returned."""
        self.aggregates = False
        """Whether a row was returned that does not name its tenant."""

    def record_result(self, statement: Executable, result: Result[Any]) -> Result[Any]:
        """Record the rows of a result; returns a result with the same rows."""
        if not _reads_tenants(statement):
            return result
        names = list(result.keys())
        owner = names.index(_OWNER) if _OWNER in names else None
        frozen = result.freeze()
        for row in frozen.data:
            values = tuple(row) if len(names) > 1 or isinstance(row, tuple) else (row,)
            self._record_row(values, owner)
        return frozen()

    def record_rows(self, model: type[Base], rows: Sequence[Any]) -> None:
        """Record rows of one model, selected with its `owner_attributes`."""
        for name in owner_attributes(model):
            self.tenants |= {getattr(row, name) for row in rows} - {None}

    def _record_row(self, row: Sequence[Any], owner: int | None) -> None:
        """`owner` is the index of the column `tenant_id`, if the row has one."""
        owners: set[int | None] = {
            value.id if isinstance(value, Tenant) else value.tenant_id
            for value in row
            if isinstance(value, TenantOwned | Tenant | AnyAuditEntry)
        }
        if owner is not None and row[owner] is not None:
            owners.add(row[owner])
        self.aggregates |= not owners
        # An entry of the audit log without a tenant is the carrier's own.
        self.tenants.update(owner for owner in owners if owner is not None)


def owner_attributes(model: type[Base]) -> frozenset[str]:
    """The attributes that name a row's tenant; empty for a model that belongs to none."""
    if issubclass(model, Tenant):
        return frozenset({"id"})
    return frozenset({_OWNER} if issubclass(model, TenantOwned | AnyAuditEntry) else ())


def _reads_tenants(statement: Executable) -> bool:
    return any(
        isinstance(part, Table) and part.name in MODELS_OF_TENANTS
        for part in visitors.iterate(statement)  # type: ignore[arg-type]
    )
