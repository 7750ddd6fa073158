"""Tokens of the portal's identity provider: which are accepted, and which refused."""

import asyncio
import hmac
import io
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from auth.key_encryption import KeyEncryption
from auth.signing_keys import list_keys
from db.session import Database
from server.logs import configure_logging
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import (
    AUDIENCE,
    ISSUER,
    WRONG_TIMES,
    Worker,
    make,
    signed,
    statements_on,
    workers,
)
from tests.auth.provider import API, Provider, add_user, provider_at_home, signing_in
from tests.execution.support import logging_restored

NOW = int(STARTED.timestamp())


@pytest.fixture
async def provider(hand: Hand) -> AsyncIterator[Provider]:
    async with provider_at_home(lambda: hand.clock.now().timestamp()) as provider:
        yield provider


@pytest.fixture
async def worker(
    database: Database, database_url: str, hand: Hand, provider: Provider
) -> AsyncIterator[Worker]:
    await add_user(database)
    async with signing_in(database_url, provider, hand.clock) as worker:
        yield worker


def assert_invalid(response: httpx.Response, reason: str) -> None:
    assert response.status_code == 401
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert reason in error["message"]
    assert response.headers["www-authenticate"] == (
        f'Bearer error="invalid_token", error_description="{error["message"]}"'
    )


async def viewer(worker: Worker, token: str) -> dict[str, Any]:
    response = await worker.ask(token, "{ viewer { kind tokenId scopes expiresAt } }")
    found: dict[str, Any] = response.json()["data"]["viewer"]
    return found


@pytest.mark.parametrize("typ", ["JWT", None, "at+jwt", "AT+JWT", "application/at+jwt"])
async def test_each_way_to_mark_an_access_token_is_accepted(
    worker: Worker, provider: Provider, typ: str | None
) -> None:
    assert (await worker.ask(provider.token({"typ": typ}))).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["account", API]},
        {"typ": "Bearer", "nonce": "n-1"},
        {"jti": None},
        {"scope": None},
        {"iat": None},
        {"exp": NOW - 29},
        {"iat": NOW + 30},
        {"nbf": NOW + 30},
    ],
)
async def test_differences_between_providers_are_accepted(
    worker: Worker, provider: Provider, claims: dict[str, Any]
) -> None:
    assert (await worker.ask(provider.token(**claims))).status_code == 200


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://other.test"}, "of an accepted issuer"),
        ({"iss": None}, "of an accepted issuer"),
        ({"aud": "portal"}, "another audience"),
        ({"aud": []}, "another audience"),
        ({"aud": None}, "another audience"),
        ({"aud": f"{API}-2"}, "another audience"),
        ({"exp": None}, "no claim exp"),
        ({"exp": str(NOW + 60)}, "a claim exp that is no time"),
        ({"exp": NOW - 30}, "has expired"),
        ({"iat": NOW + 31}, "not valid yet"),
        ({"nbf": NOW + 31}, "not valid yet"),
        ({"sub": None}, "no claim sub"),
        ({"sub": ["petra"]}, "no claim sub"),
        ({"sub": "pet\0ra"}, "a claim sub that is not printable text"),
        ({"sub": "p" * 256}, "no claim sub"),
        ({"sub": "nobody"}, "belongs to an unknown user"),
        ({"sub": "Petra"}, "belongs to an unknown user"),
        ({"jti": 1}, "no claim jti"),
        ({"scope": 1}, "a claim scope that is not a list of scopes"),
        ({"scp": [1]}, "a claim scp that is not a list of scopes"),
        ({"nonce": "n-1"}, "is an ID token"),
        ({"at_hash": "x"}, "is an ID token"),
        ({"typ": "ID"}, "is not an access token"),
        ({"typ": "Refresh"}, "is not an access token"),
        ({"typ": []}, "is not an access token"),
        ({"events": {}}, "is not an access token"),
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(
    worker: Worker, provider: Provider, claims: dict[str, Any], reason: str
) -> None:
    assert_invalid(await worker.ask(provider.token(**claims)), reason)


