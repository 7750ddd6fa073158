"""Conditional requests of polling pages: 304 only while the session is valid."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from auth.admin import credentials
from auth.oauth_scopes import READ_SCOPES
from db.enums import CredentialKind
from db.models import Customer
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import Worker, make, workers
from tests.auth.widgets import OTHER, PORTAL, Portal, add_customers, portal, register

NAMES = "{ customers { nodes { number name } } }"


@pytest.fixture
async def worker(database: Database, database_url: str, hand: Hand) -> AsyncIterator[Worker]:
    await add_customers(database, **{"K-1": "P-A", "K-2": "P-A", "K-S": "S"})
    async with workers(database_url, hand.clock) as [only]:
        yield only


@pytest.fixture
async def backend(database: Database, worker: Worker) -> Portal:
    return await portal(database, worker)


async def poll(
    worker: Worker, token: str, tag: str | None = None, origin: str | None = PORTAL
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    if origin is not None:
        headers["Origin"] = origin
    if tag is not None:
        headers["If-None-Match"] = tag
    return await worker.http.get("/graphql", params={"query": NAMES}, headers=headers)


async def rename(database: Database, number: str) -> None:
    async with database.write(TenantScope.carrier()) as session:
        change = update(Customer).where(Customer.number == number)
        await session.execute(change.values(name=f"{number} neu"))


async def test_a_page_may_read_that_nothing_has_changed(worker: Worker, backend: Portal) -> None:
    token = await backend.session(customer="K-1")
    full = await poll(worker, token)
    unchanged = await poll(worker, token, full.headers["etag"])
    assert (full.status_code, unchanged.status_code) == (200, 304)
    for response in (full, unchanged):
        assert response.headers["access-control-allow-origin"] == PORTAL
        assert "ETag" in response.headers["access-control-expose-headers"]
        assert "Origin" in response.headers["vary"]


async def test_a_customers_page_is_told_of_the_customers_changes_alone(
    database: Database, worker: Worker, backend: Portal
) -> None:
    tokens = {number: await backend.session(customer=number) for number in ("K-1", "K-2")}
    tags = {number: (await poll(worker, tokens[number])).headers["etag"] for number in tokens}
    assert tags["K-1"] != tags["K-2"]
    await rename(database, "K-2")
    await rename(database, "K-S")
    assert (await poll(worker, tokens["K-1"], tags["K-1"])).status_code == 304
    assert (await poll(worker, tokens["K-2"], tags["K-2"])).status_code == 200
    # Each other's tags tell them nothing.
    assert (await poll(worker, tokens["K-1"], tags["K-2"])).status_code == 200


async def test_a_session_that_has_ended_is_told_nothing(
    worker: Worker, backend: Portal, hand: Hand
) -> None:
    token = await backend.session(customer="K-1")
    tag = (await poll(worker, token)).headers["etag"]
    hand.move(599)
    assert (await poll(worker, token, tag)).status_code == 304
    # Clocks may differ a little.
    hand.move(120)
    for sent in (tag, "*"):
        ended = await poll(worker, token, sent)
        assert (ended.status_code, ended.headers.get("etag")) == (401, None)


async def test_a_page_of_another_origin_is_told_nothing(
    database: Database, worker: Worker, backend: Portal
) -> None:
    await register(database, origin=OTHER)
    token = await backend.session(customer="K-1")
    tag = (await poll(worker, token)).headers["etag"]
    for origin in (OTHER, None):
        assert (await poll(worker, token, tag, origin)).status_code == 401


async def test_a_revoked_key_and_an_ended_one_are_told_nothing(
    database: Database, worker: Worker, hand: Hand
) -> None:
    ending = await credentials.create_key(
        database,
        tenant_number="P",
        client_name="ending",
        now=STARTED,
        scopes=READ_SCOPES,
        expires_at=STARTED + timedelta(seconds=30),
    )
    revoked = await credentials.create_key(
        database, tenant_number="P", client_name="revoked", now=STARTED, scopes=READ_SCOPES
    )
    tags = {
        key.secret: (await poll(worker, key.secret, origin=None)).headers["etag"]
        for key in (ending, revoked)
    }
    await credentials.revoke_all(database, "revoked", now=STARTED)
    hand.move(5)
    assert (await poll(worker, revoked.secret, tags[revoked.secret], None)).status_code == 401
    assert (await poll(worker, ending.secret, tags[ending.secret], None)).status_code == 304
    hand.move(30)
    assert (await poll(worker, ending.secret, tags[ending.secret], None)).status_code == 401


async def test_a_revoked_clients_token_is_told_nothing(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await make(database)
    token = await worker.issued(client)
    tag = (await poll(worker, token, origin=None)).headers["etag"]
    assert (await poll(worker, token, tag, None)).status_code == 304
    await credentials.revoke(database, CredentialKind.OAUTH_CLIENT, client.identifier, now=STARTED)
    hand.move(2)
    assert (await poll(worker, token, tag, None)).status_code == 401
