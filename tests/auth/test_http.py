"""Keys over HTTP: who has none is refused before anything of the body is read."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app import create_app
from auth.admin import credentials
from db.enums import CredentialKind
from db.session import Database
from server.logs import configure_logging
from settings import Settings
from tests.auth.conftest import STARTED, Hand
from tests.execution.support import logging_restored

QUERY = {"query": "{ __typename }"}


@pytest.fixture
async def client(
    database: Database, database_url: str, hand: Hand
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(database_url=database_url), clock=hand.clock)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


async def make(database: Database, **more: Any) -> credentials.NewKey:
    return await credentials.create_key(
        database, tenant_number="P", client_name="CRM", now=STARTED, **more
    )


async def ask(client: httpx.AsyncClient, key: str | None) -> httpx.Response:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return await client.post("/graphql", json=QUERY, headers=headers)


def assert_unauthenticated(response: httpx.Response, message: str) -> None:
    assert response.status_code == 401
    [error] = response.json()["errors"]
    sent = response.request.headers.get("authorization", "").startswith("Bearer ")
    refused = f' error="invalid_token", error_description="{error["message"]}"' if sent else ""
    assert response.headers["www-authenticate"] == f"Bearer{refused}"
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert message in error["message"]


async def test_a_right_key_is_answered(database: Database, client: httpx.AsyncClient) -> None:
    response = await ask(client, (await make(database)).secret)
    assert (response.status_code, response.json()["data"]) == (200, {"__typename": "Query"})


async def test_no_key_and_a_wrong_key_are_refused(client: httpx.AsyncClient) -> None:
    assert_unauthenticated(await ask(client, None), "Send a valid API key")
    assert_unauthenticated(await ask(client, "pgk_wrong"), "is not valid")


async def test_an_expired_key_is_refused(
    database: Database, client: httpx.AsyncClient, hand: Hand
) -> None:
    made = await make(database, expires_at=STARTED + timedelta(minutes=1))
    assert (await ask(client, made.secret)).status_code == 200
    hand.move(60)
    assert_unauthenticated(await ask(client, made.secret), "has expired")


async def test_a_revoked_key_is_refused_within_a_second(
    database: Database, client: httpx.AsyncClient, hand: Hand
) -> None:
    made = await make(database)
    assert (await ask(client, made.secret)).status_code == 200
    await credentials.revoke(database, CredentialKind.API_KEY, made.identifier, now=STARTED)
    hand.move(1)
    assert_unauthenticated(await ask(client, made.secret), "has been revoked")


@pytest.mark.parametrize("key", [None, "pgk_wrong"])
async def test_the_body_of_a_request_without_a_right_key_is_not_read(
    client: httpx.AsyncClient, key: str | None
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield pytest.fail("the body was read")

    headers = {"Content-Type": "application/json"} | (
        {"Authorization": f"Bearer {key}"} if key else {}
    )
    assert (await client.post("/graphql", content=body(), headers=headers)).status_code == 401


async def test_last_use_is_recorded_by_the_time_the_server_has_stopped(
    database: Database, database_url: str, hand: Hand
) -> None:
    made = await make(database)
    app = create_app(Settings(database_url=database_url), clock=hand.clock)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        await ask(client, made.secret)
    [listed] = await credentials.list_credentials(database, CredentialKind.API_KEY)
    assert listed.last_used_at == STARTED


async def test_no_key_reaches_the_log(database: Database, client: httpx.AsyncClient) -> None:
    made = await make(database)
    log = io.BytesIO()
    with logging_restored():
        configure_logging(stream=log)
        await ask(client, made.secret)
        await ask(client, f"{made.secret}x")
        await client.get("/readyz", headers={"Authorization": f"Bearer {made.secret}"})
    lines = log.getvalue().decode()
    assert '"client":"P/CRM"' in lines
    assert made.secret.removeprefix(f"{made.identifier}_") not in lines
