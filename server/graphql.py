"""GraphQL over HTTP: one endpoint, from the admitted request to the encoded response.

https://graphql.github.io/graphql-over-http/draft/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from execution.documents import PreparedDocument, PreparedOperation
from execution.engine import Engine
from execution.errors import ApiError, ErrorCode, FormattedError, execution_errors, formatted
from execution.permissions import only_forbidden
from ratelimit.buckets import set_current_quota
from server.admission import Admission, Reservation, preparation_points
from server.answers import Answer, actual_cost, cost_exceeded, timed_out
from server.cors import Cors
from server.endpoint import AuthenticatedEndpoint, Exchange
from server.errors import bad_request, forbidden, method_not_allowed
from server.etags import UNCHANGED_COST, ConditionalRequest, EtagSource
from server.graphql_request import GraphQLRequest, read_get, read_post
from server.limits import ServerLimits
from server.logs import write_line
from server.negotiation import GRAPHQL_RESPONSE, JSON, choose_media_type
from server.persisted import PersistedDocuments
from server.protocols import Application, Context, Operation, Principal
from server.requests import Request
from server.responses import HeaderTable, Response
from server.waiting import TookTooLongError, finish_within

PrincipalT = TypeVar("PrincipalT", bound=Principal)
ContextT = TypeVar("ContextT", bound=Context)

_LONGEST_NAME = 100
"""Characters of an operation's name in the log."""

_CONTENT_TYPES = {name: f"{name}; charset=utf-8".encode() for name in (JSON, GRAPHQL_RESPONSE)}

_media_type = lru_cache(maxsize=1_000)(choose_media_type)


@dataclass(slots=True)
class GraphQLExchange(Exchange):
    """A request of the graph on its way to its response."""

    operation: str | None = None
    type: str | None = None
    executor: str | None = None

    @property
    def media_type(self) -> str | None:
        """Of the response; None if the client accepts none that is served. Asked for only when it
        is known who asks."""
        if self.request.too_long is not None:
            return None
        return _media_type(self.request.headers.get("accept"))

    @property
    def content_type(self) -> bytes:
        return _CONTENT_TYPES[self.media_type or JSON]

    def request_error(self, errors: Sequence[FormattedError]) -> Answer:
        """The answer of a request that was not executed: it has no ``data``. Clients that only know
        plain JSON take any status but 200 for a failure of the transport, and do not read on."""
        return Answer(400 if self.media_type == GRAPHQL_RESPONSE else 200, {"errors": errors})


