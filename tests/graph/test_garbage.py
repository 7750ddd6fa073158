"""A request frees everything that it made by itself: nothing waits for the garbage collector."""

import gc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from auth.oauth_scopes import READ_SCOPES, OAuthScope
from bench import scenarios
from tests.graph.client import BOUNDLESS, Client, serve
from tests.graph.sizes import MANY, fill
from tests.support.databases import Databases, Engine

REQUESTS = 4
WIDGET = Path(__file__).parents[2] / "web" / "widget" / "operations"


@pytest.fixture(scope="module")
async def client(databases: Databases, engine: Engine) -> AsyncIterator[Client]:
    with databases.empty(engine) as url:
        async with serve(url, limits=BOUNDLESS) as client:
            await fill(client, MANY)
            yield client


@contextmanager
def garbage() -> Iterator[Counter[str]]:
    """The types of the objects that only the garbage collector can free, counted at the end."""
    types: Counter[str] = Counter()
    gc.collect()
    # What exists already is not looked at again: there are half a million objects.
    gc.freeze()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield types
        gc.collect()
        types.update(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


class Asker:
    """Asks the ASGI application itself: an HTTP client makes garbage of its own."""

    def __init__(self, client: Client) -> None:
        transport: Any = client.http._transport
        self._app = transport.app
        self._client = client

    async def post(
        self,
        document: str,
        variables: dict[str, Any],
        *,
        granted: frozenset[OAuthScope] = READ_SCOPES,
    ) -> bytes:
        key = await self._client.key(self._client.tenant, granted)
        return await self.send(
            "POST", key, body=orjson.dumps({"query": document, "variables": variables})
        )

    async def send(self, method: str, key: str, *, body: bytes = b"", query: str = "") -> bytes:
        """The body of the answer."""
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            parts.append(message.get("body", b""))

        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "server": ("test", 80),
            "client": ("127.0.0.1", 5000),
            "scheme": "http",
            "method": method,
            "root_path": "",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "state": {},
        }
        await self._app(scope, receive, send)
        return b"".join(parts)


async def left_by(ask: Callable[[], Awaitable[bytes]], *, expected: bytes) -> Counter[str]:
    """The garbage of some requests whose documents and statements are known already."""
    for _ in range(3):
        assert expected in await ask()
    with garbage() as types:
        for _ in range(REQUESTS):
            await ask()
    return types


async def _variables(client: Client) -> dict[str, dict[str, Any]]:
    """What the bench's and the widget's operations ask for, by the operation's name."""
    page = (
        await client.query("{ orders(first: 50) { nodes { number customer { number } } } }")
    ).data
    orders = page["orders"]["nodes"]
    customer = orders[0]["customer"]["number"]
    numbers = [order["number"] for order in orders]
    return {
        "one": {"number": numbers[0]},
        "references": {"references": [*numbers, "unknown"]},
        "order": {"number": numbers[0], "locale": "DE"},
        "overview": {
            "locale": "DE",
            "customer": customer,
            "filter": {"customer": customer, "status": ["IN_PROGRESS"]},
            "summaryFilter": {"customer": customer},
            "orderBy": {"field": "RECEIVED_AT", "direction": "DESC"},
            "first": 10,
            "firstPage": True,
        },
    }


DOCUMENTS = {
    "one": scenarios.ONE_ORDER,
    "fifty": scenarios.FIFTY_ORDERS,
    "nested": scenarios.NESTED,
    "references": scenarios.BY_REFERENCE,
    "summary": scenarios.SUMMARY,
    "page": scenarios.FIRST_PAGE,
    "order": (WIDGET / "order.graphql").read_text(),
    "overview": (WIDGET / "overview.graphql").read_text(),
}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_an_operation_leaves_no_garbage(client: Client, name: str) -> None:
    asker, variables = Asker(client), (await _variables(client)).get(name, {})

    async def ask() -> bytes:
        answer = await asker.post(DOCUMENTS[name], variables)
        assert b'"errors"' not in answer
        return answer

    assert await left_by(ask, expected=b'"data"') == {}


@pytest.mark.parametrize("name", ["fifty", "overview"])
async def test_a_query_by_get_leaves_no_garbage(client: Client, name: str) -> None:
    asker, variables = Asker(client), (await _variables(client)).get(name, {})
    key = await client.key(client.tenant)
    query = urlencode({"query": DOCUMENTS[name], "variables": orjson.dumps(variables).decode()})
    types = await left_by(lambda: asker.send("GET", key, query=query), expected=b'"data"')
    assert types == {}


async def test_forbidden_fields_leave_no_garbage(client: Client) -> None:
    asker, granted = Asker(client), frozenset({OAuthScope.ORDERS_READ})

    async def ask() -> bytes:
        return await asker.post(scenarios.FIFTY_ORDERS, {}, granted=granted)

    assert await left_by(ask, expected=b"FORBIDDEN") == {}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ('{ orders(after: "x") { nodes { number } } }', b"BAD_USER_INPUT"),
        ("query ($number: String!) { order(number: $number) { number } }", b"BAD_USER_INPUT"),
        ("{ unknown }", b"GRAPHQL_VALIDATION_FAILED"),
        ("{ orders", b"GRAPHQL_PARSE_FAILED"),
    ],
    ids=["argument", "variable", "invalid", "syntax"],
)
async def test_a_mistake_of_the_client_leaves_no_garbage(
    client: Client, document: str, code: bytes
) -> None:
    asker = Asker(client)
    assert await left_by(lambda: asker.post(document, {}), expected=code) == {}


@pytest.mark.parametrize(
    ("method", "key", "body", "code"),
    [
        ("POST", "unknown", b"{}", b"UNAUTHENTICATED"),
        ("POST", None, b"[", b"BAD_REQUEST"),
        ("PUT", None, b"{}", b"BAD_REQUEST"),
    ],
    ids=["key", "body", "method"],
)
async def test_a_refused_request_leaves_no_garbage(
    client: Client, method: str, key: str | None, body: bytes, code: bytes
) -> None:
    asker, key = Asker(client), key or await client.key(client.tenant)
    assert await left_by(lambda: asker.send(method, key, body=body), expected=code) == {}


async def test_an_unexpected_error_leaves_no_garbage(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_named: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("resolvers.loaders.Loaders.one", fail)
    # Formatting a traceback for a log makes garbage of its own.
    monkeypatch.setattr("server.boundary.MOST_LOGGED_ERRORS", 0)
    asker = Asker(client)

    async def ask() -> bytes:
        return await asker.post(scenarios.FIFTY_ORDERS, {})

    assert await left_by(ask, expected=b"INTERNAL_SERVER_ERROR") == {}
