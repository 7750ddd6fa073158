"""The identity provider's keys: fetched when needed, refreshed, and cached for a while."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey

from auth import provider_keys
from auth.admin import credentials
from db.session import Database
from server.logs import configure_logging
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import Worker, signed
from tests.auth.provider import (
    DISCOVERY,
    KEYS,
    Provider,
    add_user,
    provider_at_home,
    signing_in,
)
from tests.execution.support import logging_restored


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


Refusal = Callable[[], Awaitable[str]]


@pytest.fixture
def refusal(database_url: str, hand: Hand, provider: Provider) -> Refusal:
    """Presents a token where it cannot be told to be good; the reason that is logged."""

    async def refuse() -> str:
        log = io.BytesIO()
        with logging_restored():
            configure_logging(stream=log)
            async with signing_in(database_url, provider, hand.clock) as worker:
                assert_unavailable(await worker.ask(provider.token()))
        lines = log.getvalue().decode().splitlines()
        [line] = [line for line in lines if "identity provider" in line]
        reason: str = json.loads(line)["reason"]
        return reason

    return refuse


def assert_unavailable(response: httpx.Response) -> None:
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert "www-authenticate" not in response.headers
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE"}


def assert_unknown_key(response: httpx.Response) -> None:
    assert response.status_code == 401
    assert "does not publish" in response.json()["errors"][0]["message"]


async def test_the_keys_are_found_by_the_discovery_document(
    worker: Worker, provider: Provider
) -> None:
    assert (await worker.ask(provider.token())).status_code == 200
    assert provider.asked == [DISCOVERY, KEYS]


async def test_the_keys_are_fetched_where_the_settings_say(
    database: Database, database_url: str, hand: Hand, provider: Provider
) -> None:
    await add_user(database)
    async with signing_in(
        database_url, provider, hand.clock, oidc_jwks_url=provider.keys_url
    ) as worker:
        assert (await worker.ask(provider.token())).status_code == 200
    assert provider.asked == [KEYS]


async def test_a_key_that_is_new_is_fetched_when_it_is_seen(
    worker: Worker, provider: Provider, hand: Hand
) -> None:
    await worker.ask(provider.token())
    provider.rotate(kid="second")
    hand.move(4.9)
    assert_unknown_key(await worker.ask(provider.token()))
    hand.move(0.1)
    assert (await worker.ask(provider.token())).status_code == 200


async def test_unknown_key_ids_do_not_cause_more_fetches(
    worker: Worker, provider: Provider, hand: Hand
) -> None:
    await worker.ask(provider.token())
    provider.asked.clear()
    hand.move(5)
    flood = [provider.token({"kid": f"made up {n}"}) for n in range(50)]
    for response in await asyncio.gather(*map(worker.ask, flood)):
        assert_unknown_key(response)
    assert_unknown_key(await worker.ask(flood[0]))
    assert provider.asked == [DISCOVERY, KEYS]


async def test_a_token_that_can_never_be_valid_causes_no_fetch(
    worker: Worker, provider: Provider, hand: Hand
) -> None:
    await worker.ask(provider.token())
    provider.asked.clear()
    hand.move(5)
    token = signed(
        provider.claims(), OctKey.import_key("secret" * 8), {"alg": "HS256", "kid": "made up"}
    )
    assert (await worker.ask(token)).status_code == 401
    assert provider.asked == []


async def test_old_keys_are_refreshed_in_the_background(
    worker: Worker, provider: Provider, hand: Hand
) -> None:
    await worker.ask(provider.token())
    provider.asked.clear()
    provider.answering.clear()
    hand.move(300)
    assert (await worker.ask(provider.token())).status_code == 200
    # It waits for what the other began, and learns that the key is gone.
    provider.published.clear()
    provider.publish(kid="second")
    waiting = asyncio.create_task(worker.ask(provider.token({"kid": "made up"})))
    provider.answering.set()
    assert_unknown_key(await waiting)
    assert provider.asked == [DISCOVERY, KEYS]
    hand.move(1)
    assert_unknown_key(await worker.ask(provider.token()))


async def test_the_last_good_keys_work_for_an_hour_while_the_provider_is_away(
    worker: Worker, provider: Provider, hand: Hand
) -> None:
    await worker.ask(provider.token())
    provider.away = True
    for _ in range(9):
        hand.move(399)
        assert (await worker.ask(provider.token())).status_code == 200
    hand.move(9)
    assert_unavailable(await worker.ask(provider.token()))
    provider.away = False
    hand.move(5)
    assert (await worker.ask(provider.token())).status_code == 200


async def test_a_key_that_may_be_new_is_not_refused_while_the_provider_is_away(
    worker: Worker, provider: Provider, hand: Hand
) -> None:
    await worker.ask(provider.token())
    provider.rotate(kid="second")
    provider.away = True
    hand.move(5)
    assert_unavailable(await worker.ask(provider.token()))


async def test_a_provider_that_is_away_keeps_no_server_from_starting(
    database: Database, database_url: str, hand: Hand, provider: Provider
) -> None:
    await add_user(database)
    key = await credentials.create_key(database, tenant_number="P", client_name="CRM", now=STARTED)
    provider.away = True
    async with signing_in(database_url, provider, hand.clock) as worker:
        assert_unavailable(await worker.ask(provider.token()))
        assert (await worker.ask(key.secret)).status_code == 200
        assert (await worker.http.get("/readyz")).status_code == 200
        provider.away = False
        assert_unavailable(await worker.ask(provider.token()))
        hand.move(5)
        assert (await worker.ask(provider.token())).status_code == 200


async def test_a_server_stops_while_the_provider_does_not_answer(
    database_url: str, hand: Hand, provider: Provider
) -> None:
    provider.answering.clear()
    async with signing_in(database_url, provider, hand.clock) as worker:
        assert (await worker.http.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("path", "answer", "reason"),
    [
        (DISCOVERY, (302, b""), "answered 302"),
        (KEYS, (302, b""), "answered 302"),
        (KEYS, (500, b""), "answered 500"),
        (KEYS, (200, b"<html>"), "did not answer with a JSON object"),
        (KEYS, (200, b"[" * 100_000), "did not answer with a JSON object"),
        (KEYS, (200, b"[]"), "did not answer with a JSON object"),
        (KEYS, (200, b"\xff"), "did not answer with a JSON object"),
        (KEYS, (200, b'{"keys": []}'), "has no usable key"),
        (KEYS, (200, b'{"keys": {}}'), "has no usable key"),
        (KEYS, (200, b'{"keys": [1, {}, {"kty": "RSA", "kid": "first"}]}'), "has no usable key"),
        (KEYS, (200, b" " * 262_145), "more than 262144 bytes"),
        (DISCOVERY, (200, b"{}"), "is from another issuer"),
        (DISCOVERY, (200, b'{"issuer": "https://id.test"}'), "is from another issuer"),
    ],
)
async def test_an_unusable_answer_is_logged_and_ignored(
    refusal: Refusal, provider: Provider, path: str, answer: tuple[int, bytes], reason: str
) -> None:
    provider.answers[path] = answer
    assert reason in await refusal()


@pytest.mark.parametrize("uri", [None, "http://id.test/keys", "file:///etc/passwd", "https://"])
async def test_an_unauthenticated_jwks_uri_is_refused(
    refusal: Refusal, provider: Provider, uri: str | None
) -> None:
    document = {"issuer": provider.issuer, "jwks_uri": uri}
    provider.answers[DISCOVERY] = 200, json.dumps(document).encode()
    assert "has no usable jwks_uri" in await refusal()


async def test_a_provider_that_does_not_answer_in_time_is_away(
    refusal: Refusal, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_keys, "FETCH_SECONDS", 0.05)
    provider.answering.clear()
    assert "no answer within 0.05 seconds" in await refusal()


async def test_unusable_keys_are_ignored(worker: Worker, provider: Provider, hand: Hand) -> None:
    await worker.ask(provider.token())
    leaked, secret = ECKey.generate_key("P-256"), OctKey.import_key("secret" * 8)
    with pytest.warns(SecurityWarning):
        short = RSAKey.generate_key(1024)
    for kid, more in usable_for_nothing(leaked, secret).items():
        provider.published.append({"kid": kid, **more})
    provider.published.append({**short.as_dict(private=False), "kid": "short"})
    hand.move(5)
    for kid in (
        "private",
        "encrypts",
        "shared",
        "short",
        "other algorithm",
        "odd kind",
        "odd algorithm",
        "oversized",
    ):
        assert_unknown_key(await worker.ask(provider.token({"kid": kid})))
    assert (await worker.ask(provider.token())).status_code == 200


def usable_for_nothing(leaked: ECKey, secret: OctKey) -> dict[str, dict[str, Any]]:
    public = leaked.as_dict(private=False)
    return {
        "private": leaked.as_dict(private=True),
        "encrypts": {**public, "use": "enc"},
        "other algorithm": {**public, "alg": "ES512"},
        "odd kind": {**public, "kty": ["EC"]},
        "odd algorithm": {**public, "alg": ["ES256"]},
        "oversized": {**public, "x5t": "x" * 2_001},
        "shared": secret.as_dict(private=True),
    }
