"""The boundary: every response has its headers, its id and its line, however it came to be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
import structlog
from starlette.requests import Request as PageRequest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.responses import Response as PageResponse
from starlette.routing import Route

from server.boundary import Boundary
from server.cors import Cors
from server.endpoint import Endpoint, Exchange
from server.errors import OAUTH_ERRORS, RequestRefusedError, bad_request
from server.requests import Request, current_request_id
from server.responses import HeaderTable, Response, encoded
from tests.execution.support import SECRET

ALWAYS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass
class Echo(Endpoint[Exchange]):
    """Answers as the query string says, and keeps what it has logged."""

    logged: list[Exchange] = field(default_factory=list)

    def exchange(self, request: Request) -> Exchange:
        return Exchange(request)

    def log(self, exchange: Exchange) -> None:
        self.logged.append(exchange)

    async def respond(self, exchange: Exchange) -> Response:
        match exchange.request.query_string:
            case b"refuse":
                raise bad_request("Not so.")
            case b"limit":
                raise RequestRefusedError(429, "RATE_LIMITED", "Later.", headers={"X-Own": "1"})
            case b"crash":
                raise RuntimeError(SECRET)
            case b"page":
                headers = {"Cache-Control": "public", "Referrer-Policy": "origin"}
                return Response(200, b"{}", headers)
        return Response(200, encoded({"id": current_request_id()}))


class OneOrigin(Cors):
    """Knows one origin, and fails for another."""

    def __init__(self) -> None:
        pass

    async def readable_by(self, request: Request) -> str | None:
        origin = request.headers.get("origin")
        if origin == "https://broken.example":
            raise RuntimeError(SECRET)
        return origin


class OAuthEcho(Echo):
    errors = OAUTH_ERRORS
    headers = HeaderTable({"pragma": "no-cache"}, varies_by_origin=False)


async def page(_request: PageRequest) -> PageResponse:
    return PlainTextResponse("page", headers={"Referrer-Policy": "origin"})


async def crash(_request: PageRequest) -> PageResponse:
    raise RuntimeError(SECRET)


async def crash_late(_request: PageRequest) -> PageResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"begun"
        raise RuntimeError(SECRET)

    return StreamingResponse(parts())


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def http(echo: Echo) -> httpx.AsyncClient:
    app = Boundary(
        {"/echo": echo, "/echo/{name}": echo, "/oauth": OAuthEcho()},
        [
            Route("/page", page, methods=["GET"]),
            Route("/crash", crash, methods=["GET", "POST"]),
            Route("/late", crash_late),
        ],
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


def shown(response: httpx.Response) -> dict[str, str]:
    """The headers, but for those that vary with the body."""
    varying = {"content-length", "content-type", "x-request-id"}
    names = [name for name, _ in response.headers.multi_items()]
    assert len(names) == len(set(names)), names
    return {name: value for name, value in response.headers.items() if name not in varying}


@pytest.mark.parametrize(
    ("query", "status", "own"),
    [
        ("", 200, {"cache-control": "no-store"}),
        ("refuse", 400, {"cache-control": "no-store"}),
        ("limit", 429, {"cache-control": "no-store", "x-own": "1"}),
        ("crash", 500, {"cache-control": "no-store"}),
        ("page", 200, {"cache-control": "public", "referrer-policy": "origin"}),
    ],
)
async def test_a_response_has_the_headers_of_the_table_and_its_own_win(
    http: httpx.AsyncClient, echo: Echo, query: str, status: int, own: dict[str, str]
) -> None:
    for path in ("/echo", "/echo/name"):
        response = await http.post(f"{path}?{query}", headers={"X-Request-Id": "abc"})
        assert response.status_code == status
        assert shown(response) == {**ALWAYS, **own}
        assert response.headers["x-request-id"] == "abc"
        assert int(response.headers["content-length"]) == len(response.content)
    assert [exchange.status for exchange in echo.logged] == [status, status]


@pytest.mark.parametrize(
    ("path", "status"), [("/page", 200), ("/nowhere", 404), ("/crash", 500), ("/page?x", 200)]
)
async def test_so_has_a_page(http: httpx.AsyncClient, path: str, status: int) -> None:
    response = await http.get(path)
    assert response.status_code == status
    own = {"referrer-policy": "origin"} if status == 200 else {}
    if status == 500:
        own = {"cache-control": "no-store"}
    assert shown(response) == {**ALWAYS, **own}
    assert len(response.headers["x-request-id"]) == 32


async def test_the_id_is_the_current_one_while_a_request_is_served(
    http: httpx.AsyncClient,
) -> None:
    response = await http.post("/echo", headers={"X-Request-Id": "abc"})
    assert response.json() == {"id": "abc"}
    assert current_request_id() is None


@pytest.mark.parametrize("path", ["/echo?crash", "/crash"])
async def test_an_unexpected_error_is_masked_and_logged_once(
    http: httpx.AsyncClient, path: str
) -> None:
    with structlog.testing.capture_logs() as logged:
        response = await http.post(path, headers={"X-Request-Id": "abc"})
    assert SECRET not in response.text
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "abc"}
    [entry] = logged
    assert entry["event"] == "unexpected error"
    assert SECRET in str(entry["exc_info"])


async def test_a_page_that_fails_after_it_has_begun_is_not_answered_twice(
    http: httpx.AsyncClient,
) -> None:
    with structlog.testing.capture_logs() as logged:
        response = await http.get("/late")
    assert (response.status_code, response.content) == (200, b"begun")
    assert [entry["event"] for entry in logged] == ["unexpected error"]


async def test_other_methods_are_refused_in_the_endpoints_own_form(
    http: httpx.AsyncClient, echo: Echo
) -> None:
    for path, code in (("/echo", "BAD_REQUEST"), ("/oauth", "invalid_request")):
        response = await http.get(path)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")
        body = response.json()
        assert (body.get("error") or body["errors"][0]["extensions"]["code"]) == code
    assert [exchange.codes for exchange in echo.logged] == [["BAD_REQUEST"]]
    assert (await http.post("/page")).status_code == 405


async def test_errors_of_oauth_have_the_codes_of_its_rfc(http: httpx.AsyncClient) -> None:
    answers = [await http.post(f"/oauth?{query}") for query in ("refuse", "limit", "crash")]
    assert [answer.json()["error"] for answer in answers] == [
        "invalid_request",
        "temporarily_unavailable",
        "server_error",
    ]
    assert {answer.headers["pragma"] for answer in answers} == {"no-cache"}


async def test_a_preflight_reaches_no_endpoint_and_no_log(
    http: httpx.AsyncClient, echo: Echo
) -> None:
    echo.cors = OneOrigin()
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    preflight = await http.options("/echo", headers=headers)
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert preflight.headers["access-control-allow-origin"] == "https://a.example"
    assert echo.logged == []
    # It is one by its method alone.
    assert (await http.post("/echo", headers=headers)).status_code == 200
    assert len(echo.logged) == 1


async def test_origins_that_cannot_be_looked_up_are_masked(
    http: httpx.AsyncClient, echo: Echo
) -> None:
    echo.cors = OneOrigin()
    response = await http.post("/echo", headers={"Origin": "https://broken.example"})
    assert response.status_code == 500
    assert SECRET not in response.text
    assert "access-control-allow-origin" not in response.headers
    assert [exchange.status for exchange in echo.logged] == [500]


async def test_a_slash_too_many_leads_to_the_endpoint(http: httpx.AsyncClient) -> None:
    response = await http.post("/echo/?x=1")
    assert response.status_code == 307
    assert response.headers["location"] == "http://test/echo?x=1"


async def test_requests_at_once_keep_their_ids(http: httpx.AsyncClient) -> None:
    ids = [f"id-{number}" for number in range(20)]
    answers = await asyncio.gather(
        *(http.post("/echo", headers={"X-Request-Id": each}) for each in ids)
    )
    assert [answer.json()["id"] for answer in answers] == ids


async def test_the_lifespan_is_that_of_the_application() -> None:
    events: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        events.append("started")
        yield
        events.append("ended")

    app = Boundary({}, lifespan=lifespan)
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return next(messages)

    async def send(message: dict[str, str]) -> None:
        sent.append(message["type"])

    await app({"type": "lifespan"}, receive, send)  # type: ignore[arg-type]
    assert events == ["started", "ended"]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize("path", ["/echo", "/page", "/none"])
async def test_a_header_that_is_too_long_is_refused_everywhere(
    http: httpx.AsyncClient, path: str
) -> None:
    response = await http.get(path, headers={"If-None-Match": ", ".join(['"x"'] * 1_000)})
    assert response.status_code == 431
    assert response.json()["errors"][0]["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "header",
        "actual": 4_998,
        "maximum": 4_000,
    }
    assert ALWAYS.items() <= dict(response.headers).items()
