"""A small schema of its own, and an application that serves it the way the product does."""

import asyncio
import io
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, NewType

import httpx
import orjson
import strawberry
from graphql import GraphQLError
from starlette.requests import Request as PageRequest
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from execution.engine import Engine
from execution.errors import ApiError, ErrorCode
from execution.executor import ExecutorName
from execution.input_permissions import Needs
from ratelimit.buckets import Buckets, LocalBuckets
from server.admission import Admission
from server.boundary import Boundary
from server.errors import unauthenticated
from server.etags import EtagSource
from server.graphql import GraphQLEndpoint
from server.limits import ServerLimits
from server.logs import reset_logging
from server.negotiation import GRAPHQL_RESPONSE
from server.persisted import PersistedDocuments
from server.protocols import Operation
from server.requests import Request


@dataclass(frozen=True)
class Caller:
    """A principal of this application."""

    account: str
    scopes: frozenset[str] = frozenset()
    reads_only: bool = False


KEY = "good-key"
CLIENT = "acme"
OTHER_KEY = "other-key"
READERS_KEY = "readers-key"
KEYS = {
    KEY: Caller(CLIENT),
    OTHER_KEY: Caller("other"),
    READERS_KEY: Caller("reader", reads_only=True),
}
SECRET = "the database password is hunter2"

Even = NewType("Even", int)


def parse_even(value: object) -> Even:
    if not isinstance(value, int) or value % 2:
        raise GraphQLError("Even numbers only.")
    return Even(value)


@dataclass
class Context:
    """What a resolver of this schema sees."""

    events: list[str]
    locale: str
    statements: int = 0


Info = strawberry.Info[Context, None]


@strawberry.type
class Thing:
    name: str = "thing"

    @strawberry.field
    def child(self) -> "Thing":
        return Thing()

    @strawberry.field
    def other(self) -> "Thing":
        return Thing()

    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError(SECRET)


@strawberry.input(one_of=True)
class Choice:
    name: strawberry.Maybe[str]
    number: strawberry.Maybe[int]


@strawberry.type
class Query:
    thing: Thing = strawberry.field(resolver=Thing)

    @strawberry.field
    def hello(self, info: Info, name: str = "world") -> str:
        info.context.events.append("resolved")
        info.context.statements += 2
        return f"hello {name}"

    @strawberry.field
    def locale(self, info: Info) -> str:
        return info.context.locale

    @strawberry.field
    def even(self, value: Even) -> int:
        return value

    @strawberry.field
    def evens(self, values: list[Even]) -> int:
        return len(values)

    @strawberry.field
    def choose(self, choice: Choice) -> str:
        return "chosen"

    @strawberry.field
    def echo(self, value: JSON) -> JSON:
        return value

    @strawberry.field
    def leak(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def plain_graphql_error(self) -> str | None:
        raise GraphQLError(SECRET)

    @strawberry.field
    def must(self) -> str:
        raise RuntimeError(SECRET)

    @strawberry.field
    def wrong_type(self) -> int | None:
        return SECRET  # type: ignore[return-value]

    @strawberry.field
    def refused(self) -> str | None:
        raise ApiError(
            "That is not yours.", code=ErrorCode.FORBIDDEN, extensions={"scope": "orders:read"}
        )


@strawberry.type
class Mutation:
    @strawberry.mutation
    def touch(self, info: Info) -> bool:
        info.context.events.append("touched")
        return True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncGenerator[int, None]:
        yield 1


schema = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    config=StrawberryConfig(
        scalar_map={Even: strawberry.scalar(name="Even", serialize=int, parse_value=parse_even)}
    ),
)


@dataclass
class Application:
    """What is served: principals by their keys, and contexts that note what happens."""

    events: list[str]
    keys: Mapping[str, Caller]
    operations: list[Operation] = field(default_factory=list)
    """For which a context was opened."""
    fails: str | None = None
    """Where the next contexts fail: `open`, `close`, or `forbid` to refuse."""

    async def authenticate(self, request: Request) -> Caller:
        self.events.append("authenticated")
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key == "crash":
            raise RuntimeError(SECRET)
        if key == "wait":
            await asyncio.Event().wait()
        if key not in self.keys:
            raise unauthenticated("Send a valid key.")
        return self.keys[key]

    @asynccontextmanager
    async def context(
        self, _principal: Caller, request: Request, operation: Operation
    ) -> AsyncIterator[Context]:
        if self.fails == "open":
            raise RuntimeError(SECRET)
        if self.fails == "forbid":
            raise ApiError("Not here.", code=ErrorCode.FORBIDDEN)
        self.events.append("opened")
        self.operations.append(operation)
        try:
            yield Context(self.events, request.headers.get("accept-language", "de"))
        finally:
            self.events.append("closed")
        if self.fails == "close":
            raise RuntimeError(SECRET)


