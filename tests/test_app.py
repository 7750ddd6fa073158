"""What is served beside the graph: health, readiness, the schema, headers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

import schema
from app import create_app
from settings import Settings
from tests.support.databases import Databases, Engine
from web.assets import DemoContent

DEMO = DemoContent(
    api_key="pgk_demo",
    order_number="A-1",
    references=[],
    portal_key="pgk_portal",
    customer_number="K-1",
)


@asynccontextmanager
async def serving(url: str, demo: DemoContent | None = None) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(database_url=url), demo=demo)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        yield client


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(database_url) as client:
        yield client


async def test_health_and_readiness_need_no_key(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert ready.headers["cache-control"] == "no-store"


async def test_a_database_without_tables_is_not_ready_and_says_what_to_do(
    databases: Databases, engine: Engine
) -> None:
    with databases.bare(engine) as url:
        async with serving(url) as client:
            response = await client.get("/readyz")
            healthy = await client.get("/healthz")
    assert response.status_code == 503
    assert "run `partnergraph migrate`" in response.json()["reason"]
    assert healthy.status_code == 200


async def test_an_unreachable_database_is_not_ready_and_names_no_host() -> None:
    url = "postgresql+asyncpg://me:hunter2@127.0.0.1:1/orders"
    async with serving(url) as client:
        response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["reason"] == "The database cannot be reached."


async def test_the_printed_schema_is_served_and_revalidated(client: httpx.AsyncClient) -> None:
    first = await client.get("/schema.graphql")
    assert first.text == schema.printed()
    etag = first.headers["etag"]
    for known in (etag, f'"other", W/{etag}', "*"):
        again = await client.get("/schema.graphql", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    other = await client.get("/schema.graphql", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/schema.graphql", "/graphql", "/nowhere"])
async def test_every_answer_has_a_request_id_and_tells_browsers_to_trust_nothing(
    client: httpx.AsyncClient, path: str
) -> None:
    response = await client.get(path, headers={"X-Request-Id": "abc-1"})
    assert response.headers["x-request-id"] == "abc-1"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/schema.graphql", "/graphiql"])
async def test_what_is_only_read_cannot_be_posted_to(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path)).status_code == 405


async def test_the_demo_key_is_in_the_page_in_demo_mode_only(
    database_url: str, client: httpx.AsyncClient
) -> None:
    async with serving(database_url, DEMO) as demo:
        in_demo = await demo.get("/graphiql")
    usual = await client.get("/graphiql")
    if in_demo.status_code == 200:
        assert "pgk_demo" in in_demo.text
        assert "pgk_portal" not in in_demo.text
    assert "pgk_" not in usual.text


async def test_sessions_are_handed_out_in_demo_mode_alone(
    database_url: str, client: httpx.AsyncClient
) -> None:
    async with serving(database_url, DEMO) as demo:
        assert (await demo.get("/widget/demo-token")).status_code == 405
    assert (await client.get("/widget/demo-token")).status_code == 404
