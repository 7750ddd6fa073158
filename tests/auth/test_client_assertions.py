"""`private_key_jwt`: a client authenticates with a signed assertion, once."""

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from sqlalchemy import func, select

from auth.admin import credentials
from auth.admin.public_keys import UnusableKeysError, read_public_keys
from db.enums import CredentialKind
from db.models import UsedAssertion
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import (
    ASSERTION_TYPE,
    GRANT,
    ISSUER,
    TOKEN_ENDPOINT,
    WRONG_TIMES,
    Worker,
    make,
    public,
    signer,
    workers,
)

NOW = int(STARTED.timestamp())
RSA = RSAKey.generate_key(2048)


@pytest.fixture
async def worker(database: Database, database_url: str, hand: Hand) -> AsyncIterator[Worker]:
    async with workers(database_url, hand.clock) as [only]:
        yield only


def refused(response: httpx.Response) -> str:
    """Why a client was not believed."""
    assert (response.json()["error"], response.status_code) == ("invalid_client", 401)
    reason: str = response.json()["error_description"]
    return reason


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ECKey.generate_key("P-256"), "ES256"),
        (OKPKey.generate_key("Ed25519"), "Ed25519"),
        (RSA, "PS256"),
        (RSA, "RS256"),
    ],
    ids=["ES256", "Ed25519", "PS256", "RS256"],
)
async def test_a_client_gets_a_token_by_signing(
    database: Database, worker: Worker, hand: Hand, key: Key, algorithm: str
) -> None:
    client = await signer(database, hand.clock, key, algorithm=algorithm)
    response = await worker.token(client.form(client_id=client.client.identifier))
    assert response.status_code == 200, response.text
    assert (await worker.ask(response.json()["access_token"])).status_code == 200


@pytest.mark.parametrize("audience", [ISSUER, TOKEN_ENDPOINT, [ISSUER]])
async def test_the_audience_is_the_issuer_or_the_token_endpoint(
    database: Database, worker: Worker, hand: Hand, audience: Any
) -> None:
    client = await signer(database, hand.clock)
    response = await worker.token(client.form(client.assertion(aud=audience)))
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "https://other.test"}, "another audience"),
        ({"aud": [ISSUER, "https://other.test"]}, "another audience"),
        ({"aud": f"{ISSUER}/graphql"}, "another audience"),
        ({"aud": None}, "another audience"),
        ({"iss": "somebody"}, "different claims iss and sub"),
        ({"iss": None}, "different claims iss and sub"),
        ({"sub": None}, "no claim sub"),
        ({"sub": "pgc_0123456789abcdef0123"}, "no valid signature"),
        ({"sub": "pgc_\0"}, "not printable text"),
        ({"jti": None}, "no claim jti"),
        ({"jti": ""}, "no claim jti"),
        ({"jti": 7}, "no claim jti"),
        ({"jti": "\ud800"}, "not printable text"),
        ({"jti": "x" * 256}, "no claim jti"),
        ({"exp": None}, "no claim exp"),
        ({"exp": NOW - 30}, "has expired"),
        ({"exp": NOW + 331}, "more than 5 minutes from now"),
        ({"nbf": NOW + 31}, "not valid yet"),
        ({"iat": NOW + 31}, "not valid yet"),
    ],
)
async def test_an_assertion_with_a_wrong_claim_is_refused(
    database: Database, worker: Worker, hand: Hand, claims: dict[str, Any], reason: str
) -> None:
    client = await signer(database, hand.clock)
    assert reason in refused(await worker.token(client.form(client.assertion(**claims))))


