"""Using widget sessions: what they read, from which origin, and what ends them."""

import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from sqlalchemy import update

from auth.admin import credentials, origins
from auth.admin.signing_keys import replace_all
from auth.key_encryption import KeyEncryption
from auth.oauth_scopes import CUSTOMER_USER_SCOPES, READ_SCOPES, OAuthScope
from auth.signing_keys import list_keys
from db.enums import CredentialKind
from db.models import Credential, Tenant
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
CUSTOMERS = {"K-1": "P", "K-2": "P", "K-A": "P-A", "K-A-1": "P-A-1", "K-B": "P-B"}


@pytest.fixture
async def worker(database: Database, database_url: str, hand: Hand) -> AsyncIterator[Worker]:
    """One process, over customers of several tenants."""
    await add_customers(database, **CUSTOMERS)
    async with workers(database_url, hand.clock) as [only]:
        yield only


async def test_a_customer_session_reads_only_that_customers_documents(
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
async def test_a_tenant_session_reads_that_tenant_and_its_descendants(
    database: Database, worker: Worker, asked: dict[str, str], bound: str, seen: set[str]
) -> None:
    backend = await portal(database, worker)
    answer = (await backend.ask({"origin": PORTAL, **asked})).json()
    assert answer["tenant"] == bound
    assert numbers(await Page(worker.http).ask(answer["token"])) == seen


async def test_x_tenant_narrows_both_issuing_and_use(database: Database, worker: Worker) -> None:
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


async def test_a_session_outlives_the_access_token_it_was_issued_for(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await make(database, client_name="Portal", scopes=MAY_CREATE)
    await register(database)
    token = await worker.issued(client, "orders:read customers:read widget-sessions:create")
    hand.move(890)
    answer = (await Portal(worker.http, token).ask()).json()
    assert answer["scopes"] == ["customers:read", "orders:read"]
    hand.move(30)
    assert (await worker.ask(token)).status_code == 401
    assert (await Page(worker.http).ask(answer["token"])).status_code == 200


async def test_a_session_expires_at_its_own_time_and_no_later_than_its_key(
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


async def test_revoking_the_key_ends_its_sessions_on_every_worker(
    database: Database, database_url: str, hand: Hand
) -> None:
    async with workers(database_url, hand.clock, 2) as [first, second]:
        backend = await portal(database, first)
        token = await backend.session()
        assert (await Page(second.http).ask(token)).status_code == 200
        await credentials.revoke(
            database,
            CredentialKind.API_KEY,
            "_".join(backend.credential.split("_")[:2]),
            now=STARTED,
        )
        hand.move(1)
        for worker in (first, second):
            assert "has been revoked" in (await Page(worker.http).ask(token)).text


async def test_revoking_the_oauth_client_ends_its_sessions(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await make(database, client_name="Portal", scopes=MAY_CREATE)
    await register(database)
    token = await Portal(worker.http, await worker.issued(client)).session()
    await credentials.revoke(database, CredentialKind.OAUTH_CLIENT, client.identifier, now=STARTED)
    hand.move(1)
    assert "has been revoked" in (await Page(worker.http).ask(token)).text


async def test_removing_the_origin_ends_its_sessions(
    database: Database, worker: Worker, hand: Hand
) -> None:
    token = await (await portal(database, worker)).session()
    await origins.remove(
        database, tenant_number="P", client_name="Portal", origin=PORTAL, now=STARTED
    )
    hand.move(1)
    assert "no longer registered" in (await Page(worker.http).ask(token)).text


async def test_replacing_the_signing_keys_ends_all_sessions(
    database: Database, worker: Worker, hand: Hand
) -> None:
    token = await (await portal(database, worker)).session()
    await replace_all(database, KeyEncryption(None), now=STARTED)
    hand.move(1)
    assert (await Page(worker.http).ask(token)).status_code == 401


async def test_a_session_loses_the_scopes_that_its_key_loses(
    database: Database, worker: Worker, hand: Hand
) -> None:
    backend, page = await portal(database, worker), Page(worker.http)
    token = await backend.session()

    async def leave(*scopes: OAuthScope) -> None:
        async with database.write(TenantScope.carrier()) as session:
            await session.execute(update(Credential).values(scopes=sorted(scopes)))
        hand.move(1)

    await leave(OAuthScope.CUSTOMERS_READ, OAuthScope.WIDGET_SESSIONS_CREATE)
    left = await page.ask(token, "{ viewer { scopes } }")
    assert left.json()["data"] == {"viewer": {"scopes": ["customers:read"]}}
    await leave(*READ_SCOPES)
    assert (await page.ask(token)).status_code == 401


async def test_moving_the_customer_to_an_unseen_tenant_ends_its_sessions(
    database: Database, worker: Worker, hand: Hand
) -> None:
    backend = await portal(database, worker, tenant_number="P-A")
    token = await backend.session(customer="K-A-1")
    assert numbers(await Page(worker.http).ask(token)) == {"K-A-1"}
    async with database.write(TenantScope.carrier()) as session:
        await session.execute(update(Tenant).where(Tenant.number == "P-A-1").values(parent_id=3))
    hand.move(1)
    assert "no longer sees" in (await Page(worker.http).ask(token)).text


async def test_a_session_is_accepted_only_from_its_own_origin(
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


@pytest.mark.parametrize("typ", ["at+jwt", "JWT", "widget+jwt", None])
@pytest.mark.parametrize("issuer", [ISSUER, f"{ISSUER}/widget/sessions"])
async def test_a_token_with_another_type_or_issuer_is_refused(
    database: Database, worker: Worker, typ: str | None, issuer: str
) -> None:
    """Both must be those of a session, whatever the signing key."""
    backend = await portal(database, worker)
    session = jws.extract_compact((await backend.session()).encode())
    [row] = await list_keys(database)
    key = ECKey.import_key(json.loads(KeyEncryption(None).decrypt(row.kid, row.encrypted)))
    header = {"alg": "ES256", "kid": row.kid} | ({} if typ is None else {"typ": typ})
    token = signed({**json.loads(session.payload), "iss": issuer}, key, header)
    assert (await Page(worker.http).ask(token)).status_code == 401


async def test_issuing_writes_nothing_and_use_reads_the_key_once_a_second(
    database: Database, worker: Worker, hand: Hand
) -> None:
    backend, page = await portal(database, worker), Page(worker.http)
    await backend.session(customer="K-1")
    with statements_on("INSERT") as inserted, statements_on("UPDATE") as updated:
        token = await backend.session(customer="K-1")
    assert inserted + updated == []
    hand.move(1)
    with (
        statements_on("FROM credentials") as of_keys,
        statements_on("widget_origins") as of_origins,
    ):
        for _ in range(3):
            assert (await page.ask(token)).status_code == 200
    assert (len(of_keys), len(of_origins)) == (1, 1)


async def test_sessions_of_one_customer_share_a_budget_of_points(
    database: Database, database_url: str, hand: Hand
) -> None:
    await add_customers(database, **{"K-1": "P", "K-2": "P"})
    limits = Limits(rate_points=3, rate_seconds=3600, cost=3)
    async with workers(database_url, hand.clock, limits=limits) as [worker]:
        page = Page(worker.http)
        first = await portal(database, worker)
        second = await portal(database, worker, client_name="Portal 2")
        own, again = [await first.session(customer="K-1") for _ in range(2)]
        # The client's own points are used up by now. Those of the pages are not.
        assert [(await first.ask()).status_code for _ in range(2)] == [200, 429]
        assert [(await page.ask(own, TYPENAME)).status_code for _ in range(3)] == [200, 200, 429]
        assert (await page.ask(again, TYPENAME)).status_code == 429
        other = await second.session(customer="K-2")
        assert (await page.ask(other, TYPENAME)).status_code == 200


async def test_session_tokens_are_not_logged(database: Database, worker: Worker) -> None:
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
