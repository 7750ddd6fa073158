"""GraphQL over HTTP: one endpoint, from the request's headers to the encoded response.

https://graphql.github.io/graphql-over-http/draft/
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Generic, TypeVar
from uuid import uuid4

from graphql import OperationType
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.schema import Schema

from execution.documents import DocumentCache, PreparedDocument, PreparedOperation
from execution.errors import (
    ApiError,
    ErrorCode,
    FormattedError,
    execution_errors,
    formatted,
    internal_error,
)
from execution.executor import Executor, create_executor
from execution.limits import Limits
from execution.permissions import FieldPermissions, Needs, only_forbidden
from ratelimit.buckets import Buckets, LocalBuckets, set_current_quota
from server.admission import Admission, Reservation, preparation_points
from server.answers import Answer, actual_cost, cost_exceeded, refusal, too_slow
from server.etags import UNCHANGED_COST, ConditionalRequest, EtagSource
from server.logs import OperationRecord
from server.negotiation import GRAPHQL_RESPONSE, JSON, choose_media_type
from server.persisted import PersistedDocuments
from server.request_id import current_request_id
from server.requests import (
    RequestRefusedError,
    bad_request,
    forbidden,
    read_get,
    read_post,
    unavailable,
)

ClientT = TypeVar("ClientT")
ContextT = TypeVar("ContextT")


@dataclass(frozen=True, slots=True)
class AuthFailure:
    """Why a request has no client. The message is shown: it must not say what nearly matched."""

    message: str = "Send a valid API key as 'Authorization: Bearer …'."
    challenge: str = "Bearer"
    """What ``WWW-Authenticate`` says with a 401."""


ASKED = "asked"
"""Under this name the state of a request holds the operation's name and its document."""


