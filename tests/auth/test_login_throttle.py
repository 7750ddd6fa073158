"""Guessing is limited, without refusing anybody who sends the right credential."""

from collections.abc import AsyncIterator

import pytest
from joserfc.jwk import ECKey
from starlette.types import Scope

from auth.login_throttle import source_of
from db.session import Database
from tests.auth.conftest import Hand
from tests.auth.oauth import GRANT, Worker, make, signer, statements_on, workers
from tests.auth.test_http import make as make_key


@pytest.fixture
async def worker(database: Database, database_url: str, hand: Hand) -> AsyncIterator[Worker]:
    """One process, which bears three wrong credentials in a minute."""
    async with workers(database_url, hand.clock, failed_attempts=3) as [only]:
        yield only


def wrong_key(number: int) -> str:
    return f"pgk_wrong{number:03}"


async def statuses(worker: Worker, count: int, first: int = 0) -> list[int]:
    """The answers to that many keys which are made up, each another one."""
    return [
        (await worker.ask(wrong_key(number))).status_code for number in range(first, first + count)
    ]


async def test_made_up_keys_are_refused_after_a_while_before_they_are_looked_up(
    worker: Worker, hand: Hand
) -> None:
    assert await statuses(worker, 4) == [401, 401, 401, 429]
    with statements_on("credentials") as sent:
        refused = await worker.ask("pgk_00000000_" + "0" * 38)
    assert sent == []
    [error] = refused.json()["errors"]
    assert error["extensions"] == {
        "code": "RATE_LIMITED",
        "limit": "attempts",
        "retryAfterSeconds": 20,
    }
    assert refused.headers["retry-after"] == "20"
    hand.move(20)
    assert await statuses(worker, 2, first=10) == [401, 429]


async def test_a_key_that_was_right_passes_whatever_comes_from_its_address(
    database: Database, worker: Worker, hand: Hand
) -> None:
    key = (await make_key(database)).secret
    assert (await worker.ask(key)).status_code == 200
    await statuses(worker, 5)
    hand.move(2)
    assert (await worker.ask(key)).status_code == 200


async def test_repeating_one_wrong_key_is_counted_once(
    database: Database, worker: Worker, hand: Hand
) -> None:
    for _ in range(10):
        assert (await worker.ask(wrong_key(1))).status_code == 401
        hand.move(1)
    assert (await worker.ask((await make_key(database)).secret)).status_code == 200


async def test_expired_tokens_are_not_counted(
    database: Database, worker: Worker, hand: Hand
) -> None:
    client = await make(database)
    tokens = [await worker.issued(client) for _ in range(5)]
    hand.move(1000)
    assert [(await worker.ask(token)).status_code for token in tokens] == [401] * 5
    assert (await worker.token(client=client)).status_code == 200


async def test_guessed_secrets_are_answered_429_and_the_right_one_a_token(
    database: Database, worker: Worker
) -> None:
    client = await make(database)
    assert (await worker.token(client=client)).status_code == 200
    answers = [
        await worker.token(
            {**GRANT, "client_id": client.identifier, "client_secret": f"wrong {number}"}
        )
        for number in range(4)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[3].json()["error"] == "temporarily_unavailable"
    assert int(answers[3].headers["retry-after"]) > 0
    assert (await worker.token(client=client)).status_code == 200


async def test_guesses_from_everywhere_do_not_lock_out_the_client_they_name(
    database: Database, worker: Worker
) -> None:
    client = await make(database)
    # Of a proxy that nobody vouches for: each request may be anybody's.
    unknown = {"X-Forwarded-For": "192.0.2.1"}
    form = {**GRANT, "client_id": client.identifier}
    wrong = [
        (await worker.token({**form, "client_secret": f"wrong {n}"}, headers=unknown)).status_code
        for n in range(5)
    ]
    assert wrong == [401, 401, 401, 429, 429]
    right = await worker.token({**form, "client_secret": client.secret or ""}, headers=unknown)
    assert right.status_code == 200


async def test_clients_that_exist_and_those_that_do_not_are_counted_alike(
    database: Database, worker: Worker
) -> None:
    client = await make(database)
    unknown = {"X-Forwarded-For": "192.0.2.1"}
    answers = []
    for identifier in (client.identifier, "pgc_" + "0" * 20):
        form = {**GRANT, "client_id": identifier}
        answers.append(
            [
                (await worker.token({**form, "client_secret": str(n)}, headers=unknown)).content
                for n in range(5)
            ]
        )
    assert answers[0] == answers[1]


async def test_forged_assertions_are_counted_and_a_client_that_signs_goes_on(
    database: Database, worker: Worker, hand: Hand
) -> None:
    honest = await signer(database, hand.clock)
    assert (await worker.token(honest.form())).status_code == 200
    forger = await signer(database, hand.clock, client_name="Forger")
    forger.client, forger.key = honest.client, ECKey.generate_key("P-256")
    forged = [(await worker.token(forger.form())).status_code for _ in range(4)]
    assert forged == [401, 401, 401, 429]
    assert (await worker.token(honest.form())).status_code == 200


@pytest.mark.parametrize(
    ("client", "headers", "source"),
    [
        (("203.0.113.5", 4711), [], "203.0.113.5"),
        (("203.0.113.5", 4711), [(b"x-forwarded-for", b"192.0.2.1")], None),
        (("203.0.113.5", 4711), [(b"forwarded", b"for=192.0.2.1")], None),
        # As uvicorn leaves it where it trusts the proxy.
        (("192.0.2.1", 0), [(b"x-forwarded-for", b"192.0.2.1")], "192.0.2.1"),
        (("2001:db8:1:2:3:4:5:6", 4711), [], "2001:db8:1:2::/64"),
        (("/run/web.sock", 0), [], None),
        (None, [], None),
    ],
)
def test_an_address_is_known_or_it_is_nobodys(
    client: tuple[str, int] | None, headers: list[tuple[bytes, bytes]], source: str | None
) -> None:
    scope: Scope = {"type": "http", "client": client, "headers": headers}
    assert source_of(scope) == source
