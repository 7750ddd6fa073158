"""Business numbers, which are unique within a partner's tree of tenants."""

from sqlalchemy import Table, UniqueConstraint
from sqlalchemy.exc import IntegrityError

_COLUMNS = ["number", "root_tenant_id"]


def is_number_taken(error: IntegrityError, table: Table) -> bool:
    """Whether a row was not added to the table because its number is in use in the tree.

    The row that uses it may belong to a tenant that the session does not see.
    """
    [name] = [
        constraint.name
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint) and list(constraint.columns.keys()) == _COLUMNS
    ]
    driver_error = getattr(error.orig, "__cause__", None)
    if violated := getattr(driver_error, "constraint_name", None):
        return bool(violated == name)
    # SQLite names the columns and not the constraint.
    columns = ", ".join(f"{table.name}.{column}" for column in _COLUMNS)
    return f"UNIQUE constraint failed: {columns}" in str(error.orig)
