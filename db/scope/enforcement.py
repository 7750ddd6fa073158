"""Enforces the scope of a session: on its statements, its rows and its transaction.

These are hooks of SQLAlchemy's sessions, so no caller can leave them out. A session without a scope
sends no statement.
"""

from sqlalchemy import Connection, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction

from db.engine import WRITES
from db.scope.criteria import criteria
from db.scope.row_check import check_rows
from db.scope.sql_check import SCOPED, UnscopedStatementError
from db.scope.tenant_scope import TenantScope
from db.scope.transactions import open_transaction

SCOPE = "scope"
"""Key of the scope in a session's `info`; `WRITES` is true there in a session that writes."""


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
    state.update_execution_options(**{SCOPED: scope})
    state.statement = state.statement.options(*criteria(scope))


@event.listens_for(Session, "before_flush")
def _check_rows(session: Session, context: UOWTransaction, instances: object) -> None:
    check_rows(session, session.info.get(SCOPE))


@event.listens_for(Session, "after_begin")
def _open_transaction(
    session: Session, transaction: SessionTransaction, connection: Connection
) -> None:
    scope: TenantScope | None = session.info.get(SCOPE)
    if scope is not None and connection.dialect.name == "postgresql":
        open_transaction(connection, scope, writes=bool(session.info.get(WRITES)))
