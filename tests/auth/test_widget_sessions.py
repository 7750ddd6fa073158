"""Widget sessions: what a portal's page may ask, for whom, from where, and how long."""

import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from sqlalchemy import update

from auth import keys, oauth_clients, origins
from auth.key_encryption import KeyEncryption
from auth.oauth_scopes import CUSTOMER_USER_SCOPES, READING, OAuthScope
from auth.signing_keys import list_keys, replace_all
from db.models import ApiKey, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from execution.limits import Limits
from server.logs import configure_logging
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import ISSUER, Worker, make, signed, statements_on, workers
from tests.auth.widgets import (
    MAY_CREATE,
    OTHER,
    PORTAL,
    Page,
    Portal,
    add_customers,
    code,
    numbers,
    portal,
    register,
)
from tests.execution.support import logging_restored

TYPENAME = "{ __typename }"


@pytest.fixture
async def worker(database: Database, database_url: str, hand: Hand) -> AsyncIterator[Worker]:
    """One process, over customers of each tenant."""
    customers = {"K-1": "P", "K-2": "P", "K-A": "P-A", "K-A-1": "P-A-1", "K-B": "P-B", "K-S": "S"}
    await add_customers(database, **customers)
    async with workers(database_url, hand.clock) as [only]:
        yield only


async def test_a_session_reads_the_documents_of_its_customer_alone(
    database: Database, worker: Worker
) -> None:
    backend = await portal(database, worker)
    response = await backend.ask({"origin": PORTAL, "customer": "K-A"})
    answer = response.json()
    assert response.headers["cache-control"] == "no-store"
    seen = await Page(worker.http).ask(answer.pop("token"))
    scopes = sorted(CUSTOMER_USER_SCOPES)
    assert answer == {
        "expiresAt": "2026-03-02T09:40:00Z",
        "expiresIn": 600,
        "origin": PORTAL,
        "customer": "K-A",
        "scopes": scopes,
    }
    assert numbers(seen) == {"K-A"}
    viewer = seen.json()["data"]["viewer"]
    assert viewer.pop("tokenId")
    assert viewer == {
        "kind": "WIDGET_SESSION",
        "clientName": "Portal",
        "expiresAt": "2026-03-02T09:40:00Z",
        "tenantNumber": "P-A",
        "scopes": scopes,
        "customer": {"number": "K-A"},
    }


@pytest.mark.parametrize(
    ("asked", "bound", "seen"),
    [
        ({}, "P", {"K-1", "K-2", "K-A", "K-A-1", "K-B"}),
        ({"tenant": "P"}, "P", {"K-1", "K-2", "K-A", "K-A-1", "K-B"}),
        ({"tenant": "P-A"}, "P-A", {"K-A", "K-A-1"}),
        ({"tenant": "P-A-1"}, "P-A-1", {"K-A-1"}),
    ],
)
async def test_a_session_reads_the_documents_of_its_tenant_and_those_below(
    database: Database, worker: Worker, asked: dict[str, str], bound: str, seen: set[str]
) -> None:
    backend = await portal(database, worker)
    answer = (await backend.ask({"origin": PORTAL, **asked})).json()
    assert answer["tenant"] == bound
    assert numbers(await Page(worker.http).ask(answer["token"])) == seen


async def test_x_tenant_narrows_the_exchange_and_the_session(
    database: Database, worker: Worker
) -> None:
    backend, page = await portal(database, worker), Page(worker.http)
    narrowed = (await backend.ask(**{"X-Tenant": "P-A"})).json()
    assert narrowed["tenant"] == "P-A"
    within = await page.ask(narrowed["token"], **{"X-Tenant": "P-A-1"})
    assert numbers(within) == {"K-A-1"}
    for beyond in ("P", "P-B", "S"):
        assert code(await page.ask(narrowed["token"], **{"X-Tenant": beyond})) == "FORBIDDEN"
    body = {"origin": PORTAL, "customer": "K-1"}
    assert code(await backend.ask(body, **{"X-Tenant": "P-A"})) == "NOT_FOUND"
    assert code(await backend.ask(**{"X-Tenant": "S"})) == "FORBIDDEN"