@dataclass
class Served:
    """The application, a client that has a key, and what was seen from inside."""

    endpoint: GraphQLEndpoint[Caller, Context]
    app: ASGIApp
    http: httpx.AsyncClient
    log: io.BytesIO
    application: Application

    @property
    def events(self) -> list[str]:
        """What happened, in this order."""
        return self.application.events

    async def ask(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        accept: str = GRAPHQL_RESPONSE,
        operation: str | None = None,
    ) -> httpx.Response:
        """POST one operation."""
        body = {"query": query, "variables": variables, "operationName": operation}
        return await self.http.post("/graphql", json=body, headers={"Accept": accept})

    async def send(self, body: bytes, **headers: str) -> httpx.Response:
        """POST a body as it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(
            "/graphql", content=body, headers={"Content-Type": "application/json", **named}
        )

    async def raw(
        self,
        messages: Sequence[Message],
        *,
        method: str = "POST",
        query_string: bytes = b"",
        headers: Sequence[tuple[bytes, bytes]] = (),
        key: str = KEY,
    ) -> list[Message]:
        """Exchange ASGI messages; after the given ones, nothing more ever arrives."""
        pending = iter(messages)
        sent: list[Message] = []

        async def receive() -> Message:
            self.events.append("received")
            for message in pending:
                return message
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            self.events.append(message["type"])
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": "/graphql",
            "query_string": query_string,
            "headers": [
                (b"content-type", b"application/json"),
                (b"authorization", f"Bearer {key}".encode()),
                *headers,
            ],
        }
        await self.app(scope, receive, send)
        return sent

    def lines(self, event: str) -> list[dict[str, Any]]:
        """The log's lines with that event."""
        lines = [orjson.loads(line) for line in self.log.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]


def serve(
    limits: ServerLimits | None = None,
    *,
    served_schema: strawberry.Schema = schema,
    buckets: Buckets | None = None,
    persisted: PersistedDocuments | None = None,
    by: ExecutorName = "levels",
    etags: EtagSource[Context] | None = None,
    needs: Needs | None = None,
    keys: Mapping[str, Caller] = KEYS,
) -> Served:
    """The application with its own documents, events and log buffer."""
    limits = limits or ServerLimits()
    application = Application([], keys)

    async def crash(_request: PageRequest) -> Response:
        raise RuntimeError(SECRET)

    endpoint = GraphQLEndpoint(
        Engine[Context](served_schema, limits, needs=needs, executor_name=by),
        application,
        limits=limits,
        admission=Admission(limits, buckets or LocalBuckets(limits.rate)),
        persisted=persisted,
        etags=etags,
    )
    app = Boundary({"/graphql": endpoint}, [Route("/crash", crash)])
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://test",
        headers={"Authorization": f"Bearer {KEY}"},
    )
    return Served(endpoint, app, http, io.BytesIO(), application)


@contextmanager
def logging_restored() -> Iterator[None]:
    """Puts back the logging of the process, which an application configures for itself."""
    loggers = [logging.getLogger(f"uvicorn{suffix}") for suffix in ("", ".error", ".access")]
    before = [(logger, logger.handlers, logger.level) for logger in (logging.root, *loggers)]
    # The tests' own client logs the addresses it asks for, GET queries included.
    logging.getLogger("httpx").disabled = True
    yield
    logging.getLogger("httpx").disabled = False
    for logger, handlers, level in before:
        logger.handlers = handlers
        logger.setLevel(level)
    reset_logging()


def data(response: httpx.Response) -> Any:
    """The data of a response without errors."""
    answer = response.json()
    assert "errors" not in answer
    return answer["data"]


def only_error(response: httpx.Response) -> dict[str, Any]:
    """The single error of a response."""
    (error,) = response.json()["errors"]
    assert isinstance(error, dict)
    return error


def code(response: httpx.Response) -> str:
    """The code of a response's single error."""
    return str(only_error(response)["extensions"]["code"])
