"""Enforces the scope of a session: on its statements, its rows and its transaction.

These are hooks of SQLAlchemy's sessions, so no caller can leave them out. A session without a scope
sends no statement.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction

from db.changes import triggers
from db.engine import WRITES
from db.scope.criteria import criteria
from db.scope.privileges import CHANGES, Changes, check_changes, check_statement
from db.scope.roles import Kind, Purpose
from db.scope.row_check import check_rows
from db.scope.sql_check import SCOPED, UnscopedStatementError
from db.scope.tenant_scope import TenantScope
from db.scope.transactions import open_transaction

SCOPE = "scope"
"""Key of the scope in a session's `info`; `WRITES` is true there in a session that writes."""
SENT = "sent"
"""Key of the number of statements that a session that writes has sent."""
PURPOSE = "purpose"
"""Key of the `Purpose` of a session that writes in a partner's scope."""


class ReadOnlySessionError(Exception):
    """A read session was asked to change rows."""


@event.listens_for(Session, "do_orm_execute")
def _add_criteria(state: ORMExecuteState) -> None:
    scope: TenantScope | None = state.session.info.get(SCOPE)
    if scope is None:
        raise UnscopedStatementError("the session was not opened for a scope")
    if not state.is_orm_statement:
        raise UnscopedStatementError("only statements on mapped classes can be scoped")
    if not state.is_select and not state.session.info.get(WRITES):
        raise ReadOnlySessionError("a read session cannot change rows")
    if scope.root_tenant_id is None:
        return
    if state.is_insert:
        raise UnscopedStatementError("rows are added by `WriteSession.add`, which checks them")
    if not state.is_select and state.bind_mapper is not None:
        parameters = state.parameters or {}
        names = parameters if isinstance(parameters, Mapping) else parameters[0]
        model = state.bind_mapper.class_
        check_statement(state.statement, model, names, changes_of(state.session, scope))
    state.update_execution_options(**{SCOPED: scope})
    state.statement = state.statement.options(*criteria(scope))


@event.listens_for(Session, "before_flush")
def _check_rows(session: Session, context: UOWTransaction, instances: object) -> None:
    scope: TenantScope | None = session.info.get(SCOPE)
    check_rows(session, scope)
    if scope is not None and scope.root_tenant_id is not None:
        check_changes(session, changes_of(session, scope))


@event.listens_for(Session, "after_begin")
def _count_statements(
    session: Session, transaction: SessionTransaction, connection: Connection
) -> None:
    # Flushes send statements of which the session's own methods know nothing.
    if not session.info.get(WRITES) or transaction.nested:
        return

    @event.listens_for(connection, "before_cursor_execute")
    def count(_: Connection, cursor: object, statement: str, *more: object) -> None:
        # The last statement of each transaction on SQLite is no part of what the session does.
        if statement != triggers.END_TRANSACTION:
            session.info[SENT] = session.info.get(SENT, 0) + 1


@event.listens_for(Session, "after_begin")
def _open_transaction(
    session: Session, transaction: SessionTransaction, connection: Connection
) -> None:
    scope: TenantScope | None = session.info.get(SCOPE)
    if scope is not None and connection.dialect.name == "postgresql":
        open_transaction(connection, scope, session.info.get(PURPOSE))


def changes_of(session: Session, scope: TenantScope) -> Changes:
    """The changes that a session in a partner's scope may make; none in one that reads."""
    purpose: Purpose | None = session.info.get(PURPOSE)
    return {} if purpose is None else CHANGES[purpose, Kind.of(scope)]
