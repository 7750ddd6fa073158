"""`POST /oauth/token` with a secret: what it answers, and by which code it refuses."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog
from joserfc import jws

from auth.admin import credentials
from auth.admin.credentials import MOST_ACTIVE, TooManyActiveError
from auth.oauth_scopes import DEFAULT, READ_SCOPES, OAuthScope
from db.enums import CredentialKind
from db.session import Database
from server.limits import ServerLimits
from server.logs import configure_logging
from server.oauth_token import ASSERTION_POINTS, SECRET_POINTS
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import (
    AUDIENCE,
    GRANT,
    ISSUER,
    Worker,
    basic,
    make,
    signer,
    statements_on,
    workers,
)
from tests.auth.test_keys import whole_database
from tests.execution.support import logging_restored


@pytest.fixture
async def worker(database: Database, database_url: str, hand: Hand) -> AsyncIterator[Worker]:
    async with workers(database_url, hand.clock) as [only]:
        yield only


def assert_refused(response: httpx.Response, error: str, status: int = 400) -> None:
    assert (response.json()["error"], response.status_code) == (error, status)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in response.headers) == (error == "invalid_client")


async def test_a_client_gets_a_token_with_its_secret_by_basic_or_in_the_form(
    database: Database, worker: Worker
) -> None:
    client = await make(database)
    in_form = {**GRANT, "client_id": client.identifier, "client_secret": client.secret or ""}
    for response in (await worker.token(client=client), await worker.token(in_form)):
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["pragma"] == "no-cache"
        answer = response.json()
        asked = await worker.ask(answer.pop("access_token"))
        assert asked.json()["data"] == {"viewer": {"tenantNumber": "P"}}
        assert answer == {
            "token_type": "Bearer",
            "expires_in": 900,
            "scope": " ".join(sorted(DEFAULT)),
        }


async def test_a_token_is_an_rfc_9068_jwt(database: Database, worker: Worker) -> None:
    client = await make(database)
    token = jws.extract_compact((await worker.issued(client, "orders:read")).encode())
    [key] = (await worker.http.get("/.well-known/jwks.json")).json()["keys"]
    assert token.headers() == {"alg": "ES256", "typ": "at+jwt", "kid": key["kid"]}
    claims = httpx.Response(200, content=token.payload).json()
    issued = int(STARTED.timestamp())
    assert len(claims.pop("jti")) >= 20
    assert claims == {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": client.identifier,
        "client_id": client.identifier,
        "iat": issued,
        "exp": issued + 900,
        "scope": "orders:read",
    }


async def test_no_two_tokens_are_the_same(database: Database, worker: Worker) -> None:
    client = await make(database)
    assert await worker.issued(client) != await worker.issued(client)


async def test_a_scope_narrows_the_token(database: Database, worker: Worker) -> None:
    client = await make(database, scopes=READ_SCOPES)
    response = await worker.token(client=client, scope="tenants:read orders:read orders:read")
    assert response.json()["scope"] == "orders:read tenants:read"


@pytest.mark.parametrize(
    "scope",
    ["orders:write", "orders:read personal-data:read", "Orders:read", "orders:read\ttenants:read"],
)
async def test_a_scope_that_is_unknown_or_was_not_granted_is_refused(
    database: Database, worker: Worker, scope: str
) -> None:
    client = await make(database)
    assert_refused(await worker.token(client=client, scope=scope), "invalid_scope")


async def test_a_client_that_may_read_nothing_gets_no_token(
    database: Database, worker: Worker
) -> None:
    client = await make(database, scopes=frozenset())
    assert_refused(await worker.token(client=client), "unauthorized_client")


@pytest.mark.parametrize("grant", ["password", "authorization_code", "Client_Credentials"])
async def test_other_grants_are_not_supported(
    database: Database, worker: Worker, grant: str
) -> None:
    client = await make(database)
    response = await worker.token({"grant_type": grant}, client=client)
    assert_refused(response, "unsupported_grant_type")


@pytest.mark.parametrize("form", [{}, {"grant_type": ""}, {"scope": "orders:read"}])
async def test_a_form_without_a_grant_type_is_invalid(
    database: Database, worker: Worker, form: dict[str, str]
) -> None:
    assert_refused(await worker.token(form, client=await make(database)), "invalid_request")


async def test_a_parameter_without_a_value_counts_as_left_out(
    database: Database, worker: Worker
) -> None:
    response = await worker.token(client=await make(database), scope="")
    assert response.json()["scope"] == " ".join(sorted(DEFAULT))


@pytest.mark.parametrize("name", ["grant_type", "scope", "unheard_of"])
async def test_a_parameter_sent_twice_is_invalid(
    database: Database, worker: Worker, name: str
) -> None:
    form: dict[str, Any] = {**GRANT, name: [GRANT["grant_type"], ""]}
    assert_refused(await worker.token(form, client=await make(database)), "invalid_request")


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Basic",
        "Basic %%%",
        "Basic bm9jb2xvbg==",
        "Basic cGdjXwA6eA==",
        "Basic /w==",
        "Bearer pgs_1",
        basic("pgc_0123456789abcdef0123", "pgs_1"),
        basic("pgc_", ""),
        basic("' OR 1=1", "x"),
    ],
)
async def test_whoever_is_no_client_is_challenged(
    worker: Worker, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await worker.token(headers=headers)
    assert_refused(response, "invalid_client", 401)
    assert response.headers["www-authenticate"].startswith("Basic ")


async def test_a_wrong_secret_is_refused_like_an_unknown_client(
    database: Database, worker: Worker
) -> None:
    client, other = await make(database), await make(database)
    wrong = await worker.token(
        headers={"Authorization": basic(client.identifier, other.secret or "")}
    )
    unknown = await worker.token(headers={"Authorization": basic("pgc_" + "0" * 20, "x")})
    assert_refused(wrong, "invalid_client", 401)
    assert wrong.content == unknown.content


async def test_a_client_authenticates_in_one_way_only(database: Database, worker: Worker) -> None:
    client = await make(database)
    twice = {**GRANT, "client_id": client.identifier, "client_secret": client.secret or ""}
    assert_refused(await worker.token(twice, client=client), "invalid_request")
    both = {**twice, "client_assertion": "x"}
    assert_refused(await worker.token(both), "invalid_request")
    another = {**GRANT, "client_id": "pgc_another"}
    assert_refused(await worker.token(another, client=client), "invalid_request")


async def test_a_revoked_or_expired_client_gets_no_token(
    database: Database, worker: Worker, hand: Hand
) -> None:
    revoked = await make(database)
    await credentials.revoke(database, CredentialKind.OAUTH_CLIENT, revoked.identifier, now=STARTED)
    assert_refused(await worker.token(client=revoked), "invalid_client", 401)
    expiring = await make(database, expires_at=STARTED + timedelta(seconds=100))
    assert (await worker.token(client=expiring)).json()["expires_in"] == 100
    hand.move(100)
    assert_refused(await worker.token(client=expiring), "invalid_client", 401)


async def test_only_an_uncompressed_form_in_the_body_is_read(
    database: Database, worker: Worker
) -> None:
    client = await make(database)
    headers = {"Authorization": basic(client.identifier, client.secret or "")}
    form = "grant_type=client_credentials"
    encoded = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    answers = [
        await worker.http.post("/oauth/token", json=GRANT, headers=headers),
        await worker.http.post(f"/oauth/token?{form}", headers=encoded),
        await worker.http.post("/oauth/token?x=y", content=form, headers=encoded),
        await worker.http.post(
            "/oauth/token", content=form, headers={**encoded, "Content-Encoding": "gzip"}
        ),
        await worker.http.post("/oauth/token", content=f"{form}&x=%FF", headers=encoded),
        await worker.http.post("/oauth/token", content=f"{form}&x=%00", headers=encoded),
        await worker.http.post("/oauth/token", content=f"{form}&x=é".encode(), headers=encoded),
        await worker.http.post("/oauth/token", content=form + "&a=1" * 40, headers=encoded),
    ]
    for answer in answers:
        assert_refused(answer, "invalid_request")
    assert (await worker.http.get("/oauth/token")).status_code == 405


async def test_a_body_without_end_is_refused_for_its_size(worker: Worker) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await worker.http.post("/oauth/token", content=endless(), headers=headers)
    assert_refused(response, "invalid_request", 413)


async def test_a_body_that_does_not_arrive_is_refused_in_time(
    database: Database, database_url: str, hand: Hand
) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield b"grant_type="
        await asyncio.Event().wait()

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    limits = ServerLimits(body_seconds=0.01)
    async with workers(database_url, hand.clock, limits=limits) as [worker]:
        response = await worker.http.post("/oauth/token", content=stalled(), headers=headers)
    assert_refused(response, "invalid_request", 408)


async def test_the_last_token_of_a_client_is_noted_once_a_minute(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database)
    with statements_on("UPDATE credentials") as updates:
        async with workers(database_url, hand.clock) as [worker]:
            await worker.issued(client)
            hand.move(59)
            await worker.issued(client)
    assert len(updates) == 1
    [listed] = await credentials.list_credentials(database, CredentialKind.OAUTH_CLIENT)
    assert listed.last_used_at == STARTED
    hand.move(1)
    async with workers(database_url, hand.clock) as [worker]:
        await worker.issued(client)
    [listed] = await credentials.list_credentials(database, CredentialKind.OAUTH_CLIENT)
    assert listed.last_used_at == STARTED + timedelta(minutes=1)


async def test_an_api_client_has_at_most_two_active_oauth_clients(database: Database) -> None:
    first = await make(database)
    for _ in range(MOST_ACTIVE - 1):
        await make(database)
    with pytest.raises(TooManyActiveError):
        await make(database)
    await credentials.revoke(database, CredentialKind.OAUTH_CLIENT, first.identifier, now=STARTED)
    await make(database)


async def test_no_secret_and_no_token_reaches_the_log_or_the_database(
    database: Database, worker: Worker
) -> None:
    client = await make(database, scopes=frozenset({OAuthScope.ORDERS_READ}))
    secret = (client.secret or "").removeprefix("pgs_")
    log = io.BytesIO()
    with logging_restored():
        configure_logging(stream=log)
        token = await worker.issued(client)
        await worker.ask(token)
        await worker.ask(f"{token}x")
        await worker.token(headers={"Authorization": basic(secret, secret)})
        await worker.token({**GRANT, "client_id": secret, "client_secret": secret})
    lines, stored = log.getvalue().decode(), await whole_database(database)
    assert '"client":"P/CRM"' in lines
    assert '"error":"invalid_client"' in lines
    signature = token.rpartition(".")[2]
    for held in (lines, stored):
        assert secret not in held
        assert signature not in held
        assert client.identifier in held
    assert secret not in repr(client)


async def test_a_last_use_that_cannot_be_recorded_is_logged_and_harms_no_client(
    monkeypatch: pytest.MonkeyPatch, database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database)

    def unwritable(*_: object) -> None:
        raise OSError("the disk is full")

    with structlog.testing.capture_logs() as logged:
        async with workers(database_url, hand.clock) as [worker]:
            await worker.http.get("/.well-known/jwks.json")
            monkeypatch.setattr(Database, "write", unwritable)
            token = await worker.issued(client)
    assert {entry["event"] for entry in logged if entry["log_level"] == "error"} == {
        "the last use of a credential was not recorded"
    }
    assert token not in repr(logged)


FEW_TOKENS = ServerLimits(rate_points=3 * SECRET_POINTS, rate_seconds=3600, cost=1)


async def test_a_token_costs_points_of_its_client_and_of_no_other(
    database: Database, database_url: str, hand: Hand
) -> None:
    client, other = await make(database), await make(database, client_name="ERP")
    async with workers(database_url, hand.clock, limits=FEW_TOKENS) as [worker]:
        for left in (2, 1, 0):
            response = await worker.token(client=client)
            assert response.status_code == 200
            assert f"r={left * SECRET_POINTS}" in response.headers["ratelimit"]
        refused = await worker.token(client=client)
        assert_refused(refused, "temporarily_unavailable", 429)
        assert int(refused.headers["retry-after"]) > 0
        await worker.issued(other)


async def test_points_of_the_graph_and_of_tokens_are_the_same(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database)
    async with workers(database_url, hand.clock, limits=FEW_TOKENS) as [worker]:
        token = await worker.issued(client)
        before = (await worker.ask(token)).headers["ratelimit"]
        await worker.issued(client)
        assert before != (await worker.ask(token)).headers["ratelimit"]


async def test_wrong_secrets_cost_the_client_that_they_name_nothing(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database)
    wrong = {**GRANT, "client_id": client.identifier, "client_secret": "wrong"}
    async with workers(database_url, hand.clock, limits=FEW_TOKENS) as [worker]:
        for _ in range(5):
            assert_refused(await worker.token(wrong), "invalid_client", 401)
        for _ in range(3):
            await worker.issued(client)


async def test_an_assertion_that_the_points_did_not_suffice_for_is_not_used_up(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await signer(database, hand.clock)
    limits = ServerLimits(rate_points=ASSERTION_POINTS, rate_seconds=10**9, cost=1)
    form = client.form()
    async with workers(database_url, hand.clock, limits=limits) as [worker]:
        assert (await worker.token(client.form())).status_code == 200
        assert (await worker.token(form)).status_code == 429
    async with workers(database_url, hand.clock, limits=limits) as [worker]:
        assert (await worker.token(form)).status_code == 200


async def test_basic_credentials_beyond_any_of_ours_are_not_decoded(worker: Worker) -> None:
    headers = {"Authorization": f"Basic {'%41' * 1000}"}
    response = await worker.token(headers=headers)
    assert_refused(response, "invalid_client", 401)
    assert "too long" in response.json()["error_description"]


async def test_a_header_that_is_too_long_is_refused_as_an_oauth_error(worker: Worker) -> None:
    response = await worker.token(headers={"Authorization": f"Basic {'a' * 9000}"})
    assert_refused(response, "invalid_request", 431)