class GraphQLEndpoint(Generic[ClientT, ContextT]):
    """An ASGI application that serves a Strawberry schema at the path it is routed to.

    - ``authenticate`` gets the request's headers and decides before anything of the body is read.
    - ``open_context`` is entered for each operation, once its document is known to be valid, and
      left before the response is sent: whatever it holds is released, or has failed, by then.
    - ``client_name`` is what the logs call a client, and whom the limits count as one.
    - ``count_statements`` says how many database statements a context's operation made.
    - ``needs`` says which scopes fields need, and ``granted`` which ones a client has.
    - ``reads_only`` says whether a client's mutations are refused, whatever it was granted.
    - ``execute`` is the execute step; by default graphql-core's.
    - ``buckets`` hold each client's points; in this process's memory by default.
    - ``persisted`` finds the documents of which a client sends the hash; in this process's memory
      by default.
    - ``freshness`` says what answers are made from, so that queries by GET get entity tags; by
      default there are none.

    Use it as ``Route("/graphql", endpoint)``; a ``Mount`` would redirect POSTs.
    """

    def __init__(
        self,
        schema: Schema,
        *,
        authenticate: Callable[[Headers], Awaitable[ClientT | AuthFailure]],
        open_context: Callable[[ClientT, Request], AbstractAsyncContextManager[ContextT]],
        client_name: Callable[[ClientT], str],
        count_statements: Callable[[ContextT], int] | None = None,
        needs: Needs | None = None,
        granted: Callable[[ClientT], frozenset[str]] = lambda _: frozenset(),
        reads_only: Callable[[ClientT], bool] = lambda _: False,
        limits: Limits | None = None,
        execute: Executor[ContextT] | None = None,
        buckets: Buckets | None = None,
        persisted: PersistedDocuments | None = None,
        freshness: EtagSource[ContextT] | None = None,
    ) -> None:
        if schema.extensions or schema.directives:
            raise ValueError("Strawberry's extensions and operation directives are not run here.")
        self.limits = limits or Limits()
        self.documents = DocumentCache(schema, self.limits)
        self.executed: Counter[str] = Counter()
        """How many operations each executor got."""
        self._admission = Admission(self.limits, buckets or LocalBuckets(self.limits.rate))
        self._persisted = persisted or PersistedDocuments()
        self._freshness = freshness
        self._authenticate = authenticate
        self._open_context = open_context
        self._client_name = client_name
        self._count_statements = count_statements
        self._permissions = FieldPermissions(schema._schema, needs or {})
        self._granted = granted
        self._reads_only = reads_only
        self._execute: Executor[ContextT] = execute or create_executor(schema, self.limits, "core")

    @property
    def admission(self) -> Admission:
        """For whoever serves the same clients by another path: they are counted together."""
        return self._admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        headers = Headers(scope=scope)
        exchange = _Exchange(scope, receive, headers, choose_media_type(headers.get("accept")))
        record = exchange.record
        try:
            answer = await self._answer(exchange)
            body = answer.body
        except ClientDisconnect:
            record.write((perf_counter() - started) * 1000)
            return
        except RequestRefusedError as refused:
            answer = refusal(refused)
            body = answer.body
        except Exception as error:
            # The boundary: masked for the client, logged whole.
            record.unexpected.append(error)
            answer = Answer(500, {"errors": [internal_error(exchange.request_id)]})
            body = answer.body
        record.status = answer.status
        record.errors = [error["extensions"]["code"] for error in answer.payload.get("errors", ())]
        record.write((perf_counter() - started) * 1000)
        described = {"Content-Type": f"{exchange.media_type or JSON}; charset=utf-8"}
        response = Response(
            body,
            answer.status,
            {
                **(described if body else {}),
                "Cache-Control": "no-store",
                "Vary": "Accept",
                **exchange.quota_headers,
                **answer.headers,
            },
        )
        await response(scope, receive, send)

    async def _answer(self, exchange: "_Exchange") -> Answer:
        """Everything up to a valid operation, then its execution."""
        method = exchange.scope["method"]
        if method not in {"GET", "POST"}:
            raise _not_allowed(f"{method} is not allowed here.", "GET, POST")
        client = await self._who(exchange.headers)
        exchange.record.client = self._client_name(client)
        with self._admission.admit(exchange.record.client) as ticket:
            exchange.ticket = ticket
            try:
                answer = await self._admitted(exchange, client, ticket)
            except RequestRefusedError:
                await ticket.charge_minimum()
                raise
            await ticket.charge_minimum()
            return answer

    async def _who(self, headers: Headers) -> ClientT:
        """Who asks; a refusal where nobody may, or where it cannot be told in time."""
        try:
            async with asyncio.timeout(self.limits.request_seconds) as timeout:
                client = await self._authenticate(headers)
        except TimeoutError:
            if not timeout.expired():
                raise
            raise unavailable("It could not be told in time who is asking.", 1) from None
        if isinstance(client, AuthFailure):
            error = ApiError(client.message, code=ErrorCode.UNAUTHENTICATED)
            raise RequestRefusedError(401, error, {"WWW-Authenticate": client.challenge})
        return client

    async def _admitted(
        self, exchange: "_Exchange", client: ClientT, ticket: Reservation
    ) -> Answer:
        method = exchange.scope["method"]
        if exchange.media_type is None:
            raise bad_request(f"Accept {GRAPHQL_RESPONSE} or {JSON}.", 406)
        if method == "GET":
            request = read_get(exchange.scope, self.limits)
        else:
            request = await read_post(exchange.headers, exchange.receive, self.limits)

        try:
            text = await self._persisted.text(request)
        except ApiError as error:
            return exchange.request_error([formatted(error, ErrorCode.BAD_REQUEST)])
        document = await self._document(text, ticket)
        try:
            operation = document.operation(request.operation_name)
        except ApiError as error:
            unknown = [formatted(error, ErrorCode.BAD_REQUEST)]
            return exchange.request_error(document.errors or unknown)
        exchange.record.operation = operation.name
        exchange.record.type = operation.type.value
        # For whoever opens the context and has to say what was asked.
        exchange.scope.setdefault("state", {})[ASKED] = (operation.name, request.query)
        if method == "GET" and operation.type is OperationType.MUTATION:
            raise _not_allowed("Mutations are only allowed by POST.", "POST")
        if operation.type is OperationType.MUTATION and self._reads_only(client):
            raise forbidden("Your credential is for reading: it changes nothing.")
        if operation.cost is None:
            return exchange.request_error(document.errors)
        if operation.type is OperationType.SUBSCRIPTION:
            raise bad_request("Subscriptions are not served here.")
        await self._persisted.keep(request)

        cost = operation.cost.requested(request.variables)
        if cost > self.limits.cost:
            answer = exchange.request_error([cost_exceeded(cost, self.limits.cost)])
            actual = 1
        else:
            asked = _Asked(
                operation,
                request.variables,
                ticket,
                cost,
                self._question(exchange, text, operation, request.variables),
            )
            answer = await self._run(exchange, client, asked)
            actual = actual_cost(operation.cost, request.variables, answer.payload, cost)
            await ticket.give((ticket.cost or UNCHANGED_COST) - actual)
        exchange.record.cost = actual
        answer.payload["extensions"] = {"cost": {"requested": cost, "actual": actual}}
        return answer

    async def _document(self, text: str, ticket: Reservation) -> PreparedDocument:
        if text not in self.documents:
            await ticket.take(preparation_points(text, self.limits))
            async with self._admission.preparing(ticket.client):
                return self.documents.get(text)
        return self.documents.get(text)

    def _question(
        self,
        exchange: "_Exchange",
        text: str,
        operation: PreparedOperation,
        variables: dict[str, Any],
    ) -> ConditionalRequest[ContextT] | None:
        """What may be asked again: by GET, since nobody keeps the answer to a POST."""
        if self._freshness is None or exchange.scope["method"] != "GET":
            return None
        return ConditionalRequest(
            self._freshness,
            exchange.headers,
            asked=[exchange.media_type, text, operation.name, variables],
            needed=self._permissions.needed(operation),
        )

    async def _run(
        self, exchange: "_Exchange", client: ClientT, asked: "_Asked[ContextT]"
    ) -> Answer:
        record = exchange.record
        if asked.is_conditional:
            await asked.ticket.take(UNCHANGED_COST)
        else:
            await self._begin(asked)
        try:
            http_request = Request(exchange.scope, exchange.receive)
            async with (
                asyncio.timeout(self.limits.request_seconds) as timeout,
                self._open_context(client, http_request) as context,
            ):
                try:
                    if asked.is_conditional and (answer := await asked.unchanged(context)):
                        return answer
                    return await self._executed(exchange, client, asked, context)
                finally:
                    if self._count_statements is not None:
                        record.statements = self._count_statements(context)
        except TimeoutError:
            if not timeout.expired():
                raise
            return Answer(200, {"data": None, "errors": [too_slow(self.limits.request_seconds)]})
        except ApiError as error:
            return exchange.request_error([formatted(error, ErrorCode.BAD_REQUEST)])

    async def _begin(self, asked: "_Asked[ContextT]") -> None:
        """Let the operation begin, for what has not been taken of its cost."""
        self._admission.begin(asked.ticket, asked.cost)
        rest = asked.cost - (UNCHANGED_COST if asked.is_conditional else 0)
        if rest > 0:
            await asked.ticket.take(rest)
        set_current_quota(asked.ticket.quota)

    async def _executed(
        self, exchange: "_Exchange", client: ClientT, asked: "_Asked[ContextT]", context: ContextT
    ) -> Answer:
        record = exchange.record
        if asked.is_conditional:
            await self._begin(asked)
        forbidden = self._permissions.forbidden(asked.operation, self._granted(client))
        record.executor = self._execute.chosen(asked.operation, asked.variables)
        self.executed[record.executor] += 1
        result = await self._execute(asked.operation, asked.variables, context, forbidden)
        if not result.errors:
            return await asked.answer(context, {"data": result.data})
        shown, unexpected = execution_errors(result.errors, exchange.request_id, self.limits.errors)
        record.unexpected.extend(unexpected)
        if result.data is None and all(error.path is None for error in result.errors):
            return exchange.request_error(shown)
        answer = {"data": result.data, "errors": shown}
        if only_forbidden(result.errors):
            return await asked.answer(context, answer)
        return Answer(200, answer)


