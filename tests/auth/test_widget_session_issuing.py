"""Issuing widget sessions: `POST /widget/sessions`, its answers and its refusals."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc import jws

from auth.admin import origins
from auth.oauth_scopes import CUSTOMER_USER_SCOPES, READ_SCOPES, OAuthScope
from db.session import Database
from execution.limits import Limits
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import ISSUER, Worker, workers
from tests.auth.widgets import (
    OTHER,
    PORTAL,
    Portal,
    add_customers,
    code,
    portal,
)

TYPENAME = "{ __typename }"


@pytest.fixture
async def worker(database: Database, database_url: str, hand: Hand) -> AsyncIterator[Worker]:
    """One process, over customers of several tenants."""
    await add_customers(database, **{"K-1": "P", "K-B": "P-B", "K-S": "S"})
    async with workers(database_url, hand.clock) as [only]:
        yield only


@pytest.mark.parametrize("kind", ["customer", "tenant"])
async def test_a_foreign_number_and_an_unknown_one_get_the_same_answer(
    database: Database, worker: Worker, kind: str
) -> None:
    backend = await portal(database, worker, tenant_number="P-A")
    unseen = {
        "customer": ["K-1", "K-B", "K-S", "K-99", "K\0", "x" * 1000, "P-A"],
        "tenant": ["P", "P-B", "S", "P-99", "P\0", "x" * 1000, "K-A"],
    }[kind]
    answers = [await backend.ask({"origin": PORTAL, kind: number}) for number in unseen]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert code(answers[0]) == "NOT_FOUND"


async def test_the_lifetime_is_a_setting(database: Database, database_url: str, hand: Hand) -> None:
    async with workers(database_url, hand.clock, widget_seconds=60) as [worker]:
        answer = (await (await portal(database, worker)).ask()).json()
    assert (answer["expiresIn"], answer["expiresAt"]) == (60, "2026-03-02T09:31:00Z")


async def test_a_session_cannot_create_sessions(database: Database, worker: Worker) -> None:
    token = await (await portal(database, worker)).session()
    refused = await Portal(worker.http, token).ask(Origin=PORTAL)
    assert (refused.status_code, code(refused)) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("body", "refusal", "reason"),
    [
        ([], (400, "BAD_REQUEST"), "a JSON object"),
        ({}, (400, "BAD_REQUEST"), "`origin` is missing"),
        ({"origin": 1}, (400, "BAD_REQUEST"), "`origin` must be a string"),
        ({"origin": PORTAL, "customer": None}, (400, "BAD_REQUEST"), "`customer` must be"),
        ({"origin": PORTAL, "customer": ""}, (400, "BAD_REQUEST"), "`customer` must be"),
        ({"origin": PORTAL, "tenant": 7}, (400, "BAD_REQUEST"), "`tenant` must be"),
        ({"origin": PORTAL, "customerNumber": "K-1"}, (400, "BAD_REQUEST"), "may hold"),
        (
            {"origin": PORTAL, "customer": "K-1", "tenant": "P"},
            (400, "BAD_REQUEST"),
            "not for both",
        ),
        ({"origin": PORTAL, "scopes": "orders:read"}, (400, "BAD_REQUEST"), "`scopes` must be"),
        ({"origin": PORTAL, "scopes": ["orders:burn"]}, (400, "BAD_REQUEST"), "does not exist"),
        ({"origin": PORTAL, "scopes": []}, (403, "FORBIDDEN"), "no scope"),
        (
            {"origin": PORTAL, "scopes": ["widget-sessions:create"]},
            (403, "FORBIDDEN"),
            "cannot have widget-sessions:create",
        ),
        *(
            (
                {"origin": PORTAL, "customer": "K-1", "scopes": ["orders:read", scope]},
                (403, "FORBIDDEN"),
                f"cannot have {scope}",
            )
            for scope in sorted(READ_SCOPES - CUSTOMER_USER_SCOPES)
        ),
        ({"origin": OTHER}, (403, "ORIGIN_NOT_REGISTERED"), "not registered"),
        ({"origin": f"{PORTAL}/"}, (403, "ORIGIN_NOT_REGISTERED"), "not registered"),
    ],
)
async def test_an_invalid_request_is_refused_with_a_code(
    database: Database, worker: Worker, body: Any, refusal: tuple[int, str], reason: str
) -> None:
    refused = await (await portal(database, worker)).ask(body)
    assert (refused.status_code, code(refused)) == refusal
    assert reason in refused.json()["errors"][0]["message"]
    assert refused.headers["cache-control"] == "no-store"


async def test_an_origin_registered_by_another_client_is_refused(
    database: Database, worker: Worker
) -> None:
    await portal(database, worker, tenant_number="P-A")
    backend = await portal(database, worker)
    await origins.remove(
        database, tenant_number="P", client_name="Portal", origin=PORTAL, now=STARTED
    )
    assert code(await backend.ask()) == "ORIGIN_NOT_REGISTERED"


async def test_bodies_that_are_not_json_are_refused(database: Database, worker: Worker) -> None:
    backend = await portal(database, worker)
    key = {"Authorization": f"Bearer {backend.credential}"}

    async def send(content: bytes, **headers: str) -> httpx.Response:
        sent = {**key, "Content-Type": "application/json", **headers}
        return await worker.http.post("/widget/sessions", content=content, headers=sent)

    answers = [
        await send(b"{"),
        await send(b'"\xff"'),
        await send(b"{}", **{"Content-Type": "text/plain"}),
        await send(b"{}", **{"Content-Encoding": "gzip"}),
        await send(b" " * 20_000),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 415, 415, 413]
    assert {code(answer) for answer in answers} == {"BAD_REQUEST"}


async def test_creating_sessions_needs_the_scope_for_it(database: Database, worker: Worker) -> None:
    backend = await portal(database, worker, scopes=READ_SCOPES)
    refused = await backend.ask()
    assert (refused.status_code, code(refused)) == (403, "FORBIDDEN")
    for credential, challenge in (("pgk_wrong", 'Bearer error="invalid_token"'), ("", "Bearer")):
        refused = await Portal(worker.http, credential).ask()
        assert (refused.status_code, code(refused)) == (401, "UNAUTHENTICATED")
        assert refused.headers["www-authenticate"].startswith(challenge)


async def test_a_client_without_read_scopes_cannot_create_sessions(
    database: Database, worker: Worker
) -> None:
    only = frozenset({OAuthScope.WIDGET_SESSIONS_CREATE})
    refused = await (await portal(database, worker, scopes=only)).ask()
    assert (refused.status_code, code(refused)) == (403, "FORBIDDEN")


async def test_a_session_is_a_signed_token_of_its_own_type(
    database: Database, worker: Worker
) -> None:
    backend = await portal(database, worker)
    token = jws.extract_compact((await backend.session(customer="K-1")).encode())
    header, claims = token.headers(), json.loads(token.payload)
    assert (header["alg"], header["typ"]) == ("ES256", "widget-session+jwt")
    assert claims.pop("jti")
    assert claims == {
        "iss": f"{ISSUER}/widget/sessions",
        "aud": f"{ISSUER}/graphql",
        "sub": "_".join(backend.credential.split("_")[:2]),
        "customer": "K-1",
        "origin": PORTAL,
        "scope": "contracts:read customers:read offers:read orders:read",
        "iat": int(STARTED.timestamp()),
        "exp": int(STARTED.timestamp()) + 600,
    }


async def test_creating_sessions_costs_the_client_points(
    database: Database, database_url: str, hand: Hand
) -> None:
    limits = Limits(rate_points=2, rate_seconds=3600, cost=2)
    async with workers(database_url, hand.clock, limits=limits) as [worker]:
        backend = await portal(database, worker)
        assert [(await backend.ask()).status_code for _ in range(3)] == [200, 200, 429]
        refused = await backend.ask()
    assert code(refused) == "RATE_LIMITED"
    assert int(refused.headers["retry-after"]) > 0
