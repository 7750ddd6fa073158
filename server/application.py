"""The product behind the graph: its principals, and a context for each operation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from auth import support
from auth.clock import Clock
from auth.principal import Principal, PrincipalKind
from db.read_audit import ReadAudit
from db.session import Database
from ratelimit.buckets import current_quota
from resolvers.context import Context
from server.authentication import Authentication
from server.errors import forbidden
from server.protocols import Operation
from server.requests import Request

_ON_BEHALF_OF = support.HEADER.lower()


class PartnerApplication:
    """The `server.protocols.Application` of partners, portals, widgets, and the carrier's own."""

    def __init__(self, database: Database, clock: Clock, authentication: Authentication) -> None:
        self._database = database
        self._clock = clock
        self._authentication = authentication

    async def authenticate(self, request: Request) -> Principal:
        return await self._authentication.authenticate(request)

    @asynccontextmanager
    async def context(
        self, principal: Principal, request: Request, operation: Operation
    ) -> AsyncIterator[Context]:
        """A context within the tenant of `X-Tenant`. Reads by support are recorded after the
        snapshot and before the response, which fails if they cannot be."""
        # Not earlier: rate limits and logs are by the credential, whatever part it acts for.
        acting = await self._authentication.acting(principal, request)
        person = _person(acting, request)
        read_audit = ReadAudit() if acting.kind is PrincipalKind.SUPPORT else None
        context = Context(
            principal=acting,
            database=self._database,
            quota=current_quota,
            now=self._clock.now,
            accept_language=request.headers.get("accept-language", ""),
            request_id=request.id,
            read_audit=read_audit,
        )
        async with context:
            yield context
        # Not reached if the operation failed as a whole, and nothing of it is shown.
        if read_audit is not None:
            await support.record_reads(
                self._database,
                acting,
                read_audit,
                on_behalf_of=person,
                operation=operation.name,
                document=operation.text,
                request_id=request.id,
                at=self._clock.now(),
            )


def _person(principal: Principal, request: Request) -> str | None:
    """The person for whom support asks; raises 403 if support names none."""
    try:
        return support.person(principal, request.headers.get(_ON_BEHALF_OF))
    except support.UnnamedPersonError as error:
        raise forbidden(str(error)) from None
