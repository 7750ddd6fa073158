"""What each writing role may change: tables, verbs and columns, in one table.

PostgreSQL enforces it by grants (`db.scope.policies`). The first layer checks the same table at
each flush and statement (`check_changes`, `check_statement`), so SQLite behaves alike. A writing
role reads what the reading role of its kind of scope reads. No role may truncate a table, refer to
it or add triggers.

The carrier's role may insert, update and delete in every table: it administers credentials, makes
tenants and products, takes reports in for everybody, and restores dumps. No partner's credential
leads to it, and the triggers of `db.immutability` bind it too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Update, inspect
from sqlalchemy.orm import Session

from db.base import Base
from db.immutability import STATED_COLUMNS
from db.models import (
    AuditEntry,
    Contract,
    ContractItem,
    Customer,
    IdempotencyKey,
    IntakeMessage,
    Offer,
    Order,
    OrderDelay,
    OrderExternalId,
    OrderHistoryEntry,
    OrderItem,
    OrderMilestone,
    OrderNote,
    OrderPrice,
    Site,
)
from db.scope.roles import Kind, Purpose


class ForbiddenChangeError(Exception):
    """A session changes what its purpose does not include."""


@dataclass(frozen=True, slots=True)
class Verbs:
    """What may be done to the rows of a table. A role that may update a column may lock rows."""

    insert: bool = False
    update: tuple[str, ...] = ()
    """Columns."""
    delete: bool = False


NOTHING = Verbs()
_INSERT = Verbs(insert=True)

_PROCESSING = tuple(
    column.name
    for column in Base.metadata.tables["orders"].columns
    if column.name not in STATED_COLUMNS and column.computed is None
)
"""The columns of an order that a report may change."""

Changes = Mapping[type[Base], Verbs]

_OF_MUTATIONS: Changes = {
    IdempotencyKey: Verbs(
        insert=True, update=("object_kind", "object_id", "object_position"), delete=True
    ),
    AuditEntry: _INSERT,
    Order: Verbs(update=("version", "updated_at")),
    OrderNote: _INSERT,
}
_OF_REPORTS: Changes = {
    Customer: Verbs(insert=True, update=("kind", "updated_at")),
    Site: _INSERT,
    Offer: Verbs(insert=True, update=("status", "updated_at")),
    Contract: Verbs(insert=True, update=("version", "updated_at")),
    ContractItem: _INSERT,
    Order: Verbs(insert=True, update=_PROCESSING),
    OrderItem: Verbs(insert=True, update=("state",)),
    OrderPrice: _INSERT,
    OrderExternalId: _INSERT,
    OrderMilestone: Verbs(
        insert=True,
        update=("kind", "name", "message", "planned_at", "reached_at", "violated"),
    ),
    OrderDelay: Verbs(insert=True, update=("kind", "reason", "reported_at", "resolved_at")),
    OrderNote: _INSERT,
    OrderHistoryEntry: _INSERT,
    IntakeMessage: _INSERT,
}

CHANGES: Mapping[tuple[Purpose, Kind], Changes] = {
    (Purpose.MUTATION, Kind.TREE): _OF_MUTATIONS,
    (Purpose.MUTATION, Kind.PART): _OF_MUTATIONS,
    # No mutation is for a customer's users yet.
    (Purpose.MUTATION, Kind.CUSTOMER): {},
    (Purpose.REPORT, Kind.TREE): _OF_REPORTS,
    (Purpose.REPORT, Kind.PART): _OF_REPORTS,
}
"""All writing roles but the carrier's. A session has a purpose and the kind of its scope."""


def check_changes(session: Session, changes: Changes) -> None:
    """Raises ForbiddenChangeError for the first pending row that may not be written."""
    for row in session.new:
        check_insert(type(row), changes)
    for row in session.deleted:
        check_delete(type(row), changes)
    for row in session.dirty:
        check_update(
            type(row),
            [each.key for each in inspect(row).attrs if each.history.has_changes()],
            changes,
        )


def check_statement(
    statement: Any, model: type[Any], parameters: Iterable[str], changes: Changes
) -> None:
    """Raises ForbiddenChangeError for an UPDATE or DELETE that changes what it may not.

    `parameters` are the names of values that are not in the statement.
    """
    if isinstance(statement, Update):
        values: Any = statement._values or ()
        key = {column.key for column in inspect(model).primary_key}
        names = {getattr(column, "key", column) for column in values} | {*parameters} - key
        check_update(model, names, changes)
    else:
        check_delete(model, changes)


def check_insert(model: type[Any], changes: Changes) -> None:
    """Raises ForbiddenChangeError if rows may not be added to the model's table."""
    if not changes.get(model, NOTHING).insert:
        raise ForbiddenChangeError(f"this session may not insert into {model.__tablename__}")


def check_update(model: type[Any], columns: Iterable[str], changes: Changes) -> None:
    """Raises ForbiddenChangeError for the first column that may not be updated."""
    allowed = changes.get(model, NOTHING).update
    for column in sorted({*columns} - {*allowed}):
        raise ForbiddenChangeError(f"this session may not update {model.__tablename__}.{column}")


def check_delete(model: type[Any], changes: Changes) -> None:
    """Raises ForbiddenChangeError if rows may not be deleted from the model's table."""
    if not changes.get(model, NOTHING).delete:
        raise ForbiddenChangeError(f"this session may not delete rows of {model.__tablename__}")