@pytest.mark.parametrize("value", WRONG_TIMES, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
async def test_a_time_that_is_none_is_refused(
    database: Database, worker: Worker, hand: Hand, claim: str, value: Any
) -> None:
    client = await signer(database, hand.clock)
    reason = refused(await worker.token(client.form(client.assertion(**{claim: value}))))
    assert reason == f"The client_assertion has a claim {claim} that is no time."


@pytest.mark.parametrize("value", [[], {}, 7, True], ids=str)
@pytest.mark.parametrize("name", ["alg", "typ"])
async def test_a_header_that_is_no_text_is_refused(
    database: Database, worker: Worker, hand: Hand, name: str, value: Any
) -> None:
    client = await signer(database, hand.clock)
    header = {"alg": "ES256", name: value}
    _, payload, signature = client.assertion().split(".")
    forged = f"{b64(json.dumps(header).encode())}.{payload}.{signature}"
    assert "is not a JWT" in refused(await worker.token(client.form(forged)))


@pytest.mark.parametrize("claims", [{"exp": NOW - 29}, {"iat": NOW + 30}, {"exp": NOW + 330}])
async def test_a_clients_clock_may_differ_slightly(
    database: Database, worker: Worker, hand: Hand, claims: dict[str, Any]
) -> None:
    client = await signer(database, hand.clock)
    response = await worker.token(client.form(client.assertion(**claims)))
    assert response.status_code == 200


async def test_an_assertion_is_good_for_one_use_on_all_workers_together(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await signer(database, hand.clock)
    async with workers(database_url, hand.clock, 2) as both:
        form = client.form()
        answers = await asyncio.gather(*(worker.token(form) for worker in both))
        assert sorted(answer.status_code for answer in answers) == [200, 401]
        assert "used before" in refused(await both[0].token(form))
        assert (await both[1].token(client.form())).status_code == 200


async def test_two_clients_may_use_the_same_jti(
    database: Database, worker: Worker, hand: Hand
) -> None:
    for _ in range(2):
        client = await signer(database, hand.clock)
        assert (await worker.token(client.form(client.assertion(jti="1")))).status_code == 200


async def test_used_assertions_are_forgotten_once_they_are_too_old_to_be_taken(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await signer(database, hand.clock)
    form = client.form()
    await worker.token(form)
    hand.move(89)
    assert "used before" in refused(await worker.token(form))
    hand.move(1)
    assert "has expired" in refused(await worker.token(form))
    await worker.token(client.form())
    async with database.read(TenantScope.carrier()) as session:
        assert await session.scalar(select(func.count()).select_from(UsedAssertion)) == 1


async def test_a_signature_of_another_key_is_refused(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await signer(database, hand.clock)
    client.key = ECKey.generate_key("P-256")
    assert "no valid signature" in refused(await worker.token(client.form()))


async def test_no_client_signs_for_another(database: Database, worker: Worker, hand: Hand) -> None:
    client, other = await signer(database, hand.clock), await signer(database, hand.clock)
    name = other.client.identifier
    assert "no valid signature" in refused(
        await worker.token(client.form(client.assertion(iss=name, sub=name)))
    )
    form = client.form(client_id=other.client.identifier)
    assert "no valid signature" in refused(await worker.token(form))


async def test_unsigned_and_symmetric_assertions_are_refused(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await signer(database, hand.clock)
    payload = client.assertion().split(".")[1]
    secret = json.dumps(client.key.as_dict(private=False)).encode()
    unsigned = b64(json.dumps({"alg": "none"}).encode())
    head = b64(json.dumps({"alg": "HS256"}).encode())
    mac = b64(hmac.digest(secret, f"{head}.{payload}".encode(), "sha256"))
    for forged in (f"{unsigned}.{payload}.", f"{head}.{payload}.{mac}"):
        assert "not accepted" in refused(await worker.token(client.form(forged)))


@pytest.mark.parametrize("typ", ["at+jwt", "id_token"])
async def test_a_token_of_another_type_is_no_assertion(
    database: Database, worker: Worker, hand: Hand, typ: str
) -> None:
    client = await signer(database, hand.clock)
    response = await worker.token(client.form(client.assertion({"typ": typ})))
    assert "another type" in refused(response)


@pytest.mark.parametrize(
    "assertion",
    [
        "x",
        "a.b.c",
        "..",
        "e30.e30.",
        "é.é.é",
        "W10.W10.W10",
        "eyJhbGciOltdfQ.e30.e30",
        "eyJhbGciOiJFUzI1NiIsImtpZCI6W119.eyJzdWIiOiIxIn0.e30",
        "x" * 9000,
        "eyJhbGciOiJFUzI1NiJ9." + urlsafe_b64encode(b"[" * 5000).decode() + ".e30",
    ],
)
async def test_what_is_no_jwt_is_refused(
    database: Database, worker: Worker, hand: Hand, assertion: str
) -> None:
    client = await signer(database, hand.clock)
    refused(await worker.token(client.form(assertion)))


@pytest.mark.parametrize(
    "form",
    [
        {"client_assertion_type": ASSERTION_TYPE},
        {"client_assertion": "a.b.c"},
        {"client_assertion": "a.b.c", "client_assertion_type": "saml2-bearer"},
    ],
)
async def test_half_an_assertion_is_an_invalid_request(
    worker: Worker, form: dict[str, str]
) -> None:
    response = await worker.token({**GRANT, **form})
    assert (response.json()["error"], response.status_code) == ("invalid_request", 400)


async def test_a_client_of_one_way_does_not_come_in_by_the_other(
    database: Database, worker: Worker, hand: Hand
) -> None:
    signing = await signer(database, hand.clock)
    secret = {**GRANT, "client_id": signing.client.identifier, "client_secret": "x"}
    assert "is wrong" in refused(await worker.token(secret))
    signing.client = await make(database)
    assert "no valid signature" in refused(await worker.token(signing.form()))


async def test_a_revoked_client_is_refused_whatever_it_signs(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await signer(database, hand.clock)
    await credentials.revoke(
        database, CredentialKind.OAUTH_CLIENT, client.client.identifier, now=STARTED
    )
    assert "revoked" in refused(await worker.token(client.form()))


async def test_a_client_may_have_its_next_key_registered_beside_the_present_one(
    database: Database, worker: Worker, hand: Hand
) -> None:
    keys = [ECKey.generate_key("P-256", {"kid": kid}) for kid in ("old", "new")]
    client = await signer(database, hand.clock)
    client.client = await make(database, public_keys=public(*keys))
    for key in keys:
        client.key = key
        named = client.assertion({"kid": key.kid})
        for assertion in (client.assertion(), named):
            assert (await worker.token(client.form(assertion))).status_code == 200
    client.key = keys[0]
    misnamed = client.form(client.assertion({"kid": "new"}))
    assert "no valid signature" in refused(await worker.token(misnamed))


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "neither"),
        ('{"keys": []}', "neither"),
        ('{"keys": {}}', "neither"),
        ({"keys": [{}] * 6}, "more than 5"),
        ({}, "none of the types"),
        ({"keys": ["x"]}, "none of the types"),
        (OctKey.generate_key(256).as_dict(), "none of the types"),
        (ECKey.generate_key("P-256").as_dict(private=True), "must stay with the partner"),
        (ECKey.generate_key("P-384").as_dict(private=False), "P-256"),
        (OKPKey.generate_key("X25519").as_dict(private=False), "Ed25519"),
        (ECKey.generate_key("P-256").as_dict(private=False, use="enc"), "not for signatures"),
        (ECKey.generate_key("P-256").as_dict(private=False, alg="ES512"), "another algorithm"),
        ({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "cannot be read"),
        ({"kty": "EC"}, "cannot be read"),
        ({"kty": ["EC"]}, "none of the types"),
        ({"kty": "RSA", "n": "0" * 171, "e": "AQAB"}, "2048"),
        ({**RSA.as_dict(private=False), "kid": 7}, "kid"),
    ],
)
def test_unusable_public_keys_are_not_registered(keys: Any, reason: str) -> None:
    text = keys if isinstance(keys, str) else json.dumps(keys)
    with pytest.raises(UnusableKeysError, match=reason):
        read_public_keys(text)


def test_a_single_key_is_registered_like_a_set_of_one() -> None:
    key = RSA.as_dict(private=False)
    assert read_public_keys(json.dumps(key)) == read_public_keys(json.dumps({"keys": [key]}))


def b64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
