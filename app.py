"""The composition root: `create_app` wires everything together, and nothing else does."""

import gc
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import schema
from auth.access_tokens import Issuer
from auth.clock import Clock
from auth.signed_tokens import SignedToken
from auth.widget_sessions import PATH as WIDGET_SESSIONS_PATH
from db.session import Database
from execution.engine import Engine
from ratelimit.buckets import Buckets, LocalBuckets, Policy
from ratelimit.redis_buckets import RedisBuckets
from ratelimit.redis_server import RedisServer
from resolvers.context import Context
from server.admission import Admission
from server.application import PartnerApplication
from server.authentication import Authentication
from server.boundary import Boundary
from server.cors import Cors
from server.discovery import discovery_routes
from server.endpoint import Endpoint
from server.etag_source import ContextEtagSource
from server.graphql import GraphQLEndpoint
from server.intake import IntakeEndpoint
from server.logs import configure_logging
from server.oauth_token import PATH as TOKEN_PATH
from server.oauth_token import TokenEndpoint
from server.persisted import LocalDocuments, PersistedDocuments, RedisDocuments, read_trusted
from server.printed_schema import schema_route
from server.probes import probe_routes
from server.widget_sessions import WidgetSessionEndpoint
from settings import Settings, load
from web.assets import DemoContent, graphiql_routes
from web.demo_portal import PATH as DEMO_TOKEN_PATH
from web.demo_portal import DemoPortal
from web.widget_routes import operations, widget_routes


def create_app(
    settings: Settings, *, demo: DemoContent | None = None, clock: Clock | None = None
) -> Boundary:
    """The application. `demo` is what its pages offer to every visitor."""
    database = Database(settings.database_url, pool_size=settings.database_connections)
    clock = clock or Clock()
    redis = RedisServer(settings.redis_url) if settings.redis_url else None
    limits = settings.limits
    issuer = Issuer(url=settings.public_url, lifetime=timedelta(seconds=settings.token_seconds))
    authentication = Authentication(
        database,
        clock,
        issuer=issuer,
        widget_lifetime=timedelta(seconds=settings.widget_seconds),
        signing_key_secret=settings.sealing_secret,
        provider=settings.identity_provider,
        attempts=_buckets(redis, Policy(settings.failed_attempts, 60.0), clock.monotonic),
    )
    admission = Admission(limits, _buckets(redis, limits.rate, time.monotonic))
    graph = schema.build_schema()
    engine: Engine[Context] = Engine(
        graph, limits, needs=schema.needs(graph), executor_name=settings.executor
    )
    graphql = GraphQLEndpoint(
        engine,
        PartnerApplication(database, clock, authentication),
        limits=limits,
        admission=admission,
        persisted=_persisted(settings, redis),
        etags=ContextEtagSource(),
        cors=Cors(authentication.origins, issuer=authentication.widget_sessions.issuer),
    )
    intake = IntakeEndpoint(
        database, authentication, limits=limits, admission=admission, now=clock.now
    )
    endpoints: dict[str, Endpoint[Any]] = {
        "/graphql": graphql,
        "/intake": intake,
        # A system that notifies by the standard appends the name of the event to its callback.
        "/intake/listener/{event}": intake,
        TOKEN_PATH: TokenEndpoint(
            authentication.client_authentication,
            authentication.access_tokens,
            authentication.credentials,
            admission,
            body_seconds=limits.body_seconds,
        ),
        WIDGET_SESSIONS_PATH: WidgetSessionEndpoint(
            authentication, limits=limits, admission=admission
        ),
    }
    if demo is not None:
        endpoints[DEMO_TOKEN_PATH] = _demo_portal(settings, authentication, demo)

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        authentication.start()
        yield
        await authentication.close()
        if redis:
            await redis.close()
        await database.close()

    return Boundary(
        endpoints,
        [
            *discovery_routes(issuer, authentication.signing_keys),
            schema_route(),
            *probe_routes(database),
            *graphiql_routes(demo),
            *widget_routes(),
        ],
        lifespan,
    )


def _buckets(redis: RedisServer | None, policy: Policy, monotonic: Callable[[], float]) -> Buckets:
    return RedisBuckets(redis, policy) if redis else LocalBuckets(policy, monotonic)


def _persisted(settings: Settings, redis: RedisServer | None) -> PersistedDocuments:
    """The widget's documents are always trusted, in addition to the registered ones."""
    local = LocalDocuments()
    registered = read_trusted(settings.trusted_documents) if settings.trusted_documents else {}
    return PersistedDocuments(
        RedisDocuments(redis, local) if redis else local,
        trusted={**operations(), **registered},
        trusted_only=settings.trusted_documents_only,
    )


def _demo_portal(
    settings: Settings, authentication: Authentication, demo: DemoContent
) -> DemoPortal:
    async def make_session(origin: str, customer_number: str | None) -> SignedToken | None:
        return await authentication.page_session(
            demo.portal_key, origin=origin, customer_number=customer_number
        )

    return DemoPortal(
        make_session,
        customer_number=demo.customer_number,
        url=settings.public_url,
        body_seconds=settings.limits.body_seconds,
    )


def from_environment() -> Boundary:
    """The application of a worker process, which gets nothing but its environment."""
    settings = load()
    set_up_logging(settings)
    app = create_app(settings)
    collect_rarely()
    return app


def collect_rarely(*, young: int = 10_000) -> None:
    """Set the garbage collector for a process that has made everything it keeps for good.

    `young` is the number of new objects after which it looks at them.
    """
    gc.collect()
    # Some 200,000 objects that are never freed: full collections leave them out.
    gc.freeze()
    # Requests, and documents that are dropped from the cache, are freed by their reference counts.
    # What remains are validators of new documents, which die young, and types of records that no
    # cached statement uses any more. Measured with 20,000 new documents in a row: 88 collections
    # of the second generation and 1 of the third, at most 50 ms each, and memory stays level.
    gc.set_threshold(young, 20, 50)


def set_up_logging(settings: Settings) -> None:
    """Everything to stderr as JSON lines; the line of an operation is the only access log."""
    configure_logging(level=logging.getLevelNamesMapping()[settings.log_level.upper()])
    logging.getLogger("uvicorn.access").propagate = False
    # It introduces itself at every readiness probe.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # It logs every request to the identity provider; failed ones have a line of ours.
    logging.getLogger("httpx").setLevel(logging.WARNING)