@pytest.mark.parametrize("value", WRONG_TIMES, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
async def test_a_time_that_is_none_is_refused(
    worker: Worker, provider: Provider, claim: str, value: Any
) -> None:
    answer = await worker.ask(provider.token(**{claim: value}))
    # A number that no double holds makes the whole payload unreadable for who looks for the issuer.
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_token_that_never_ends_in_practice_is_believed(
    worker: Worker, provider: Provider
) -> None:
    end = int(datetime(9998, 12, 31, tzinfo=UTC).timestamp())
    assert (await worker.ask(provider.token(exp=end))).status_code == 200


@pytest.mark.parametrize("value", [[], {}, 7, True], ids=str)
@pytest.mark.parametrize("name", ["alg", "typ"])
async def test_a_header_that_is_no_text_is_refused(
    worker: Worker, provider: Provider, name: str, value: Any
) -> None:
    header = {"alg": "ES256", "kid": provider.kid, name: value}
    _, payload, signature = provider.token().split(".")
    answer = await worker.ask(f"{b64(header)}.{payload}.{signature}")
    assert_invalid(answer, "is not a JWT")


@pytest.mark.parametrize("typ", ["logout+jwt", "dpop+jwt", "ID", ""])
async def test_a_jwt_of_another_type_is_no_access_token(
    worker: Worker, provider: Provider, typ: str
) -> None:
    assert_invalid(await worker.ask(provider.token({"typ": typ})), "is not an access token")


async def test_no_other_algorithm_is_accepted(worker: Worker, provider: Provider) -> None:
    payload, kid = b64(provider.claims()), provider.kid
    symmetric = b64({"alg": "HS256", "kid": kid})
    tokens = [f"{b64({'alg': name, 'kid': kid})}.{payload}." for name in ("none", "None", "")]
    # Whoever takes the algorithm from the token takes the public key for a shared secret.
    for secret in (json.dumps(provider.published[0]).encode(), public_pem(provider)):
        mac = hmac.digest(secret, f"{symmetric}.{payload}".encode(), "sha256")
        tokens.append(f"{symmetric}.{payload}.{urlsafe_b64encode(mac).decode().rstrip('=')}")
    stronger = ECKey.generate_key("P-384")
    tokens.append(signed(provider.claims(), stronger, {"alg": "ES384", "kid": kid}))
    for token in tokens:
        assert_invalid(await worker.ask(token), "an algorithm that is not accepted")


async def test_the_settings_say_which_algorithms_are_accepted(
    database: Database, database_url: str, hand: Hand, provider: Provider
) -> None:
    await add_user(database)
    provider.key, provider.kid, provider.algorithm = RSAKey.generate_key(2048), "rsa", "RS256"
    provider.publish()
    async with signing_in(database_url, provider, hand.clock) as worker:
        assert (await worker.ask(provider.token())).status_code == 200
        assert_invalid(await worker.ask(provider.token({"alg": "RS384"})), "an algorithm")
    async with signing_in(database_url, provider, hand.clock, oidc_algorithms="ES256") as worker:
        assert_invalid(await worker.ask(provider.token()), "an algorithm")


async def test_a_key_signs_by_its_own_algorithm_alone(
    worker: Worker, provider: Provider, hand: Hand
) -> None:
    key = RSAKey.generate_key(2048)
    provider.published.append({**key.as_dict(private=False), "kid": "rsa", "alg": "PS256"})
    hand.move(5)
    for algorithm, status in (("PS256", 200), ("RS256", 401), ("ES256", 401)):
        signer = provider.key if algorithm == "ES256" else key
        token = signed(provider.claims(), signer, {"alg": algorithm, "kid": "rsa"})
        assert (await worker.ask(token)).status_code == status, algorithm


async def test_a_key_that_is_not_the_providers_is_refused_by_any_name(
    worker: Worker, provider: Provider
) -> None:
    provider.key = ECKey.generate_key("P-256")
    own = provider.key.as_dict(private=False)
    assert_invalid(await worker.ask(provider.token()), "no valid signature")
    assert_invalid(await worker.ask(provider.token({"jwk": own})), "no valid signature")
    assert_invalid(await worker.ask(provider.token({"kid": "unknown"})), "does not publish")
    assert_invalid(await worker.ask(provider.token({"kid": None})), "no claim kid")


async def test_a_changed_token_is_refused(worker: Worker, provider: Provider) -> None:
    head, _, signature = provider.token().split(".")
    widened = b64(provider.claims(sub="anna"))
    assert_invalid(await worker.ask(f"{head}.{widened}.{signature}"), "no valid signature")


async def test_our_own_tokens_and_theirs_never_pass_for_each_other(
    database: Database, worker: Worker, provider: Provider
) -> None:
    client = await make(database)
    ours = await worker.issued(client)
    [stored] = await list_keys(database)
    key = ECKey.import_key(json.loads(KeyEncryption(None).decrypt(stored.kid, stored.encrypted)))
    assert (await worker.ask(ours)).status_code == 200
    # Signed by us in their name.
    head = {"alg": "ES256", "typ": "at+jwt", "kid": stored.kid}
    assert_invalid(await worker.ask(signed(provider.claims(), key, head)), "does not publish")
    # Signed by them in our name.
    claims = {"iss": ISSUER, "aud": AUDIENCE, "client_id": client.identifier}
    token = provider.token({"typ": "at+jwt"}, **claims, scope="orders:read")
    assert_invalid(await worker.ask(token), "a key that is unknown")
    # Their key by the name of ours, and ours by the name of theirs.
    token = provider.token({"typ": "at+jwt", "kid": stored.kid}, **claims, scope="orders:read")
    assert_invalid(await worker.ask(token), "no valid signature")
    token = signed(provider.claims(), key, {"alg": "ES256", "kid": provider.kid})
    assert_invalid(await worker.ask(token), "no valid signature")


async def test_the_tokens_of_other_issuers_are_refused(
    database_url: str, worker: Worker, provider: Provider, hand: Hand
) -> None:
    for issuer in (f"{provider.issuer}/", f"{provider.origin}/realms/other", "portal"):
        assert_invalid(await worker.ask(provider.token(iss=issuer)), "of an accepted issuer")
    async with workers(database_url, hand.clock) as [without]:
        assert_invalid(await without.ask(provider.token()), "of an accepted issuer")


async def test_a_token_expires_on_time_even_while_it_is_remembered(
    worker: Worker, provider: Provider, hand: Hand
) -> None:
    token = provider.token()
    hand.move(329.5)
    assert (await worker.ask(token)).status_code == 200
    hand.move(0.5)
    assert_invalid(await worker.ask(token), "has expired")


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "openid orders:read"}, ["orders:read"]),
        ({"scp": ["orders:read", "tenants:read"]}, ["orders:read", "tenants:read"]),
        ({"scope": "orders:read everything:write"}, ["orders:read"]),
        (
            {"scope": "openid"},
            [
                *("commissions:read", "contracts:read", "customers:read", "offers:read"),
                *("orders:comment", "orders:read", "personal-data:read", "tenants:read"),
            ],
        ),
    ],
)
async def test_a_token_narrows_what_its_user_may_read(
    worker: Worker, provider: Provider, claims: dict[str, Any], scopes: list[str]
) -> None:
    found = await viewer(worker, provider.token(**claims))
    assert (found["kind"], found["scopes"]) == ("PORTAL_USER", scopes)


