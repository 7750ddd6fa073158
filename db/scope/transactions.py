"""Second layer: begins a PostgreSQL transaction with the role and settings of its scope.

The driver begins a transaction at the first statement of a session. `ScopedConnection` sends the
role and the settings that the policies read (`db.scope.policies`) in the same message, so they cost
no round trip. They end with the transaction.
"""

from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import Connection

from db.scope.policies import settings_of
from db.scope.roles import Purpose, Roles, quoted
from db.scope.tenant_scope import TenantScope

_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class ScopedConnection(asyncpg.Connection):
    """A connection whose transactions are opened for a scope."""

    _next: tuple[TenantScope, Purpose | None] | None = None
    _in_snapshot = False
    _roles: Roles | None = None

    def open_for(self, scope: TenantScope, purpose: Purpose | None) -> None:
        """Open the next transaction for the scope, to write for the purpose if there is one."""
        self._next = (scope, purpose)

    def forget(self) -> None:
        """Open the next transaction without a scope: it sees no row of a tenant."""
        self._next = None

    async def open_snapshot(self, scope: TenantScope) -> None:
        """Begin a read-only snapshot of the scope. Transactions that the dialect begins before it
        is closed are a part of it."""
        await _ScopedTransaction(self, _SNAPSHOT, scope, None).start()
        self._in_snapshot = True

    async def close_snapshot(self) -> None:
        """End the snapshot."""
        self._in_snapshot = False
        await self.execute("ROLLBACK")

    def transaction(
        self, *, isolation: Any = None, readonly: bool = False, deferrable: bool = False
    ) -> Any:
        """The transaction that the dialect starts, and commits or rolls back."""
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
        return _ScopedTransaction(self, begin, *opened_for)

    async def roles(self) -> Roles:
        """The roles of this database. They never change, so they are read once per connection."""
        if self._roles is None:
            owner = await self.fetchval(
                "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('tenants')"
            )
            # Without tables there is nothing to protect.
            self._roles = Roles(owner or "")
        return self._roles


@dataclass(frozen=True, slots=True)
class _ScopedTransaction:
    connection: ScopedConnection
    begin: str
    scope: TenantScope
    purpose: Purpose | None

    async def start(self) -> None:
        roles = await self.connection.roles()
        try:
            await self.connection.execute(
                opening(self.scope, roles, self.purpose, begin=self.begin)
            )
        except asyncpg.PostgresError:
            # BEGIN succeeded; the connection must not return to the pool within a transaction.
            await self.rollback()
            raise

    async def commit(self) -> None:
        await self.connection.execute("COMMIT")

    async def rollback(self) -> None:
        await self.connection.execute("ROLLBACK")


class _PartOfSnapshot:
    """A transaction to the dialect, which does nothing: the snapshot is the transaction."""

    async def start(self) -> None: ...

    async def commit(self) -> None: ...

    async def rollback(self) -> None: ...


def opening(
    scope: TenantScope, roles: Roles, purpose: Purpose | None, *, begin: str = "BEGIN"
) -> str:
    """The SQL that opens a transaction for a scope, as one message."""
    role = quoted(roles.of(scope, purpose))
    return "; ".join(
        [
            begin,
            f"SET LOCAL ROLE {role}",
            *(f"SET LOCAL {name} = '{value}'" for name, value in settings_of(scope).items()),
        ]
    )


def open_transaction(connection: Connection, scope: TenantScope, purpose: Purpose | None) -> None:
    """Open the next transaction of a connection for the scope."""
    driver: ScopedConnection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.open_for(scope, purpose)


def forget_scope(connection: Connection) -> None:
    """Open the next transaction of a connection without a scope, unless one is set before."""
    driver: ScopedConnection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.forget()
