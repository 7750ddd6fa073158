"""First layer: many rows of one table, checked against the scope and written with one statement.

Core statements of a connection pass none of the hooks of `db.scope.enforcement`, so this is the
only place that sends them, and it checks every row itself. What `row_check` does for the rows of an
ORM session, it does for rows that are values.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Table, bindparam, inspect, select, update
from sqlalchemy import insert as insert_into
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from db.base import Base, ByColumn, ByParent, TenantOwned
from db.expressions import any_of
from db.models import MODELS_OF_TENANTS, Tenant
from db.scope.enforcement import changes_of
from db.scope.privileges import check_insert, check_update
from db.scope.row_check import OutOfScopeError
from db.scope.tenant_scope import TenantScope

Row = Mapping[str, Any]

_KEY = "key_"
"""Prefix of the parameters that say which row is updated."""


def insert(session: Session, scope: TenantScope, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows with the same columns. Raises before anything is sent: OutOfScopeError, or
    ForbiddenChangeError for a table that the session may not add to."""
    if not rows:
        return
    if scope.root_tenant_id is not None:
        check_insert(model, changes_of(session, scope))
    _check(session, scope, model, rows)
    session.flush()
    connection = session.connection()
    sql, values = _prepared_insert(model, tuple(rows[0]), connection.dialect)
    try:
        parameters = values(rows)
    except Exception as error:
        # As SQLAlchemy tells which statement a value is wrong for.
        raise StatementError(str(error), sql, None, error) from error
    connection.exec_driver_sql(sql, parameters)


def update_rows(
    session: Session,
    scope: TenantScope,
    model: type[Base],
    columns: Collection[str],
    rows: Sequence[Row],
) -> None:
    """Set these columns of stored rows, each given with its primary key and its owner.

    Raises before anything is sent: OutOfScopeError, or ForbiddenChangeError for a column that the
    session may not change. The owner is among the conditions, so a row that
    belongs to another owner than the given one is not changed.
    """
    if not rows:
        return
    fixed_columns = _owner(model) | _of_customer(model, scope)
    if fixed := fixed_columns.intersection(columns):
        raise OutOfScopeError(f"{model.__name__} cannot change {', '.join(sorted(fixed))}")
    if scope.root_tenant_id is not None:
        check_update(model, columns, changes_of(session, scope))
    _check(session, scope, model, rows)
    session.flush()
    table = _table(model)
    keys = {column.name for column in table.primary_key} | fixed_columns
    statement = update(table).where(*(table.c[key] == bindparam(f"{_KEY}{key}") for key in keys))
    session.connection().execute(
        statement,
        [
            {name: row[name] for name in columns} | {f"{_KEY}{key}": row[key] for key in keys}
            for row in rows
        ],
    )


_Values = Callable[[Sequence[Row]], list[tuple[Any, ...]]]


@cache
def _prepared_insert(
    model: type[Base], columns: tuple[str, ...], dialect: Dialect
) -> tuple[str, _Values]:
    """The SQL of an INSERT of these columns, and a function that makes its parameters of rows.

    SQLAlchemy would name the parameters of each row and put them in order again, which takes longer
    than everything else that it does here.
    """
    table = _table(model)
    compiled = insert_into(table).compile(dialect=dialect, column_keys=columns)
    names = getattr(compiled, "positiontup", None)
    if not names or {*names} != {*columns}:
        raise TypeError(f"an INSERT into {table.name} has other parameters than its columns")
    in_order = itemgetter(*names)
    processors = [
        (position, process)
        for position, name in enumerate(names)
        if (process := table.c[name].type.dialect_impl(dialect).bind_processor(dialect))
    ]

    def values(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        parameters = []
        for row in rows:
            own = list(in_order(row))
            for position, process in processors:
                # None is NULL for every type of `db.types`.
                if (value := own[position]) is not None:
                    own[position] = process(value)
            parameters.append(tuple(own))
        return parameters

    return str(compiled), values


def _check(session: Session, scope: TenantScope, model: type[Base], rows: Sequence[Row]) -> None:
    if not _owner(model):
        return
    key = "id" if model is Tenant else "tenant_id"
    name = model.__name__
    for root, tenant in {(row["root_tenant_id"], row[key]) for row in rows}:
        if not scope.owns(root, tenant):
            raise OutOfScopeError(f"{name} of tenant {tenant} is out of scope")
    if scope.customer_id is not None and not _belong_to_customer(session, scope, model, rows):
        raise OutOfScopeError(f"{name} does not belong to the customer")


def _belong_to_customer(
    session: Session, scope: TenantScope, model: type[Base], rows: Sequence[Row]
) -> bool:
    match getattr(model, "of_customer", None):
        case ByColumn(column):
            return all(row[column] == scope.customer_id for row in rows)
        case ByParent(column, table):
            parent = MODELS_OF_TENANTS[table]
            parents = {row[column] for row in rows}
            # The statement is scoped, so it finds the customer's own rows alone.
            found = session.scalars(select(parent.id).where(any_of(parent.id, parents)))
            return parents == set(found)
    return False


def _owner(model: type[Base]) -> set[str]:
    """The columns that hold the owner of a row; none for rows that no tenant owns."""
    if issubclass(model, TenantOwned):
        return {"tenant_id", "root_tenant_id"}
    return {"id", "root_tenant_id"} if model is Tenant else set()


def _of_customer(model: type[Base], scope: TenantScope) -> set[str]:
    """The column that tells the customer of a row, in a customer's scope."""
    rule = getattr(model, "of_customer", None)
    return {rule.column} if rule and scope.customer_id is not None else set()


def _table(model: type[Base]) -> Table:
    table = inspect(model).local_table
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} has no table")
    return table