@dataclass(frozen=True, slots=True)
class _Asked(Generic[ContextT]):
    """An operation that may be executed, and with what."""

    operation: PreparedOperation
    variables: dict[str, Any]
    ticket: Reservation
    cost: int
    question: ConditionalRequest[ContextT] | None
    """None where the answer gets no entity tag."""

    @property
    def is_conditional(self) -> bool:
        """Whether it is executed only if something has changed."""
        return self.question is not None and self.question.is_conditional

    async def unchanged(self, context: ContextT) -> Answer | None:
        headers = self.question and await self.question.unchanged(context)
        return Answer(304, {}, headers) if headers else None

    async def answer(self, context: ContextT, payload: dict[str, Any]) -> Answer:
        """That of an operation with no errors but those that it will have again."""
        if self.question is None:
            return Answer(200, payload)
        headers, is_known = await self.question.answered(context)
        return Answer(304 if is_known else 200, payload, headers)


@dataclass(slots=True)
class _Exchange:
    """One HTTP request on its way to its answer."""

    scope: Scope
    receive: Receive
    headers: Headers
    media_type: str | None
    record: OperationRecord = field(default_factory=OperationRecord)
    ticket: Reservation | None = None
    request_id: str = field(default_factory=lambda: current_request_id() or uuid4().hex)

    @property
    def quota_headers(self) -> Mapping[str, str]:
        quota = self.ticket and self.ticket.quota
        return quota.headers if quota else {}

    def request_error(self, errors: Sequence[FormattedError]) -> Answer:
        """Nothing was executed, so there is no ``data``. Clients that only know plain JSON take
        any status but 200 for a failure of the transport and do not read the body."""
        return Answer(400 if self.media_type == GRAPHQL_RESPONSE else 200, {"errors": errors})


def _not_allowed(message: str, allow: str) -> RequestRefusedError:
    error = ApiError(message, code=ErrorCode.BAD_REQUEST)
    return RequestRefusedError(405, error, {"Allow": allow})