async def test_a_token_is_named_by_its_id_or_by_its_digest(
    worker: Worker, provider: Provider
) -> None:
    found = await viewer(worker, provider.token())
    assert (found["tokenId"], found["expiresAt"]) == ("token-1", "2026-03-02T09:35:00Z")
    unnamed = [provider.token(jti=None, iat=NOW - n) for n in range(2)]
    first, second = [(await viewer(worker, token))["tokenId"] for token in unnamed]
    assert len(first) == len(second) == 32
    assert first != second
    assert first not in unnamed[0]


async def test_a_busy_user_costs_one_statement_a_second(
    worker: Worker, provider: Provider, hand: Hand
) -> None:
    token = provider.token()
    with statements_on("portal_users") as users:
        answers = await asyncio.gather(*(worker.ask(token) for _ in range(10)))
        hand.move(0.9)
        answers.append(await worker.ask(provider.token(jti="token-2")))
        assert {answer.status_code for answer in answers} == {200}
        assert len(users) == 1
        hand.move(0.1)
        await worker.ask(token)
        assert len(users) == 2


async def test_no_token_and_no_name_reaches_the_log(worker: Worker, provider: Provider) -> None:
    log, token = io.BytesIO(), provider.token()
    with logging_restored():
        configure_logging(stream=log)
        await worker.ask(token)
        await worker.ask(provider.token(sub="nobody"))
    lines = log.getvalue().decode()
    assert '"client":"user:P/' in lines
    for secret in ("Petra", "petra", token.split(".")[1], token.split(".")[2], "eyJ"):
        assert secret not in lines


def public_pem(provider: Provider) -> bytes:
    assert isinstance(provider.key, ECKey)
    return provider.key.as_pem(private=False)


def b64(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