@pytest.mark.parametrize("kind", ["customer", "tenant"])
async def test_what_is_anothers_and_what_does_not_exist_answer_alike(
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


async def test_an_oauth_client_makes_sessions_that_outlive_its_access_token(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await make(database, client_name="Portal", permissions=MAY_CREATE)
    await register(database)
    token = await worker.issued(client, "orders:read customers:read widget-sessions:create")
    hand.move(890)
    answer = (await Portal(worker.http, token).ask()).json()
    assert answer["scopes"] == ["customers:read", "orders:read"]
    hand.move(30)
    assert (await worker.ask(token)).status_code == 401
    assert (await Page(worker.http).ask(answer["token"])).status_code == 200


async def test_a_session_ends_by_itself_and_with_its_credential(
    database: Database, worker: Worker, hand: Hand
) -> None:
    backend, page = await portal(database, worker), Page(worker.http)
    ends = STARTED + timedelta(minutes=3)
    short = await portal(database, worker, tenant_number="P-A", expires_at=ends)
    tokens = [await backend.session(), await short.session()]
    hand.move(179)
    assert [(await page.ask(token)).status_code for token in tokens] == [200, 200]
    hand.move(2)
    assert [(await page.ask(token)).status_code for token in tokens] == [200, 401]
    hand.move(430)
    assert "has expired" in (await page.ask(tokens[0])).text


async def test_the_lifetime_is_a_setting(database: Database, database_url: str, hand: Hand) -> None:
    async with workers(database_url, hand.clock, widget_seconds=60) as [worker]:
        answer = (await (await portal(database, worker)).ask()).json()
    assert (answer["expiresIn"], answer["expiresAt"]) == (60, "2026-03-02T09:31:00Z")


async def test_a_session_dies_with_its_key_on_every_worker(
    database: Database, database_url: str, hand: Hand
) -> None:
    async with workers(database_url, hand.clock, 2) as [first, second]:
        backend = await portal(database, first)
        token = await backend.session()
        assert (await Page(second.http).ask(token)).status_code == 200
        await keys.revoke(database, "_".join(backend.credential.split("_")[:2]), now=STARTED)
        hand.move(1)
        for worker in (first, second):
            assert "has been revoked" in (await Page(worker.http).ask(token)).text


async def test_a_session_dies_with_its_oauth_client(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await make(database, client_name="Portal", permissions=MAY_CREATE)
    await register(database)
    token = await Portal(worker.http, await worker.issued(client)).session()
    await oauth_clients.revoke(database, client.identifier, now=STARTED)
    hand.move(1)
    assert "has been revoked" in (await Page(worker.http).ask(token)).text


async def test_a_session_dies_with_its_origin(
    database: Database, worker: Worker, hand: Hand
) -> None:
    token = await (await portal(database, worker)).session()
    await origins.remove(
        database, tenant_number="P", client_name="Portal", origin=PORTAL, now=STARTED
    )
    hand.move(1)
    assert "not registered any more" in (await Page(worker.http).ask(token)).text


async def test_a_session_dies_with_the_signing_key(
    database: Database, worker: Worker, hand: Hand
) -> None:
    token = await (await portal(database, worker)).session()
    await replace_all(database, KeyEncryption(None), now=STARTED)
    hand.move(1)
    assert (await Page(worker.http).ask(token)).status_code == 401


async def test_a_session_loses_what_its_credential_loses(
    database: Database, worker: Worker, hand: Hand
) -> None:
    backend, page = await portal(database, worker), Page(worker.http)
    token = await backend.session()

    async def leave(*permissions: OAuthScope) -> None:
        async with database.write(TenantScope.carrier()) as session:
            await session.execute(update(ApiKey).values(permissions=sorted(permissions)))
        hand.move(1)

    await leave(OAuthScope.CUSTOMERS_READ, OAuthScope.WIDGET_SESSIONS_CREATE)
    left = await page.ask(token, "{ viewer { scopes } }")
    assert left.json()["data"] == {"viewer": {"scopes": ["customers:read"]}}
    await leave(*READING)
    assert (await page.ask(token)).status_code == 401


async def test_a_customer_that_moves_out_of_sight_takes_its_sessions_along(
    database: Database, worker: Worker, hand: Hand
) -> None:
    backend = await portal(database, worker, tenant_number="P-A")
    token = await backend.session(customer="K-A-1")
    assert numbers(await Page(worker.http).ask(token)) == {"K-A-1"}
    async with database.write(TenantScope.carrier()) as session:
        await session.execute(update(Tenant).where(Tenant.number == "P-A-1").values(parent_id=3))
    hand.move(1)
    assert "does not see any more" in (await Page(worker.http).ask(token)).text


async def test_a_session_is_good_for_pages_of_its_origin_alone(
    database: Database, worker: Worker
) -> None:
    backend = await portal(database, worker)
    await register(database, origin=OTHER)
    token = await backend.session()
    for origin in (
        OTHER,
        "https://stranger.example",
        f"{PORTAL}:8443",
        "null",
        PORTAL.upper(),
        None,
    ):
        refused = await Page(worker.http, origin).ask(token)
        assert refused.status_code == 401
        assert code(refused) == "UNAUTHENTICATED"
        assert "another origin" in refused.text


async def test_a_session_makes_no_session(database: Database, worker: Worker) -> None:
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
            for scope in sorted(READING - CUSTOMER_USER_SCOPES)
        ),
        ({"origin": OTHER}, (403, "ORIGIN_NOT_REGISTERED"), "not registered"),
        ({"origin": f"{PORTAL}/"}, (403, "ORIGIN_NOT_REGISTERED"), "not registered"),
    ],
)
async def test_a_session_that_cannot_be_had_is_refused_with_a_code(
    database: Database, worker: Worker, body: Any, refusal: tuple[int, str], reason: str
) -> None:
    refused = await (await portal(database, worker)).ask(body)
    assert (refused.status_code, code(refused)) == refusal
    assert reason in refused.json()["errors"][0]["message"]
    assert refused.headers["cache-control"] == "no-store"


