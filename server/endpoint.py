"""What an endpoint is to the boundary (`server.boundary`), and what endpoints with a credential
share: authenticate, admit, handle."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import ClassVar, Generic, TypeVar

from ratelimit.buckets import Quota
from server.admission import Admission, Reservation
from server.cors import Cors
from server.errors import GRAPHQL_ERRORS, ErrorFormat, RequestRefusedError, unavailable
from server.limits import ServerLimits
from server.protocols import Principal
from server.requests import Request
from server.responses import JSON, HeaderTable, Response
from server.waiting import TookTooLongError, finish_within


@dataclass(slots=True)
class Exchange:
    """One request on its way to its response, and what its log line says of it."""

    request: Request
    readable_by: str | None = None
    """The origin whose pages may read the response (`server.cors`)."""
    is_preflight: bool = False
    """A preflight from that origin: it reaches no endpoint, and has no line in the log."""
    client: str | None = None
    """The account of the principal."""
    reservation: Reservation | None = None
    """None until the client was admitted."""
    statements: int | None = None
    cost: int | None = None
    status: int | None = None
    """Of the response; None if the client left before there was one."""
    codes: Sequence[str] = ()
    """Of the errors in the response."""
    refused: RequestRefusedError | None = None
    unexpected: list[Exception] = field(default_factory=list)
    started: float = field(default_factory=perf_counter)

    @property
    def content_type(self) -> bytes:
        """Of the response."""
        return JSON

    @property
    def quota(self) -> Quota | None:
        """What the client has left, once points were taken."""
        return None if self.reservation is None else self.reservation.quota

    @property
    def milliseconds(self) -> float:
        return round((perf_counter() - self.started) * 1000, 2)


ExchangeT = TypeVar("ExchangeT", bound=Exchange)
PrincipalT = TypeVar("PrincipalT", bound=Principal)


class Endpoint(ABC, Generic[ExchangeT]):
    """Serves one path. The boundary maps what it raises, logs, and sends."""

    methods: ClassVar[Sequence[str]] = ("POST",)
    errors: ClassVar[ErrorFormat] = GRAPHQL_ERRORS
    headers: HeaderTable = HeaderTable(varies_by_origin=False)
    cors: Cors | None = None
    """Which pages of other origins may read the responses; None for none."""

    @abstractmethod
    def exchange(self, request: Request) -> ExchangeT:
        """The state of a new request."""

    @abstractmethod
    async def respond(self, exchange: ExchangeT) -> Response:
        """The response. Raises RequestRefusedError, and ClientDisconnectedError if nobody waits
        for one; any other exception is masked."""

    @abstractmethod
    def log(self, exchange: ExchangeT) -> None:
        """Write the request's line. Called once, when the status is known."""


class AuthenticatedEndpoint(Endpoint[ExchangeT], Generic[ExchangeT, PrincipalT]):
    """An endpoint for principals: nothing of the body is read before one is admitted."""

    def __init__(self, limits: ServerLimits, admission: Admission) -> None:
        """Endpoints with one `admission` count a client's requests and points together."""
        self.limits = limits
        self.admission = admission

    @abstractmethod
    async def authenticate(self, request: Request) -> PrincipalT:
        """The principal; raises RequestRefusedError."""

    @abstractmethod
    async def handle(
        self, exchange: ExchangeT, principal: PrincipalT, reservation: Reservation
    ) -> Response:
        """The response for a principal that was admitted."""

    async def respond(self, exchange: ExchangeT) -> Response:
        seconds = self.limits.request_seconds
        try:
            principal = await finish_within(seconds, self.authenticate(exchange.request))
        except TookTooLongError:
            raise unavailable("Authentication timed out.", 1) from None
        exchange.client = principal.account
        with self.admission.admit(principal.account) as reservation:
            exchange.reservation = reservation
            try:
                response = await self.handle(exchange, principal, reservation)
            except RequestRefusedError:
                await reservation.charge_minimum()
                raise
            await reservation.charge_minimum()
            return response
