"""How a transaction on PostgreSQL begins: with the role and the settings of its scope.

The driver begins a transaction when the first statement of a session comes. `ScopedConnection`
sends what the policies (`db.scope.policies`) need in the same message, so that the second wall
costs no round trip, and everything in it ends with the transaction.
"""

from typing import Any

import asyncpg
from sqlalchemy import Connection

from db.scope.policies import settings_of
from db.scope.roles import Roles, quoted
from db.scope.tenant_scope import TenantScope

_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class ScopedConnection(asyncpg.Connection):
    """A connection whose next transaction can be opened for a scope."""

    _next: tuple[TenantScope, bool] | None = None
    _in_snapshot = False
    _roles: Roles | None = None

    def open_for(self, scope: TenantScope, *, writes: bool) -> None:
        """Let the next transaction, which has not begun yet, be one of the scope."""
        self._next = (scope, writes)

    def forget(self) -> None:
        """Let the next transaction be nobody's, which sees no row of a tenant."""
        self._next = None

    async def open_snapshot(self, scope: TenantScope) -> None:
        """Begin a read-only snapshot of the scope. Until it is closed, whatever the dialect begins
        is a part of it."""
        await _ScopedTransaction(self, _SNAPSHOT, scope, writes=False).start()
        self._in_snapshot = True

    async def close_snapshot(self) -> None:
        """End the snapshot."""
        self._in_snapshot = False
        await self.execute("ROLLBACK")

    def transaction(
        self, *, isolation: Any = None, readonly: bool = False, deferrable: bool = False
    ) -> Any:
        """What the dialect starts before a statement, and commits or rolls back."""
        opened_for, self._next = self._next, None
        if self._in_snapshot:
            return _PartOfSnapshot()
        if opened_for is None:
            return super().transaction(
                isolation=isolation, readonly=readonly, deferrable=deferrable
            )
        begin = "BEGIN"
        if isolation:
            begin += f" ISOLATION LEVEL {isolation.upper().replace('_', ' ')}"
        if readonly:
            begin += " READ ONLY"
        scope, writes = opened_for
        return _ScopedTransaction(self, begin, scope, writes=writes)

    async def roles(self) -> Roles:
        """The roles of this database, which never change: asked once for each connection."""
        if self._roles is None:
            owner = await self.fetchval(
                "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('tenants')"
            )
            # Without tables there is nothing to see, as whoever one is.
            self._roles = Roles(owner or "")
        return self._roles


class _ScopedTransaction:
    def __init__(
        self, connection: ScopedConnection, begin: str, scope: TenantScope, *, writes: bool
    ) -> None:
        self._connection = connection
        self._begin = begin
        self._scope = scope
        self._writes = writes

    async def start(self) -> None:
        roles = await self._connection.roles()
        try:
            await self._connection.execute(
                opening(self._scope, roles, begin=self._begin, writes=self._writes)
            )
        except asyncpg.PostgresError:
            # BEGIN itself succeeded; the connection must not go back to the pool like that.
            await self._connection.execute("ROLLBACK")
            raise

    async def commit(self) -> None:
        await self._connection.execute("COMMIT")

    async def rollback(self) -> None:
        await self._connection.execute("ROLLBACK")


class _PartOfSnapshot:
    """What the dialect takes for a transaction of its own. It ends with the snapshot."""

    async def start(self) -> None: ...

    async def commit(self) -> None: ...

    async def rollback(self) -> None: ...


def opening(scope: TenantScope, roles: Roles, *, writes: bool, begin: str = "BEGIN") -> str:
    """The statements that open a transaction for a scope, to be sent as one message."""
    role = quoted(roles.of(scope, writes=writes))
    return "; ".join(
        [
            begin,
            f"SET LOCAL ROLE {role}",
            *(f"SET LOCAL {name} = '{value}'" for name, value in settings_of(scope).items()),
        ]
    )


def open_transaction(connection: Connection, scope: TenantScope, *, writes: bool) -> None:
    """Let the transaction that begins on a connection be one of the scope."""
    driver: ScopedConnection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.open_for(scope, writes=writes)


def forget_scope(connection: Connection) -> None:
    """Let the transaction that begins on a connection be nobody's, until someone opens it."""
    driver: ScopedConnection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.forget()
