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

import orjson
from graphql import OperationType
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.schema import Schema

from execution.admission import Admission, Ticket, preparation_points
from execution.cost import OperationCost
from execution.documents import DocumentCache, PreparedDocument, PreparedOperation
from execution.errors import (
    ApiError,
    ErrorCode,
    FormattedError,
    LimitExceededError,
    execution_errors,
    formatted,
    internal_error,
)
from execution.executor import Execute, executor
from execution.limits import Limits
from execution.logs import OperationRecord
from execution.negotiation import GRAPHQL_RESPONSE, JSON, choose_media_type
from execution.permissions import FieldPermissions, Needs
from execution.persisted import PersistedDocuments
from execution.rate import Buckets, LocalBuckets, set_current_quota
from execution.request_id import current_request_id
from execution.requests import (
    RequestRefusedError,
    bad_request,
    forbidden,
    read_get,
    read_post,
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


@dataclass(frozen=True, slots=True)
class Answer:
    """A response before it is encoded."""

    status: int
    payload: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def encoded(payload: Any) -> bytes:
    """A response, or a part of one, as JSON. Instants in UTC may stand in it as they are."""
    return orjson.dumps(payload, option=orjson.OPT_UTC_Z)


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
        execute: Execute[ContextT] | None = None,
        buckets: Buckets | None = None,
        persisted: PersistedDocuments | None = None,
    ) -> None:
        if schema.extensions or schema.directives:
            raise ValueError("Strawberry's extensions and operation directives are not run here.")
        self.limits = limits or Limits()
        self.documents = DocumentCache(schema, self.limits)
        self.executed: Counter[str] = Counter()
        """How many operations each executor got."""
        self._admission = Admission(self.limits, buckets or LocalBuckets(self.limits.rate))
        self._persisted = persisted or PersistedDocuments()
        self._authenticate = authenticate
        self._open_context = open_context
        self._client_name = client_name
        self._count_statements = count_statements
        self._permissions = FieldPermissions(schema._schema, needs or {})
        self._granted = granted
        self._reads_only = reads_only
        self._execute: Execute[ContextT] = execute or executor(schema, self.limits, "core")

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
            body = encoded(answer.payload)
        except ClientDisconnect:
            record.write((perf_counter() - started) * 1000)
            return
        except RequestRefusedError as refused:
            answer = _refusal(refused)
            body = encoded(answer.payload)
        except Exception as error:
            # The boundary: masked for the client, logged whole.
            record.unexpected.append(error)
            answer = Answer(500, {"errors": [internal_error(exchange.request_id)]})
            body = encoded(answer.payload)
        record.status = answer.status
        record.errors = [error["extensions"]["code"] for error in answer.payload.get("errors", ())]
        record.write((perf_counter() - started) * 1000)
        response = Response(
            body,
            answer.status,
            {
                "Content-Type": f"{exchange.media_type or JSON}; charset=utf-8",
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
        client = await self._authenticate(exchange.headers)
        if isinstance(client, AuthFailure):
            error = ApiError(client.message, code=ErrorCode.UNAUTHENTICATED)
            raise RequestRefusedError(401, error, {"WWW-Authenticate": client.challenge})
        exchange.record.client = self._client_name(client)
        with self._admission.admit(exchange.record.client) as ticket:
            exchange.ticket = ticket
            try:
                answer = await self._admitted(exchange, client, ticket)
            except RequestRefusedError:
                await ticket.take_something()
                raise
            await ticket.take_something()
            return answer

    async def _admitted(self, exchange: "_Exchange", client: ClientT, ticket: Ticket) -> Answer:
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
            answer = exchange.request_error([_too_dear(cost, self.limits.cost)])
            actual = 1
        else:
            self._admission.begin(ticket, cost)
            await ticket.take(cost)
            set_current_quota(ticket.quota)
            answer = await self._run(exchange, client, operation, request.variables)
            actual = _actual_cost(operation.cost, request.variables, answer.payload, cost)
            await ticket.give(cost - actual)
        exchange.record.cost = actual
        answer.payload["extensions"] = {"cost": {"requested": cost, "actual": actual}}
        return answer

    async def _document(self, text: str, ticket: Ticket) -> PreparedDocument:
        if text not in self.documents:
            await ticket.take(preparation_points(text, self.limits))
            async with self._admission.preparing(ticket.client):
                return self.documents.get(text)
        return self.documents.get(text)

    async def _run(
        self,
        exchange: "_Exchange",
        client: ClientT,
        operation: PreparedOperation,
        variables: dict[str, Any],
    ) -> Answer:
        record = exchange.record
        forbidden = self._permissions.forbidden(operation, self._granted(client))
        try:
            http_request = Request(exchange.scope, exchange.receive)
            async with (
                asyncio.timeout(self.limits.request_seconds) as timeout,
                self._open_context(client, http_request) as context,
            ):
                record.executor = self._execute.chosen(operation, variables)
                self.executed[record.executor] += 1
                try:
                    result = await self._execute(operation, variables, context, forbidden)
                finally:
                    if self._count_statements is not None:
                        record.statements = self._count_statements(context)
        except TimeoutError:
            if not timeout.expired():
                raise
            return Answer(200, {"data": None, "errors": [_too_slow(self.limits.request_seconds)]})
        except ApiError as error:
            return exchange.request_error([formatted(error, ErrorCode.BAD_REQUEST)])
        if not result.errors:
            return Answer(200, {"data": result.data})
        shown, unexpected = execution_errors(result.errors, exchange.request_id, self.limits.errors)
        record.unexpected.extend(unexpected)
        if result.data is None and all(error.path is None for error in result.errors):
            return exchange.request_error(shown)
        return Answer(200, {"data": result.data, "errors": shown})


@dataclass(slots=True)
class _Exchange:
    """One HTTP request on its way to its answer."""

    scope: Scope
    receive: Receive
    headers: Headers
    media_type: str | None
    record: OperationRecord = field(default_factory=OperationRecord)
    ticket: Ticket | None = None
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


def _refusal(refused: RequestRefusedError) -> Answer:
    errors = [formatted(refused.error, ErrorCode.BAD_REQUEST)]
    return Answer(refused.status, {"errors": errors}, refused.headers)


def _too_dear(cost: int, maximum: int) -> FormattedError:
    error = LimitExceededError(
        "cost",
        message=f"The operation may cost {cost} points, at most {maximum} are allowed: ask for "
        "smaller pages, or for fewer lists within lists",
        actual=cost,
        maximum=maximum,
    )
    return formatted(error, ErrorCode.LIMIT_EXCEEDED)


def _too_slow(seconds: float) -> FormattedError:
    error = ApiError(
        f"The operation did not end within {seconds:g} seconds and was cancelled.",
        code=ErrorCode.TIMEOUT,
        extensions={"limit": "requestSeconds", "maximum": seconds},
    )
    return formatted(error, ErrorCode.TIMEOUT)


def _actual_cost(
    cost: OperationCost, variables: dict[str, Any], payload: Mapping[str, Any], requested: int
) -> int:
    """What was used: counted in the result, unless an error has left less of it than was done."""
    if "data" not in payload:
        return 1  # nothing was executed
    data = payload["data"]
    if data is None or any(_took_its_parent(data, error) for error in payload.get("errors", ())):
        return requested
    return cost.actual(variables, data)


def _took_its_parent(data: Any, error: FormattedError) -> bool:
    """Whether null in place of an error's field has spread to what is around it."""
    *parents, _ = error.get("path") or (None,)
    for step in parents:
        data = data[step]
        if data is None:
            return True
    return False
