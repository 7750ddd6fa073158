"""The demo's page gets widget sessions: of the partner or of one customer, for its origin."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app import create_app
from auth.admin import credentials
from auth.oauth_scopes import CUSTOMER_USER_SCOPES, READ_SCOPES, WIDGET_SCOPES
from db.session import Database
from settings import Settings
from tests.auth.conftest import STARTED
from tests.auth.widgets import MAY_CREATE, Page, add_customers, code, numbers, register
from web.assets import DemoContent

OWN = "http://localhost:8000"


@pytest.fixture
async def http(database: Database, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A demo over the partner P-A and two of its customers."""
    await add_customers(database, **{"K-A": "P-A", "K-A-1": "P-A-1", "K-B": "P-B"})
    own: dict[str, Any] = {"tenant_number": "P-A", "now": STARTED}
    shown = await credentials.create_key(database, client_name="demo", scopes=READ_SCOPES, **own)
    kept = await credentials.create_key(database, client_name="portal", scopes=MAY_CREATE, **own)
    await register(database, "P-A", OWN, client="portal")
    content = DemoContent(
        api_key=shown.secret,
        order_number="A-1",
        references=[],
        portal_key=kept.secret,
        customer_number="K-A-1",
    )
    app = create_app(Settings(database_url=database_url, public_url=OWN), demo=content)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=OWN) as client,
    ):
        yield client


async def token(http: httpx.AsyncClient, view: str) -> str:
    response = await http.post("/widget/demo-token", json={"view": view}, headers={"Origin": OWN})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert sorted(answer) == ["access_token", "expires_in", "token_type"]
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 600)
    assert response.headers["Cache-Control"] == "no-store"
    found: str = answer["access_token"]
    return found


async def test_the_views_are_sessions_of_the_partner_and_of_one_customer(
    http: httpx.AsyncClient,
) -> None:
    page = Page(http, OWN)
    partner = await page.ask(await token(http, "partner"))
    assert numbers(partner) == {"K-A", "K-A-1"}
    customer = await page.ask(await token(http, "customer"))
    assert numbers(customer) == {"K-A-1"}
    partner_viewer, viewer = (seen.json()["data"]["viewer"] for seen in (partner, customer))
    assert partner_viewer["kind"] == viewer["kind"] == "WIDGET_SESSION"
    assert partner_viewer["scopes"] == sorted(WIDGET_SCOPES)
    assert viewer["scopes"] == sorted(CUSTOMER_USER_SCOPES)


async def test_a_page_of_another_origin_gets_none(http: httpx.AsyncClient) -> None:
    for headers in ({"Origin": "https://elsewhere.example"}, {}):
        response = await http.post("/widget/demo-token", json={"view": "partner"}, headers=headers)
        assert (response.status_code, code(response)) == (403, "ORIGIN_NOT_REGISTERED")
        assert f"{OWN}/widget/" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"view": "all"}', b'{"view": ["partner"]}', b"x" * 20_000]
)
async def test_what_is_no_view_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    response = await http.post("/widget/demo-token", content=body, headers={"Origin": OWN})
    assert response.status_code in {400, 413}
    assert code(response) == "BAD_REQUEST"