async def test_an_origin_of_another_client_is_not_registered(
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


async def test_only_a_client_that_was_granted_it_makes_sessions(
    database: Database, worker: Worker
) -> None:
    backend = await portal(database, worker, permissions=READING)
    refused = await backend.ask()
    assert (refused.status_code, code(refused)) == (403, "FORBIDDEN")
    for credential, challenge in (("pgk_wrong", 'Bearer error="invalid_token"'), ("", "Bearer")):
        refused = await Portal(worker.http, credential).ask()
        assert (refused.status_code, code(refused)) == (401, "UNAUTHENTICATED")
        assert refused.headers["www-authenticate"].startswith(challenge)


async def test_a_client_that_may_read_nothing_makes_no_session(
    database: Database, worker: Worker
) -> None:
    only = frozenset({OAuthScope.WIDGET_SESSIONS_CREATE})
    refused = await (await portal(database, worker, permissions=only)).ask()
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


@pytest.mark.parametrize("typ", ["at+jwt", "JWT", "widget+jwt", None])
@pytest.mark.parametrize("issuer", [ISSUER, f"{ISSUER}/widget/sessions"])
async def test_neither_is_taken_for_the_other(
    database: Database, worker: Worker, typ: str | None, issuer: str
) -> None:
    """What says it is a session is none unless type and issuer both say so, and the like."""
    backend = await portal(database, worker)
    session = jws.extract_compact((await backend.session()).encode())
    [row] = await list_keys(database)
    key = ECKey.import_key(json.loads(KeyEncryption(None).open(row.kid, row.sealed)))
    header = {"alg": "ES256", "kid": row.kid} | ({} if typ is None else {"typ": typ})
    token = signed({**json.loads(session.payload), "iss": issuer}, key, header)
    assert (await Page(worker.http).ask(token)).status_code == 401


async def test_sessions_cost_no_write_and_a_busy_one_a_read_a_second(
    database: Database, worker: Worker, hand: Hand
) -> None:
    backend, page = await portal(database, worker), Page(worker.http)
    await backend.session(customer="K-1")
    with statements_on("INSERT") as inserted, statements_on("UPDATE") as updated:
        token = await backend.session(customer="K-1")
    assert inserted + updated == []
    hand.move(1)
    with statements_on("FROM api_keys") as of_keys, statements_on("widget_origins") as of_origins:
        for _ in range(3):
            assert (await page.ask(token)).status_code == 200
    assert (len(of_keys), len(of_origins)) == (1, 1)


async def test_a_customers_pages_share_points_that_are_nobody_elses(
    database: Database, database_url: str, hand: Hand
) -> None:
    await add_customers(database, **{"K-1": "P", "K-2": "P"})
    limits = Limits(rate_points=3, rate_seconds=3600, cost=3)
    async with workers(database_url, hand.clock, limits=limits) as [worker]:
        page = Page(worker.http)
        first = await portal(database, worker)
        second = await portal(database, worker, client_name="Portal 2")
        own, again = [await first.session(customer="K-1") for _ in range(2)]
        # The client's own are used up by now, the pages' are not.
        assert [(await first.ask()).status_code for _ in range(2)] == [200, 429]
        assert [(await page.ask(own, TYPENAME)).status_code for _ in range(3)] == [200, 200, 429]
        assert (await page.ask(again, TYPENAME)).status_code == 429
        other = await second.session(customer="K-2")
        assert (await page.ask(other, TYPENAME)).status_code == 200


async def test_making_sessions_costs_the_client_points(
    database: Database, database_url: str, hand: Hand
) -> None:
    limits = Limits(rate_points=2, rate_seconds=3600, cost=2)
    async with workers(database_url, hand.clock, limits=limits) as [worker]:
        backend = await portal(database, worker)
        assert [(await backend.ask()).status_code for _ in range(3)] == [200, 200, 429]
        refused = await backend.ask()
    assert code(refused) == "RATE_LIMITED"
    assert int(refused.headers["retry-after"]) > 0


async def test_no_session_reaches_the_log(database: Database, worker: Worker) -> None:
    backend = await portal(database, worker)
    log = io.BytesIO()
    with logging_restored():
        configure_logging(stream=log)
        token = await backend.session(customer="K-1")
        await Page(worker.http).ask(token)
        await Page(worker.http).ask(f"{token}x")
    lines = log.getvalue().decode()
    assert '"client":"widget:K-1/P/Portal"' in lines
    assert "widget session made" in lines
    assert token.rpartition(".")[2] not in lines
