"""An operation that takes too long is cancelled, and so are its statements."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
import strawberry
from sqlalchemy import func, literal, select

from db.models import Product
from db.scope.tenant_scope import TenantScope
from db.session import Database, ReadSession
from execution.engine import Engine
from ratelimit.buckets import LocalBuckets
from resolvers.loaders import Loaders
from server.admission import Admission
from server.boundary import Boundary
from server.graphql import GraphQLEndpoint
from server.limits import ServerLimits
from server.protocols import Operation
from server.requests import Request
from tests.execution.support import Caller
from tests.support.postgres import connect


def endless(dialect: str) -> Any:
    """A statement that takes too long."""
    if dialect == "postgresql":
        return select(func.count(), func.pg_sleep(600)).select_from(Product)
    numbers = select(literal(1).label("n")).cte(recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 10**12))
    products = select(func.count()).select_from(Product).scalar_subquery()
    return select(func.count(), products).select_from(numbers)


class Context:
    def __init__(self, session: ReadSession) -> None:
        self.session = session
        self.loaders = Loaders(session)

    @property
    def statements(self) -> int:
        return self.session.statements


Info = strawberry.Info[Context, None]


async def wait(context: Context, *_: Any) -> list[int]:
    await context.session.rows(endless(context.session.dialect))
    return [0]


async def asked(info: Info) -> int:
    """Sends the statement in the resolver itself."""
    return (await wait(info.context))[0]


async def loaded(info: Info) -> int:
    """Sends the statement by a loader, in another task."""
    return await info.context.loaders.value("wait", partial(wait, info.context), 1)


async def products(info: Info) -> int:
    return await info.context.session.scalar(select(func.count()).select_from(Product)) or 0


@strawberry.type
class Query:
    asked: int = strawberry.field(resolver=asked)
    loaded: int = strawberry.field(resolver=loaded)
    products: int = strawberry.field(resolver=products)


@dataclass
class Application:
    database: Database

    async def authenticate(self, _request: Request) -> Caller:
        return Caller("CRM")

    @asynccontextmanager
    async def context(
        self, _principal: Caller, _request: Request, _operation: Operation
    ) -> AsyncIterator[Context]:
        async with self.database.read(TenantScope.carrier()) as session:
            yield Context(session)


@dataclass
class Served:
    database: Database
    http: httpx.AsyncClient

    async def ask(self, query: str) -> dict[str, Any]:
        # Without cancellation in the database, the answer would not come in time.
        async with asyncio.timeout(120):
            response = await self.http.post("/graphql", json={"query": query})
        answer: dict[str, Any] = response.json()
        return answer


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    database = Database(database_url, pool_size=1)

    limits = ServerLimits(request_seconds=0.3)
    endpoint = GraphQLEndpoint(
        Engine[Context](strawberry.Schema(Query), limits, executor_name="core"),
        Application(database),
        limits=limits,
        admission=Admission(limits, LocalBuckets(limits.rate)),
    )
    transport = httpx.ASGITransport(Boundary({"/graphql": endpoint}))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Served(database, http)
    await database.close()


@pytest.mark.parametrize("field", ["asked", "loaded", "a: asked b: loaded c: asked"])
async def test_a_statement_ends_with_its_operation(
    served: Served, database_url: str, field: str
) -> None:
    answer = await served.ask(f"{{ {field} }}")
    assert answer["data"] is None
    [error] = answer["errors"]
    assert error["message"] == "The operation did not end within 0.3 seconds and was cancelled."
    assert error["extensions"] == {"code": "TIMEOUT", "limit": "requestSeconds", "maximum": 0.3}
    assert await running(database_url) == 0
    # The only connection of the pool is free for the next operation.
    assert (await served.ask("{ products }"))["data"] == {"products": 0}


async def running(database_url: str) -> int:
    """The number of other statements that PostgreSQL is executing."""
    if not database_url.startswith("postgresql"):
        return 0
    connection = await connect(database_url)
    try:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND state = 'active' AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
    return count