class GraphQLEndpoint(
    AuthenticatedEndpoint[GraphQLExchange, PrincipalT], Generic[PrincipalT, ContextT]
):
    """Serves the operations of one schema."""

    methods = ("GET", "POST")

    def __init__(
        self,
        engine: Engine[ContextT],
        application: Application[PrincipalT, ContextT],
        *,
        limits: ServerLimits,
        admission: Admission,
        persisted: PersistedDocuments | None = None,
        etags: EtagSource[ContextT] | None = None,
        cors: Cors | None = None,
    ) -> None:
        """Persisted documents are kept in this process's memory by default. Without `etags` no
        response has an entity tag, without `cors` no page of another origin may read one."""
        super().__init__(limits, admission)
        self.engine = engine
        self.cors = cors
        self.headers = HeaderTable({"vary": "Accept"}, varies_by_origin=cors is not None)
        self._application = application
        self._persisted = persisted or PersistedDocuments()
        self._etags = etags

    def exchange(self, request: Request) -> GraphQLExchange:
        return GraphQLExchange(request)

    def log(self, exchange: GraphQLExchange) -> None:
        fields: dict[str, Any] = {
            "client": exchange.client,
            "operation": exchange.operation and exchange.operation[:_LONGEST_NAME],
            "type": exchange.type,
            "status": exchange.status,
            "milliseconds": exchange.milliseconds,
            "statements": exchange.statements,
            "cost": exchange.cost,
            "executor": exchange.executor,
            "errors": list(dict.fromkeys(exchange.codes)),
        }
        if exchange.unexpected:
            fields["unexpected"] = len(exchange.unexpected)
        write_line("operation", fields, exchange.request.id)

    async def authenticate(self, request: Request) -> PrincipalT:
        return await self._application.authenticate(request)

    async def handle(
        self, exchange: GraphQLExchange, principal: PrincipalT, reservation: Reservation
    ) -> Response:
        if exchange.media_type is None:
            raise bad_request(f"Accept {GRAPHQL_RESPONSE} or {JSON}.", 406)
        answer = await self._answer(exchange, principal, reservation)
        exchange.codes = answer.codes
        return answer.encoded()

    async def _answer(
        self, exchange: GraphQLExchange, principal: PrincipalT, reservation: Reservation
    ) -> Answer:
        """Everything up to a valid operation, then its execution."""
        is_get = exchange.request.method == "GET"
        if is_get:
            request = read_get(exchange.request, self.limits)
        else:
            request = await read_post(exchange.request, self.limits)
        try:
            text = await self._persisted.text(request)
        except ApiError as error:
            return exchange.request_error([formatted(error, ErrorCode.BAD_REQUEST)])
        document = await self._document(text, reservation)
        try:
            operation = document.operation(request.operation_name)
        except ApiError as error:
            unknown = [formatted(error, ErrorCode.BAD_REQUEST)]
            return exchange.request_error(document.errors or unknown)
        exchange.operation = operation.name
        exchange.type = operation.type.value
        if exchange.type == "mutation":
            if is_get:
                raise method_not_allowed("Mutations are only allowed by POST.", "POST")
            if principal.reads_only:
                raise forbidden("This credential only reads: mutations are refused.")
        if operation.cost is None:
            return exchange.request_error(document.errors)
        if exchange.type == "subscription":
            raise bad_request("Subscriptions are not supported.")
        await self._persisted.keep(request)

        cost = operation.cost.requested(request.variables)
        if cost > self.limits.cost:
            answer = exchange.request_error([cost_exceeded(cost, self.limits.cost)])
            actual = 1
        else:
            conditional = self._conditional(exchange, text, operation, request) if is_get else None
            run = _Run(operation, text, request.variables, reservation, cost, conditional)
            answer = await self._run(exchange, principal, run)
            actual = actual_cost(operation.cost, request.variables, answer.payload, cost)
            await reservation.refund((reservation.cost or UNCHANGED_COST) - actual)
        exchange.cost = actual
        answer.payload["extensions"] = {"cost": {"requested": cost, "actual": actual}}
        return answer

    async def _document(self, text: str, reservation: Reservation) -> PreparedDocument:
        documents = self.engine.documents
        if text not in documents:
            await reservation.take(preparation_points(text, self.limits.tokens))
            async with self.admission.preparing(reservation.client):
                return documents.get(text)
        return documents.get(text)

    def _conditional(
        self,
        exchange: GraphQLExchange,
        text: str,
        operation: PreparedOperation,
        request: GraphQLRequest,
    ) -> ConditionalRequest[ContextT] | None:
        """Only for GET: no cache keeps the response to a POST."""
        if self._etags is None:
            return None
        return ConditionalRequest(
            self._etags,
            exchange.request.headers.get("if-none-match", ""),
            request=[exchange.media_type, text, operation.name, request.variables],
            needed=self.engine.permissions.needed(operation),
        )

    async def _run(
        self, exchange: GraphQLExchange, principal: PrincipalT, run: "_Run[ContextT]"
    ) -> Answer:
        if run.is_conditional:
            await run.reservation.take(UNCHANGED_COST)
        else:
            await _begin(run)
        seconds = self.limits.request_seconds
        writes = run.operation.type.value == "mutation"
        try:
            return await finish_within(seconds, self._in_context(exchange, principal, run))
        except TookTooLongError:
            return Answer(200, {"data": None, "errors": [timed_out(seconds, writes=writes)]})
        except ApiError as error:
            return exchange.request_error([formatted(error, ErrorCode.BAD_REQUEST)])

    async def _in_context(
        self, exchange: GraphQLExchange, principal: PrincipalT, run: "_Run[ContextT]"
    ) -> Answer:
        operation = Operation(run.operation.name, run.operation.type.value, run.text)
        async with self._application.context(principal, exchange.request, operation) as context:
            try:
                if run.is_conditional:
                    if unchanged := await run.unchanged(context):
                        return unchanged
                    await _begin(run)
                return await self._executed(exchange, principal, run, context)
            finally:
                exchange.statements = context.statements

    async def _executed(
        self,
        exchange: GraphQLExchange,
        principal: PrincipalT,
        run: "_Run[ContextT]",
        context: ContextT,
    ) -> Answer:
        execute = self.engine.execute
        permissions = self.engine.permissions
        forbidden = permissions.forbidden(run.operation, principal.scopes, run.variables)
        exchange.executor = execute.chosen(run.operation, run.variables)
        result = await execute(run.operation, run.variables, context, forbidden)
        if not result.errors:
            return await run.answer(context, {"data": result.data})
        shown, unexpected = execution_errors(result.errors, exchange.request.id, self.limits.errors)
        exchange.unexpected.extend(unexpected)
        if result.data is None and all(error.path is None for error in result.errors):
            return exchange.request_error(shown)
        payload = {"data": result.data, "errors": shown}
        if only_forbidden(result.errors):
            return await run.answer(context, payload)
        return Answer(200, payload)


@dataclass(slots=True)
class _Run(Generic[ContextT]):
    """A valid operation that may be executed, and with what."""

    operation: PreparedOperation
    text: str
    variables: dict[str, Any]
    reservation: Reservation
    cost: int
    conditional: ConditionalRequest[ContextT] | None
    """None if the response gets no entity tag."""

    @property
    def is_conditional(self) -> bool:
        """True if it is executed only if something has changed."""
        return self.conditional is not None and self.conditional.is_conditional

    async def unchanged(self, context: ContextT) -> Answer | None:
        headers = self.conditional and await self.conditional.unchanged(context)
        return Answer(304, {}, headers) if headers else None

    async def answer(self, context: ContextT, payload: dict[str, Any]) -> Answer:
        """The answer of an operation that would have the same errors again, if it has any."""
        if self.conditional is None:
            return Answer(200, payload)
        headers, is_known = await self.conditional.answered(context)
        return Answer(304 if is_known else 200, payload, headers)


async def _begin(run: _Run[Any]) -> None:
    """Let the operation begin, for what was not taken of its cost yet."""
    run.reservation.begin(run.cost)
    rest = run.cost - (UNCHANGED_COST if run.is_conditional else 0)
    if rest > 0:
        await run.reservation.take(rest)
    set_current_quota(run.reservation.quota)
