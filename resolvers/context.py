"""The request context of resolvers. Each operation has one."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

import strawberry

from auth.principal import Principal
from db.read_audit import ReadAudit
from db.scope.roles import Purpose
from db.session import Database, ReadSession, WriteSession
from ordering.request_clock import RequestClock
from ratelimit.buckets import Quota
from resolvers.loaders import Loaders


@dataclass
class Context:
    """What the resolvers of one operation share. Use it as an asynchronous context manager.

    A query reads one snapshot. A mutation has another one after each of its writes.
    """

    principal: Principal
    database: Database
    quota: Callable[[], Quota | None]
    """Reads the caller's rate limit, after the cost of this operation. None without a limit."""
    now: Callable[[], datetime]
    """The time, for what is stored. What is shown depends on `present`."""
    accept_language: str | None = None
    request_id: str | None = None
    read_audit: ReadAudit | None = None
    """Records all rows that the operation reads, if set."""
    session: ReadSession = field(init=False)
    """The snapshot. It takes a connection at its first read."""
    loaders: Loaders = field(init=False)
    """The loaders of the snapshot."""
    present: RequestClock = field(init=False)
    """The only clock of resolvers. It notes until when the answer is valid."""
    _reading: AbstractAsyncContextManager[ReadSession] = field(init=False, repr=False)
    _statements: int = 0
    """Those of ended snapshots and of writes."""

    @property
    def statements(self) -> int:
        """Database statements sent so far."""
        return self._statements + self.session.statements

    async def __aenter__(self) -> Self:
        await self._begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._reading.__aexit__(kind, error, traceback)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteSession]:
        """A transaction, committed when the block ends. `resolvers.mutations` alone calls it.

        The snapshot before is ended first, so that an operation holds one connection at a time. The
        one afterwards shows what was written.
        """
        await self._reading.__aexit__(None, None, None)
        self._statements += self.session.statements
        session: WriteSession | None = None
        try:
            scope = self.principal.tenant_scope
            async with self.database.write(scope, Purpose.MUTATION) as session:
                yield session
        finally:
            self._statements += 0 if session is None else session.sent
            await self._begin()

    async def _begin(self) -> None:
        self._reading = self.database.read(self.principal.tenant_scope)
        self.session = await self._reading.__aenter__()
        self.session.read_audit = self.read_audit
        self.loaders = Loaders(self.session)
        self.present = RequestClock(self.now())


Info = strawberry.Info[Context, None]
