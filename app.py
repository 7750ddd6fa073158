"""The composition root: `create_app` wires everything together, and nothing else does."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import schema
from auth.access_tokens import AccessTokens, Issuer
from auth.bearer import Bearers, UnauthenticatedError
from auth.client_authentication import ClientAuthentication
from auth.clock import Clock
from auth.discovery import JWKS_PATH, METADATA_PATH, Discovery
from auth.narrowing import HEADER as TENANT_HEADER
from auth.narrowing import Narrowing, OutOfReachError
from auth.oauth_clients import OAuthClients
from auth.principal import Principal
from auth.sealing import Sealing
from auth.signing_keys import SigningKeys
from auth.token_endpoint import TokenEndpoint
from db.migrations import state
from db.session import Database
from execution.executor import executor
from execution.http import AuthFailure, GraphQLEndpoint
from execution.logs import configure_logging
from execution.rate import Buckets, LocalBuckets
from execution.redis_buckets import RedisBuckets
from execution.request_id import RequestIdMiddleware
from execution.requests import forbidden
from resolvers.context import Context
from settings import Settings, load
from web.assets import DemoContent, graphiql_routes

READY_SECONDS = 5.0
"""How long `/readyz` waits for the database: probes give up soon after."""

_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

log = structlog.get_logger("app")


def create_app(
    settings: Settings, *, demo: DemoContent | None = None, clock: Clock | None = None
) -> Starlette:
    """The application. `demo` is shown to every visitor of GraphiQL, key included."""
    database = Database(settings.database_url, pool_size=settings.database_connections)
    clock = clock or Clock()
    issuer = Issuer(url=settings.public_url, lifetime=timedelta(seconds=settings.token_seconds))
    signing_keys = SigningKeys(database, clock, Sealing(settings.sealing_secret))
    oauth_clients = OAuthClients(database, clock)
    access_tokens = AccessTokens(clock, signing_keys, oauth_clients, issuer)
    bearers = Bearers(database, clock, access_tokens)
    narrowing = Narrowing(database, clock)
    rate = settings.limits.rate
    buckets: Buckets = (
        RedisBuckets(settings.redis_url, rate) if settings.redis_url else LocalBuckets(rate)
    )

    async def authenticate(headers: Headers) -> Principal | AuthFailure:
        try:
            return await bearers.principal(headers.get("authorization"))
        except UnauthenticatedError as refused:
            return AuthFailure(str(refused), challenge=refused.challenge)

    @asynccontextmanager
    async def open_context(principal: Principal, request: Request) -> AsyncIterator[Context]:
        try:
            # Not earlier: a client's points and its place in the log are the same for every part.
            acting = await narrowing.narrow(principal, request.headers.get(TENANT_HEADER))
        except OutOfReachError:
            raise forbidden(f"{TENANT_HEADER} names no tenant that you may see.") from None
        async with database.read(acting.scope) as session:
            yield Context(
                principal=acting,
                session=session,
                # A header may be sent in several lines; they are one list.
                accept_language=",".join(request.headers.getlist("accept-language")),
                now=clock.now(),
            )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await bearers.close()
        await buckets.close()
        await database.close()

    graph = schema.build_schema()
    graphql = GraphQLEndpoint(
        graph,
        authenticate=authenticate,
        open_context=open_context,
        client_name=lambda principal: f"{principal.tenant_number}/{principal.client_name}",
        count_statements=lambda context: context.session.statements,
        needs=schema.needs(graph),
        granted=lambda principal: principal.permissions,
        limits=settings.limits,
        execute=executor(graph, settings.limits, settings.executor),
        buckets=buckets,
    )
    token_endpoint = TokenEndpoint(
        ClientAuthentication(database, clock, oauth_clients, issuer),
        access_tokens,
        oauth_clients,
        body_seconds=settings.limits.body_seconds,
    )
    discovery = Discovery(issuer, signing_keys)
    return Starlette(
        routes=[
            Route("/graphql", graphql),
            Route("/oauth/token", token_endpoint, methods=["POST"]),
            Route(METADATA_PATH, discovery.metadata),
            Route(JWKS_PATH, discovery.keys),
            Route("/schema.graphql", _PrintedSchema(), methods=["GET"]),
            Route("/healthz", _healthz),
            Route("/readyz", _Readiness(database), methods=["GET"]),
            *graphiql_routes(demo),
        ],
        middleware=[Middleware(RequestIdMiddleware), Middleware(SecurityHeadersMiddleware)],
        lifespan=lifespan,
    )


def from_environment() -> Starlette:
    """The application of one worker process, which has nothing but its environment to go by."""
    settings = load()
    set_up_logging(settings)
    return create_app(settings)


def set_up_logging(settings: Settings) -> None:
    """Everything to stderr as JSON lines; the line of an operation is the only access log."""
    configure_logging(level=logging.getLevelNamesMapping()[settings.log_level.upper()])
    logging.getLogger("uvicorn.access").propagate = False
    # It would introduce itself at every readiness probe.
    logging.getLogger("alembic").setLevel(logging.WARNING)


class SecurityHeadersMiddleware:
    """Says to browsers what no answer of ours needs. A route's own header wins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


async def _healthz(_request: Request) -> Response:
    """The process answers. Nothing else is asked, or a slow database would get it restarted."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


class _Readiness:
    """200 while the database answers and has the tables this program expects, 503 otherwise."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = await self._reason()
        body = {"status": "unavailable", "reason": reason} if reason else {"status": "ready"}
        headers = {"Cache-Control": "no-store"}
        await JSONResponse(body, 503 if reason else 200, headers)(scope, receive, send)

    async def _reason(self) -> str | None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                applied = await state.applied(self._engine)
        except Exception:
            # What the driver says may name hosts and roles: it is for the log alone.
            log.warning("the database cannot be reached", exc_info=True)
            return "The database cannot be reached."
        if applied == state.expected():
            return None
        return (
            f"The database is at revision {applied or 'none'}, this program expects "
            f"{state.expected()}: run `partnergraph migrate`."
        )


class _PrintedSchema:
    """The schema as partners' tools read it. It holds no data, so no key is asked for."""

    def __init__(self) -> None:
        self._text = schema.printed()
        self._etag = f'"{hashlib.sha256(self._text.encode()).hexdigest()[:32]}"'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = Headers(scope=scope).get("if-none-match", "")
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        headers = {"ETag": self._etag, "Cache-Control": "no-cache"}
        if tags & {self._etag, "*"}:
            response = Response(status_code=304, headers=headers)
        else:
            response = Response(self._text, headers=headers, media_type="text/plain")
        await response(scope, receive, send)
