"""What a partner is told of its points by the product's own endpoint."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from auth.oauth_scopes import READ_SCOPES
from execution.limits import Limits
from tests.graph.client import Answer, Client, serve
from tests.graph.factory import NOW, Factory

LIMIT = """{ viewer { rateLimit { limit remaining resetAt } } }"""


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[Client]:
    # A point comes back every 1,000 seconds.
    limits = Limits(rate_points=100, rate_seconds=100_000, cost=60)
    async with serve(database_url, limits=limits) as client:
        book = Factory()
        partner = book.tenant()
        book.customer(partner)
        book.tenant()
        book.tenant(partner, number="M-PART")
        await client.fill(book)
        yield client


def left(answer: Answer) -> int:
    return int(answer.response.headers["RateLimit"].split(";")[1].removeprefix("r="))


async def test_the_viewer_reads_what_the_headers_say(client: Client) -> None:
    answer = await client.query(LIMIT)
    limit = answer.data["viewer"]["rateLimit"]
    assert limit["limit"] == 100
    # One for the operation, and four for a document that was not seen before.
    assert limit["remaining"] == left(answer) == 95
    seconds = int(answer.response.headers["RateLimit"].rpartition("t=")[2])
    assert datetime.fromisoformat(limit["resetAt"]) == NOW + timedelta(seconds=seconds)
    assert 4_900 < seconds <= 5_000


async def test_all_keys_of_a_client_share_its_points(client: Client) -> None:
    first = await client.query(LIMIT)
    key = client._keys.pop(("M-10001", READ_SCOPES))
    second = await client.query(LIMIT)
    assert client._keys["M-10001", READ_SCOPES] != key
    assert left(second) == left(first) - 1


async def test_acting_for_a_part_of_the_tree_brings_no_points_of_its_own(client: Client) -> None:
    first = await client.query(LIMIT)
    second = await client.query(LIMIT, headers={"X-Tenant": "M-PART"})
    assert second.data
    assert left(second) == left(first) - 1
    refused = await client.query(LIMIT, headers={"X-Tenant": "M-99999"})
    assert refused.response.status_code == 403
    assert left(refused) < left(second)


async def test_another_tenants_client_has_points_of_its_own(client: Client) -> None:
    await client.query(LIMIT)
    assert left(await client.query(LIMIT, tenant="M-10003")) == 99


async def test_who_asks_for_too_much_is_sent_away_before_any_statement(client: Client) -> None:
    document = "{ customers(first: 50) { totalCount } }"
    answer = await client.query(document)
    assert answer.errors == []
    answer = await client.query(document)
    assert answer.codes == ["RATE_LIMITED"]
    assert answer.response.status_code == 429
    assert answer.statements == 0
    # 56 points are asked for.
    points = 56 - left(answer)
    assert 0 <= points * 1_000 - int(answer.response.headers["Retry-After"]) < 100
