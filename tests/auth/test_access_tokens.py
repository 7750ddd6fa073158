"""Access tokens at the graph: verified by signature, valid while their client is active."""

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select, update

from auth import api_keys
from auth.admin import credentials
from auth.jwt import InvalidTokenError, Jwt
from auth.key_encryption import KeyEncryption
from auth.oauth_scopes import READ_SCOPES, OAuthScope
from auth.signing_keys import list_keys
from db.enums import CredentialKind
from db.models import Credential, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import (
    AUDIENCE,
    GRANT,
    ISSUER,
    WRONG_TIMES,
    Worker,
    make,
    signed,
    statements_on,
    workers,
)

NOW = int(STARTED.timestamp())
ORDERS = frozenset({OAuthScope.ORDERS_READ})


@pytest.fixture
async def worker(database: Database, database_url: str, hand: Hand) -> AsyncIterator[Worker]:
    async with workers(database_url, hand.clock) as [only]:
        yield only


def assert_invalid(response: httpx.Response, reason: str) -> None:
    assert response.status_code == 401
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert reason in error["message"]
    assert response.headers["www-authenticate"] == (
        f'Bearer error="invalid_token", error_description="{error["message"]}"'
    )


class Forger:
    """Signs with the server's own key what the server never would."""

    def __init__(self, client: credentials.NewCredential, kid: str, key: ECKey) -> None:
        self.client, self.kid, self.key = client, kid, key

    @classmethod
    async def of(cls, database: Database, worker: Worker) -> "Forger":
        client = await make(database)
        await worker.issued(client)
        [key] = await list_keys(database)
        jwk = json.loads(KeyEncryption(None).decrypt(key.kid, key.encrypted))
        return cls(client, key.kid, ECKey.import_key(jwk))

    def claims(self, **claims: Any) -> dict[str, Any]:
        return {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": self.client.identifier,
            "client_id": self.client.identifier,
            "jti": "forged",
            "iat": NOW,
            "exp": NOW + 60,
            "scope": "orders:read tenants:read",
            **claims,
        }

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is right but for what is given; None leaves a claim out."""
        head = {"alg": "ES256", "typ": "at+jwt", "kid": self.kid, **(header or {})}
        return signed(self.claims(**claims), self.key, head)


async def test_an_unchanged_token_of_the_forger_is_accepted(
    database: Database, worker: Worker
) -> None:
    forger = await Forger.of(database, worker)
    for typ in ("at+jwt", "AT+JWT", "application/at+jwt"):
        assert (await worker.ask(forger.token({"typ": typ}))).status_code == 200
    assert (await worker.ask(forger.token(aud=["other", AUDIENCE]))).status_code == 200


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://other.test"}, "of an accepted issuer"),
        ({"iss": f"{ISSUER}/"}, "of an accepted issuer"),
        ({"iss": None}, "of an accepted issuer"),
        ({"aud": ISSUER}, "another audience"),
        ({"aud": []}, "another audience"),
        ({"aud": None}, "another audience"),
        ({"exp": None}, "no claim exp"),
        ({"exp": NOW - 10}, "has expired"),
        ({"iat": NOW + 11}, "not valid yet"),
        ({"nbf": NOW + 11}, "not valid yet"),
        ({"jti": None}, "no claim jti"),
        ({"scope": None}, "no claim scope"),
        ({"scope": ["orders:read"]}, "no claim scope"),
        ({"client_id": None}, "no claim client_id"),
        ({"client_id": "pgc_" + "0" * 20}, "belongs to a client"),
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(
    database: Database, worker: Worker, claims: dict[str, Any], reason: str
) -> None:
    forger = await Forger.of(database, worker)
    assert_invalid(await worker.ask(forger.token(**claims)), reason)


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
async def test_a_time_that_is_none_is_refused(
    database: Database, worker: Worker, claim: str
) -> None:
    forger = await Forger.of(database, worker)
    for value in WRONG_TIMES:
        claims: dict[str, Any] = {claim: value}
        answer = await worker.ask(forger.token(**claims))
        # Who looks for the issuer cannot read a number that no double holds.
        assert answer.status_code == 401, value
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("claims", [{"exp": NOW - 9}, {"iat": NOW + 10}, {"nbf": NOW + 10}])
async def test_workers_accept_tokens_despite_small_clock_differences(
    database: Database, worker: Worker, claims: dict[str, Any]
) -> None:
    forger = await Forger.of(database, worker)
    assert (await worker.ask(forger.token(**claims))).status_code == 200


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"typ": None}, {"typ": "dpop+jwt"}])
async def test_a_jwt_of_another_type_is_no_access_token(
    database: Database, worker: Worker, header: dict[str, Any]
) -> None:
    forger = await Forger.of(database, worker)
    head = {"alg": "ES256", "typ": "at+jwt", "kid": forger.kid, **header}
    present = {name: value for name, value in head.items() if value is not None}
    token = signed(forger.claims(), forger.key, present)
    assert_invalid(await worker.ask(token), "is not an access token")


async def test_no_other_algorithm_is_accepted(database: Database, worker: Worker) -> None:
    forger = await Forger.of(database, worker)
    payload = b64(forger.claims())
    rest = {"typ": "at+jwt", "kid": forger.kid}
    [jwk] = (await worker.http.get("/.well-known/jwks.json")).json()["keys"]
    symmetric = b64({"alg": "HS256", **rest})
    tokens = [f"{b64({'alg': name, **rest})}.{payload}." for name in ("none", "None", "")]
    # Whoever takes the algorithm from the token takes the public key for a shared secret.
    for secret in (json.dumps(jwk).encode(), forger.key.as_pem(private=False)):
        mac = hmac.digest(secret, f"{symmetric}.{payload}".encode(), "sha256")
        encoded = urlsafe_b64encode(mac).decode().rstrip("=")
        tokens.append(f"{symmetric}.{payload}.{encoded}")
    rsa = RSAKey.generate_key(2048)
    tokens.append(signed(forger.claims(), rsa, {"alg": "RS256", **rest}))
    for token in tokens:
        assert_invalid(await worker.ask(token), "an algorithm that is not accepted")


async def test_a_key_that_is_not_ours_is_refused_by_any_name(
    database: Database, worker: Worker
) -> None:
    forger = await Forger.of(database, worker)
    forger.key = ECKey.generate_key("P-256")
    own = forger.key.as_dict(private=False)
    assert_invalid(await worker.ask(forger.token()), "no valid signature")
    assert_invalid(await worker.ask(forger.token({"jwk": own})), "no valid signature")
    for kid in ("unknown", "\0", "' OR 1=1"):
        assert (await worker.ask(forger.token({"kid": kid}))).status_code == 401


async def test_a_changed_token_is_refused(database: Database, worker: Worker) -> None:
    token = await worker.issued(await make(database))
    head, _, signature = token.split(".")
    forger = await Forger.of(database, worker)
    widened = b64(forger.claims(scope="personal-data:read"))
    assert_invalid(await worker.ask(f"{head}.{widened}.{signature}"), "no valid signature")


@settings(max_examples=100, deadline=None)
@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="."), max_size=60)
)
@example("e30")
@example("W10")
def test_whatever_is_sent_as_a_token_is_refused_in_order(part: str) -> None:
    for text in (f"{part}.{part}.{part}", f"e30.{part}.", f"{part}.e30.{part}"):
        try:
            parsed = Jwt(text)
        except InvalidTokenError:
            continue
        with pytest.raises(InvalidTokenError):
            parsed.verify([ECKey.generate_key("P-256")], ["ES256"])


async def test_a_token_expires_on_time_even_while_it_is_remembered(
    database: Database, worker: Worker, hand: Hand
) -> None:
    token = await worker.issued(await make(database))
    hand.move(909.5)
    assert (await worker.ask(token)).status_code == 200
    hand.move(0.5)
    assert_invalid(await worker.ask(token), "has expired")


async def test_the_settings_shorten_the_life_of_tokens(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database)
    async with workers(database_url, hand.clock, token_seconds=60) as [worker]:
        response = await worker.token(client=client)
        assert response.json()["expires_in"] == 60
        hand.move(70)
        assert_invalid(await worker.ask(response.json()["access_token"]), "has expired")


async def test_the_token_of_a_revoked_client_is_refused_within_a_second_by_every_worker(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database)
    async with workers(database_url, hand.clock, 2) as both:
        token = await both[0].issued(client)
        for worker in both:
            assert (await worker.ask(token)).status_code == 200
        await credentials.revoke(
            database, CredentialKind.OAUTH_CLIENT, client.identifier, now=STARTED
        )
        hand.move(1)
        for worker in both:
            assert_invalid(await worker.ask(token), "revoked")


async def test_a_token_ends_with_its_client(database: Database, worker: Worker, hand: Hand) -> None:
    client = await make(database, expires_at=STARTED + timedelta(seconds=100))
    token = await worker.issued(client)
    hand.move(99)
    assert (await worker.ask(token)).status_code == 200
    hand.move(1)
    assert_invalid(await worker.ask(token), "expired")


async def test_a_token_reads_what_its_scope_says_and_no_more(
    database: Database, worker: Worker
) -> None:
    client = await make(database, scopes=READ_SCOPES)
    query = "{ tenants { totalCount } orders { totalCount } }"
    narrow = (await worker.ask(await worker.issued(client, "orders:read"), query)).json()
    assert narrow["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert narrow["errors"][0]["path"] == ["tenants"]
    wide = (await worker.ask(await worker.issued(client), query)).json()
    assert wide["data"] == {"tenants": {"totalCount": 4}, "orders": {"totalCount": 0}}


async def test_a_token_loses_what_its_client_loses(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await make(database, scopes=READ_SCOPES)
    token = await worker.issued(client, "orders:read tenants:read")
    async with database.write(TenantScope.carrier()) as session:
        await session.execute(update(Credential).values(scopes=["orders:read"]))
    hand.move(1)
    answer = (await worker.ask(token, "{ tenants { totalCount } orders { totalCount } }")).json()
    assert [error["path"] for error in answer["errors"]] == [["tenants"]]


async def test_a_token_sees_what_its_tenant_has_below_it_by_now(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await make(database, tenant_number="P-A", client_name="branch")
    token = await worker.issued(client)
    query = "{ tenants { nodes { number } } }"
    seen = (await worker.ask(token, query)).json()["data"]["tenants"]["nodes"]
    assert {tenant["number"] for tenant in seen} == {"P-A", "P-A-1"}
    async with database.write(TenantScope.carrier()) as session:
        tenant = await session.scalar(select(Tenant).where(Tenant.number == "P-B"))
        assert tenant is not None
        tenant.parent_id = 2
    hand.move(1)
    seen = (await worker.ask(token, query)).json()["data"]["tenants"]["nodes"]
    assert {tenant["number"] for tenant in seen} == {"P-A", "P-A-1", "P-B"}


async def test_a_busy_client_costs_one_statement_a_second(
    database: Database, worker: Worker, hand: Hand
) -> None:
    token = await worker.issued(await make(database))
    hand.move(1)
    with statements_on("FROM credentials") as clients, statements_on("signing_keys") as keys:
        answers = await asyncio.gather(*(worker.ask(token) for _ in range(10)))
        hand.move(0.9)
        answers.append(await worker.ask(token))
        assert {answer.status_code for answer in answers} == {200}
        assert (len(clients), len(keys)) == (1, 1)
        hand.move(0.1)
        await worker.ask(token)
        assert (len(clients), len(keys)) == (2, 2)


async def test_an_api_key_gets_no_access_token(database: Database, worker: Worker) -> None:
    key = await credentials.create_key(database, tenant_number="P", client_name="CRM", now=STARTED)
    parts = api_keys.parse(key.secret)
    assert parts is not None
    prefix, secret = parts
    for wrong in (secret, key.secret):
        form = {**GRANT, "client_id": prefix, "client_secret": wrong}
        assert (await worker.token(form)).json()["error"] == "invalid_client"


async def test_made_up_keys_cost_two_statements_a_second_at_most(
    database: Database, worker: Worker, hand: Hand
) -> None:
    forger = await Forger.of(database, worker)
    hand.move(1)
    with statements_on("signing_keys") as keys, statements_on("FROM credentials") as clients:
        for number in range(20):
            token = forger.token({"kid": f"kid {number}"})
            assert_invalid(await worker.ask(token), "a key that is unknown")
    assert (len(keys), len(clients)) == (2, 0)


def b64(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
