"""Whose rows a session hands out, whatever is asked for: entities, columns or sums of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, Result, Table
from sqlalchemy.sql import visitors

from db.base import Base, TenantOwned
from db.models import Tenant

_OF_TENANTS = {
    mapper.local_table.description
    for mapper in Base.registry.mappers
    if issubclass(mapper.class_, TenantOwned | Tenant)
}
_OWNER = "tenant_id"


class ReadAudit:
    """Sees every result of one session.

    A row tells its tenant by an entity in it or by a column `tenant_id`. A row that tells none,
    though its statement reads tables of tenants, is counted as one about the whole scope.
    """

    def __init__(self) -> None:
        self.tenants: set[int] = set()
        """Whose rows were handed out."""
        self.aggregates = False
        """Whether something was handed out that does not tell whose it is."""

    def see(self, statement: Executable, result: Result[Any]) -> Result[Any]:
        """The same result, looked at."""
        if not _reads_tenants(statement):
            return result
        names = list(result.keys())
        owner = names.index(_OWNER) if _OWNER in names else None
        frozen = result.freeze()
        for row in frozen.data:
            values = tuple(row) if len(names) > 1 or isinstance(row, tuple) else (row,)
            self._see_row(values, owner)
        return frozen()

    def see_records(self, model: type[Base], records: Sequence[Any]) -> None:
        """Look at records of a model, which have its `owner_attributes`."""
        for name in owner_attributes(model):
            self.tenants |= {getattr(record, name) for record in records} - {None}

    def _see_row(self, row: Sequence[Any], owner: int | None) -> None:
        """`owner` is the place of the column that names the tenant, if there is one."""
        owners = {
            value.id if isinstance(value, Tenant) else value.tenant_id
            for value in row
            if isinstance(value, TenantOwned | Tenant)
        }
        if owner is not None and row[owner] is not None:
            owners.add(row[owner])
        self.aggregates |= not owners
        # An entry of the audit log may say that it is nobody's: the carrier's own.
        self.tenants |= owners - {None}


def owner_attributes(model: type[Base]) -> frozenset[str]:
    """What tells whose a row of the model is; nothing for what belongs to no tenant."""
    if issubclass(model, Tenant):
        return frozenset({"id"})
    return frozenset({_OWNER} if issubclass(model, TenantOwned) else ())


def _reads_tenants(statement: Executable) -> bool:
    return any(
        isinstance(part, Table) and part.name in _OF_TENANTS
        for part in visitors.iterate(statement)  # type: ignore[arg-type]
    )
