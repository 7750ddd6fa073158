"""The composition root: `create_app` wires everything together, and nothing else does."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route

import schema
from auth import support
from auth.clock import Clock
from auth.login_throttle import SourceMiddleware
from auth.oauth_scopes import OAuthScope
from auth.principal import Principal, PrincipalKind
from auth.signed_tokens import SignedToken
from db.read_audit import ReadAudit
from db.session import Database
from execution.executor import executor
from ordering.request_clock import RequestClock
from ratelimit.buckets import Buckets, LocalBuckets
from ratelimit.redis_buckets import RedisBuckets
from ratelimit.redis_server import RedisServer
from resolvers.context import Context
from server.cors import Cors
from server.endpoints import PrintedSchema, Readiness, SecurityHeadersMiddleware, healthz
from server.freshness import ContextEtagSource
from server.graphql import ASKED, GraphQLEndpoint
from server.identity import Identity
from server.intake import IntakeEndpoint, Part
from server.logs import configure_logging
from server.persisted import (
    LocalDocuments,
    PersistedDocuments,
    RedisDocuments,
    read_trusted,
)
from server.request_id import RequestIdMiddleware, current_request_id
from server.requests import forbidden
from settings import Settings, load
from web.assets import DemoContent, graphiql_routes
from web.demo_portal import DemoPortal
from web.widget_routes import operations, widget_routes


def create_app(
    settings: Settings, *, demo: DemoContent | None = None, clock: Clock | None = None
) -> Starlette:
    """The application. `demo` is what every visitor of its pages may use."""
    database = Database(settings.database_url, pool_size=settings.database_connections)
    clock = clock or Clock()
    redis = RedisServer(settings.redis_url) if settings.redis_url else None
    identity = Identity(settings, database, clock, redis)
    rate = settings.limits.rate
    buckets: Buckets = RedisBuckets(redis, rate) if redis else LocalBuckets(rate)
    documents = LocalDocuments()
    persisted = PersistedDocuments(
        RedisDocuments(redis, documents) if redis else documents,
        trusted=_trusted(settings),
        trusted_only=settings.trusted_documents_only,
    )

    async def reported_part(principal: Principal, headers: Headers) -> Part:
        acting = await identity.narrowed(principal, headers)
        return Part(acting.tenant_number, acting.tenant_scope)

    @asynccontextmanager
    async def open_context(principal: Principal, request: Request) -> AsyncIterator[Context]:
        # Not earlier: a client's points and its place in the log are the same for every part.
        acting = await identity.narrowed(principal, request.headers)
        try:
            person = support.person(acting, request.headers.get(support.HEADER))
        except support.UnnamedPersonError as error:
            raise forbidden(str(error)) from None
        async with database.read(acting.tenant_scope) as session:
            if acting.kind is PrincipalKind.SUPPORT:
                session.read_audit = ReadAudit()
            yield Context(
                principal=acting,
                session=session,
                # A header may be sent in several lines; they are one list.
                accept_language=",".join(request.headers.getlist("accept-language")),
                present=RequestClock(clock.now()),
            )
        # Not reached where the operation failed as a whole, and nothing was answered.
        if session.read_audit is not None:
            operation, document = request.scope["state"][ASKED]
            await support.record_reads(
                database,
                acting,
                session.read_audit,
                on_behalf_of=person,
                operation=operation,
                document=document,
                request_id=current_request_id(),
                at=clock.now(),
            )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        identity.start()
        yield
        await identity.close()
        if redis:
            await redis.close()
        await database.close()

    graph = schema.build_schema()
    graphql = GraphQLEndpoint(
        graph,
        authenticate=identity.authenticate,
        open_context=open_context,
        client_name=lambda principal: principal.account,
        count_statements=lambda context: context.session.statements,
        needs=schema.needs(graph),
        granted=lambda principal: principal.scopes,
        reads_only=lambda principal: principal.kind is PrincipalKind.WIDGET_SESSION,
        limits=settings.limits,
        execute=executor(graph, settings.limits, settings.executor),
        buckets=buckets,
        persisted=persisted,
        freshness=ContextEtagSource(),
    )
    intake = IntakeEndpoint(
        database,
        authenticate=identity.authenticate,
        may_report=lambda principal: OAuthScope.PROGRESS_REPORT in principal.scopes,
        part_of=reported_part,
        client_name=lambda principal: principal.account,
        limits=settings.limits,
        admission=graphql.admission,
        now=clock.now,
    )
    return Starlette(
        routes=[
            Route(
                "/graphql", Cors(graphql, identity.origins, issuer=identity.widget_sessions.issuer)
            ),
            Route("/intake", intake),
            # Whoever notifies as the standard says appends the name of the event to its callback.
            Route("/intake/listener/{event}", intake),
            *identity.routes(buckets),
            Route("/schema.graphql", PrintedSchema(), methods=["GET"]),
            Route("/healthz", healthz),
            Route("/readyz", Readiness(database), methods=["GET"]),
            *graphiql_routes(demo),
            *widget_routes(_demo_portal(settings, identity, demo) if demo else None),
        ],
        middleware=[
            Middleware(RequestIdMiddleware),
            Middleware(SecurityHeadersMiddleware),
            Middleware(SourceMiddleware),
        ],
        lifespan=lifespan,
    )


def _trusted(settings: Settings) -> dict[str, str]:
    """The documents that are served whatever is configured, and those that are registered."""
    registered = read_trusted(settings.trusted_documents) if settings.trusted_documents else {}
    return {**operations(), **registered}


def _demo_portal(settings: Settings, identity: Identity, demo: DemoContent) -> DemoPortal:
    async def make_session(origin: str, customer_number: str | None) -> SignedToken | None:
        return await identity.page_session(
            demo.portal_key, origin=origin, customer_number=customer_number
        )

    return DemoPortal(
        make_session,
        customer_number=demo.customer_number,
        url=settings.public_url,
        body_seconds=settings.limits.body_seconds,
    )


def from_environment() -> Starlette:
    """The application of one worker process, which has nothing but its environment to go by."""
    settings = load()
    set_up_logging(settings)
    app = create_app(settings)
    collect_rarely()
    return app


def collect_rarely() -> None:
    """Set the garbage collector for a process that has made everything it keeps for good."""
    gc.collect()
    # Some 200,000 objects that are never freed: full collections leave them out.
    gc.freeze()
    # Requests, and documents that are dropped from the cache, are freed by their reference counts.
    # What remains are validators of new documents, which die young, and types of records that no
    # cached statement uses any more. Measured with 20,000 new documents in a row: 88 collections
    # of the second generation and 1 of the third, at most 50 ms each, and memory stays level.
    gc.set_threshold(10_000, 20, 50)


def set_up_logging(settings: Settings) -> None:
    """Everything to stderr as JSON lines; the line of an operation is the only access log."""
    configure_logging(level=logging.getLevelNamesMapping()[settings.log_level.upper()])
    logging.getLogger("uvicorn.access").propagate = False
    # It would introduce itself at every readiness probe.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # So would each question to the identity provider; those that fail have a line of ours.
    logging.getLogger("httpx").setLevel(logging.WARNING)
