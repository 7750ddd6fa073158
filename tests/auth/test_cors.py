"""CORS: pages of registered origins read the answers to their sessions, and nothing besides."""

from collections.abc import AsyncIterator

import httpx
import pytest

from auth.admin import origins
from auth.oauth_scopes import READ_SCOPES
from db.session import Database
from execution.limits import Limits
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import Worker, make, statements_on, workers
from tests.auth.widgets import OTHER, PORTAL, Page, Portal, portal, register


@pytest.fixture
async def worker(database: Database, database_url: str, hand: Hand) -> AsyncIterator[Worker]:
    async with workers(database_url, hand.clock) as [only]:
        yield only


@pytest.fixture
async def backend(database: Database, worker: Worker) -> Portal:
    return await portal(database, worker)


def readable_by(response: httpx.Response) -> str | None:
    """Whose pages a browser lets read the answer."""
    assert "origin" in response.headers["vary"].lower()
    assert "access-control-allow-credentials" not in response.headers
    allowed: str | None = response.headers.get("access-control-allow-origin")
    assert ("access-control-expose-headers" in response.headers) == (allowed is not None)
    return allowed


async def test_a_preflight_of_a_registered_origin_is_answered(
    worker: Worker, backend: Portal
) -> None:
    response = await Page(worker.http).preflight()
    assert (response.status_code, response.content) == (204, b"")
    allowed = {
        name.removeprefix("access-control-"): value
        for name, value in response.headers.items()
        if name.startswith("access-control-")
    }
    assert allowed == {
        "allow-origin": PORTAL,
        "allow-methods": "GET, POST",
        "allow-headers": "Authorization, Content-Type, Accept, Accept-Language, X-Tenant, "
        "X-Request-Id, If-None-Match",
        "max-age": "600",
    }
    assert response.headers["vary"].split(", ")[0] == "Origin"


@pytest.mark.parametrize("origin", ["https://stranger.example", f"{PORTAL}.evil.example", "null"])
async def test_no_other_origin_is_told_anything(
    worker: Worker, backend: Portal, origin: str
) -> None:
    page = Page(worker.http, origin)
    token = await backend.session()
    answers = [await page.preflight(), await page.ask(None), await page.ask(token)]
    assert [answer.status_code for answer in answers] == [405, 401, 401]
    assert [readable_by(answer) for answer in answers] == [None] * 3


async def test_a_page_reads_the_answers_to_its_session_and_what_they_say_beside(
    worker: Worker, backend: Portal
) -> None:
    response = await Page(worker.http).ask(await backend.session())
    assert (response.status_code, readable_by(response)) == (200, PORTAL)
    assert response.headers["access-control-expose-headers"] == (
        "RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, ETag"
    )
    assert {part.strip() for part in response.headers["vary"].split(",")} == {"Accept", "Origin"}


async def test_a_page_reads_why_it_is_refused(
    database: Database, database_url: str, hand: Hand
) -> None:
    limits = Limits(rate_points=2, rate_seconds=3600, cost=2)
    async with workers(database_url, hand.clock, limits=limits) as [worker]:
        page = Page(worker.http)
        token = await (await portal(database, worker)).session()
        answers = [
            await page.ask(None),
            await page.ask(f"{token}x"),
            await page.ask(token, "{ __typename }"),
            await page.ask(token),
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 200, 429]
        hand.move(700)
        answers.append(await page.ask(token))
    assert answers[-1].status_code == 401
    assert [readable_by(answer) for answer in answers] == [PORTAL] * 5


async def test_a_page_of_another_registered_origin_reads_no_data(
    database: Database, worker: Worker, backend: Portal
) -> None:
    await register(database, origin=OTHER)
    response = await Page(worker.http, OTHER).ask(await backend.session())
    assert (response.status_code, readable_by(response)) == (401, OTHER)
    assert "data" not in response.json()


async def test_answers_to_keys_and_access_tokens_are_for_no_page(
    database: Database, worker: Worker, backend: Portal
) -> None:
    token = await worker.issued(await make(database, scopes=READ_SCOPES))
    for credential in (backend.credential, token, "pgk_wrong", "a.b.c"):
        assert readable_by(await Page(worker.http).ask(credential)) is None


async def test_sessions_are_made_by_backends_and_not_by_pages(
    worker: Worker, backend: Portal
) -> None:
    preflight = await Page(worker.http).preflight("/widget/sessions")
    assert preflight.status_code == 405
    made = await backend.ask(Origin=PORTAL)
    assert made.status_code == 200
    for response in (preflight, made):
        assert "access-control-allow-origin" not in response.headers


async def test_answers_without_an_origin_vary_by_it_too(worker: Worker, backend: Portal) -> None:
    response = await Page(worker.http, origin=None).ask(backend.credential)
    assert (response.status_code, readable_by(response)) == (200, None)


async def test_a_new_origin_is_answered_and_a_removed_one_is_not_within_a_second(
    database: Database, worker: Worker, backend: Portal, hand: Hand
) -> None:
    page = Page(worker.http, OTHER)
    assert (await page.preflight()).status_code == 405
    await register(database, origin=OTHER)
    hand.move(1)
    assert (await page.preflight()).status_code == 204
    await origins.remove(
        database, tenant_number="P", client_name="Portal", origin=OTHER, now=STARTED
    )
    hand.move(1)
    assert (await page.preflight()).status_code == 405


async def test_origins_that_are_made_up_cost_no_statement(worker: Worker, backend: Portal) -> None:
    await Page(worker.http).preflight()
    with statements_on("widget_origins") as sent:
        for number in range(10):
            await Page(worker.http, f"https://made-up-{number}.example").preflight()
    assert sent == []
