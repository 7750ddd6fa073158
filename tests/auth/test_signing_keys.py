"""Signing keys: created when first needed, published ahead, kept until their tokens expire."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from joserfc import jws
from sqlalchemy import select, update

from auth.admin import signing_keys
from auth.admin.signing_keys import KeyPendingError, KeysChangedError
from auth.key_encryption import DecryptionError, KeyEncryption
from auth.oauth_scopes import ALLOWED_BY_KIND, OAuthScope
from auth.signing_keys import LONGEST_TOKEN, create_first, list_keys
from db.enums import ClientKind
from db.models import SigningKey
from db.scope.tenant_scope import TenantScope
from db.session import Database
from settings import Settings
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import AUDIENCE, ISSUER, Worker, make, workers

PLAIN = KeyEncryption(None)
SECRET = "s" * 32


@pytest.fixture
async def pair(database: Database, database_url: str, hand: Hand) -> AsyncIterator[list[Worker]]:
    """Two workers over one database."""
    async with workers(database_url, hand.clock, 2) as both:
        yield both


async def published(worker: Worker) -> list[str]:
    response = await worker.http.get("/.well-known/jwks.json")
    assert response.status_code == 200
    return [key["kid"] for key in response.json()["keys"]]


async def rotate(database: Database, hand: Hand) -> str:
    key = await signing_keys.rotate(database, PLAIN, now=hand.clock.now())
    return key.kid


def signed_by(token: str) -> str:
    kid: str = jws.extract_compact(token.encode()).headers()["kid"]
    return kid


async def test_workers_that_need_the_first_key_at_once_make_one_together(
    database: Database, pair: list[Worker]
) -> None:
    client = await make(database)
    tokens = await asyncio.gather(*(worker.issued(client) for worker in pair * 3))
    [key] = await list_keys(database)
    assert {signed_by(token) for token in tokens} == {key.kid}
    for worker in pair:
        assert await published(worker) == [key.kid]
        for token in tokens:
            assert (await worker.ask(token)).status_code == 200


async def test_a_worker_trusts_a_key_that_another_has_just_created(
    database: Database, pair: list[Worker]
) -> None:
    client = await make(database)
    assert (await pair[1].ask("e30.e30.e30")).status_code == 401
    token = await pair[0].issued(client)
    assert (await pair[1].ask(token)).status_code == 200


async def test_the_next_key_is_published_before_it_signs_and_the_former_until_its_tokens_end(
    database: Database, pair: list[Worker], hand: Hand
) -> None:
    client = await make(database)
    first = signed_by(await pair[0].issued(client))
    await pair[1].issued(client)

    second = await rotate(database, hand)
    hand.move(1)
    for worker in pair:
        assert await published(worker) == [first, second]
        assert signed_by(await worker.issued(client)) == first

    hand.move(298.9)
    last_of_first = await pair[0].issued(client)
    assert signed_by(last_of_first) == first
    hand.move(0.1)
    for worker in pair:
        token = await worker.issued(client)
        assert signed_by(token) == second
        for other in pair:
            assert (await other.ask(token)).status_code == 200
            assert (await other.ask(last_of_first)).status_code == 200

    hand.move(908)
    assert (await pair[1].ask(last_of_first)).status_code == 200
    assert await published(pair[1]) == [first, second]
    hand.move(2)
    assert await published(pair[1]) == [second]
    assert (await pair[1].ask(last_of_first)).status_code == 401
    assert (await pair[1].ask(await pair[0].issued(client))).status_code == 200


async def test_there_is_one_next_key_at_a_time(database: Database, hand: Hand) -> None:
    await create_first(database, PLAIN, now=STARTED)
    await rotate(database, hand)
    with pytest.raises(KeyPendingError):
        await rotate(database, hand)
    hand.move(300)
    await rotate(database, hand)


async def test_the_first_rotation_of_all_signs_at_once(database: Database, hand: Hand) -> None:
    key = await signing_keys.rotate(database, PLAIN, now=STARTED)
    assert key.signs_from == STARTED


async def test_of_two_rotations_at_once_one_is_told(database: Database, hand: Hand) -> None:
    await create_first(database, PLAIN, now=STARTED)
    outcomes = await asyncio.gather(
        *(rotate(database, hand) for _ in range(2)), return_exceptions=True
    )
    [failure] = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert isinstance(failure, KeyPendingError | KeysChangedError)
    assert len(await list_keys(database)) == 2


async def test_keys_whose_tokens_have_ended_are_deleted_by_the_next_rotation(
    database: Database, hand: Hand
) -> None:
    await create_first(database, PLAIN, now=STARTED)
    kids = [await rotate(database, hand)]
    hand.move(300 + 910)
    kids.append(await rotate(database, hand))
    assert [key.kid for key in await list_keys(database)] == kids


async def test_what_a_withdrawn_key_signed_is_refused_within_a_second(
    database: Database, pair: list[Worker], hand: Hand
) -> None:
    client = await make(database)
    token = await pair[0].issued(client)
    assert (await pair[1].ask(token)).status_code == 200
    key = await signing_keys.replace_all(database, PLAIN, now=hand.clock.now())
    hand.move(1)
    for worker in pair:
        assert (await worker.ask(token)).status_code == 401
        assert await published(worker) == [key.kid]
        assert signed_by(await worker.issued(client)) == key.kid


async def test_a_key_that_signs_at_once_is_trusted_at_once_by_every_worker(
    database: Database, database_url: str, pair: list[Worker], hand: Hand
) -> None:
    client = await make(database)
    for worker in pair:
        await worker.ask(await worker.issued(client))
    key = await signing_keys.replace_all(database, PLAIN, now=hand.clock.now())
    hand.move(0.5)
    # A worker that starts now has nothing to forget.
    async with workers(database_url, hand.clock) as [fresh]:
        token = await fresh.issued(client)
    assert signed_by(token) == key.kid
    assert (await pair[1].ask(token)).status_code == 200


async def test_published_keys_hold_nothing_private(database: Database, pair: list[Worker]) -> None:
    response = await pair[0].http.get("/.well-known/jwks.json")
    [key] = response.json()["keys"]
    assert sorted(key) == ["alg", "crv", "kid", "kty", "use", "x", "y"]
    assert (key["alg"], key["crv"], key["kty"], key["use"]) == ("ES256", "P-256", "EC", "sig")
    assert response.headers["cache-control"] == "public, max-age=60"


async def test_the_metadata_says_what_is_served(database: Database, pair: list[Worker]) -> None:
    worker = pair[0]
    response = await worker.http.get("/.well-known/oauth-authorization-server")
    metadata: dict[str, Any] = response.json()
    assert metadata["issuer"] == ISSUER
    assert set(metadata["scopes_supported"]) == set(OAuthScope)
    wanted = ALLOWED_BY_KIND[ClientKind.PARTNER]
    client = await make(database, scopes=wanted)
    token = await worker.http.post(
        metadata["token_endpoint"],
        data={
            "grant_type": metadata["grant_types_supported"][0],
            "scope": " ".join(wanted),
        },
        auth=(client.identifier, client.secret or ""),
    )
    assert token.status_code == 200
    keys = (await worker.http.get(metadata["jwks_uri"])).json()["keys"]
    parsed = jws.extract_compact(token.json()["access_token"].encode())
    assert parsed.headers()["kid"] in {key["kid"] for key in keys}
    claims = json.loads(parsed.payload)
    assert (claims["iss"], claims["aud"]) == (ISSUER, AUDIENCE)
    assert metadata["response_types_supported"] == []
    assert metadata["token_endpoint_auth_methods_supported"] == [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ]
    assert metadata["token_endpoint_auth_signing_alg_values_supported"] == [
        "ES256",
        "Ed25519",
        "PS256",
        "RS256",
    ]


async def test_private_keys_are_encrypted_with_the_secret_of_the_settings(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database)
    async with workers(database_url, hand.clock, 2, signing_key_secret=SECRET) as both:
        token = await both[0].issued(client)
        assert (await both[1].ask(token)).status_code == 200
        assert signed_by(await both[1].issued(client)) == signed_by(token)
    async with database.read(TenantScope.carrier()) as session:
        [row] = await session.entities(select(SigningKey))
    assert row.private_key.startswith("aes256gcm:")
    private = KeyEncryption(SECRET).decrypt(row.kid, row.private_key)
    assert json.loads(private)["d"]
    for encryption in (PLAIN, KeyEncryption("t" * 32)):
        with pytest.raises(DecryptionError):
            encryption.decrypt(row.kid, row.private_key)
    with pytest.raises(DecryptionError):
        KeyEncryption(SECRET).decrypt("another key", row.private_key)


async def test_a_server_without_the_secret_issues_nothing_and_says_why_in_its_log_alone(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database)
    await create_first(database, KeyEncryption(SECRET), now=STARTED)
    async with workers(database_url, hand.clock) as [worker]:
        response = await worker.token(client=client)
    assert (response.status_code, response.json()["error"]) == (500, "server_error")
    assert "sign" not in response.text


async def test_the_secret_changes_with_the_next_key_and_no_token_is_lost(
    database: Database, database_url: str, hand: Hand
) -> None:
    client = await make(database)
    changed = "t" * 32
    async with (
        workers(database_url, hand.clock, signing_key_secret=SECRET) as [old],
        workers(database_url, hand.clock, signing_key_secret=changed) as [new],
    ):
        first = await old.issued(client)
        await signing_keys.rotate(database, KeyEncryption(changed), now=STARTED)
        for seconds in (1, 300):
            hand.move(seconds)
            tokens = [first, await old.issued(client), await new.issued(client)]
            assert [signed_by(token) == signed_by(first) for token in tokens] == [True, True, False]
            for token in tokens:
                for worker in (old, new):
                    assert (await worker.ask(token)).status_code == 200


async def test_nothing_is_issued_with_a_key_that_cannot_be_read(
    database: Database, database_url: str, pair: list[Worker], hand: Hand
) -> None:
    client = await make(database)
    await pair[0].issued(client)
    async with database.write(TenantScope.carrier()) as session:
        await session.execute(update(SigningKey).values(private_key="broken"))
    async with workers(database.engine.url.render_as_string(hide_password=False), hand.clock) as [
        fresh
    ]:
        assert (await fresh.token(client=client)).json()["error"] == "server_error"


def test_no_token_may_outlive_the_time_that_former_keys_are_kept() -> None:
    longest = LONGEST_TOKEN.total_seconds()
    Settings(token_seconds=int(longest))
    with pytest.raises(ValueError, match="less than or equal to 900"):
        Settings(token_seconds=int(longest) + 1)
