"""A client's points: taken by what it asks for, given back, and the same in memory and in Redis."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from ratelimit.buckets import Buckets, LocalBuckets, Policy
from ratelimit.redis_buckets import RedisBuckets
from ratelimit.redis_server import RedisServer
from server.limits import ServerLimits
from server.logs import configure_logging
from tests.execution.support import CLIENT, OTHER_KEY, Served, logging_restored, only_error, serve
from tests.execution.test_cost import schema
from tests.support.redis import RedisUnavailableError, private_redis, unavailable

# So slow that nothing comes back during a test.
POLICY = Policy(points=100, seconds=1e9)
BOOKS = "{ books(first: 20) { nodes { title } } }"
BOOKS_COST = 3
"""What is used; 21 points are asked for."""
NEW = 1 + len(BOOKS) // 16
"""What that document costs when it was not seen before."""


@dataclass
class Kept:
    """Buckets in one of the places where they can be."""

    buckets: Buckets
    pass_time: Callable[[float], Awaitable[None]]
    served: Served = field(init=False)

    def __post_init__(self) -> None:
        limits = ServerLimits(rate_points=POLICY.points, rate_seconds=POLICY.seconds, cost=90)
        self.served = serve(limits, served_schema=schema, buckets=self.buckets)


@pytest.fixture(params=["memory", "redis"])
async def kept(request: pytest.FixtureRequest) -> AsyncIterator[Kept]:
    if request.param == "memory":
        clock = [0.0]

        async def tick(seconds: float) -> None:
            clock[0] += seconds

        yield Kept(LocalBuckets(POLICY, lambda: clock[0]), tick)
        return
    url: str = request.getfixturevalue("redis_url")
    async with Redis.from_url(url) as redis:
        await redis.flushall()

        async def turn_back(seconds: float) -> None:
            # The server's clock cannot be moved, what it remembers can.
            await redis.hincrbyfloat(f"partnergraph:points:{CLIENT}", "at", -seconds)

        server = RedisServer(url)
        yield Kept(RedisBuckets(server, POLICY), turn_back)
        await server.close()


def remaining(response: httpx.Response) -> int:
    name, left, _ = response.headers["RateLimit"].split(";")
    assert name == '"points"'
    return int(left.removeprefix("r="))


async def use_up(served: Served, points: int) -> None:
    """Ask until no more than that many points are left."""
    while remaining(await served.ask("{ unstated { name } }")) > points:
        pass


async def test_an_operation_costs_what_it_used(kept: Kept) -> None:
    first = await kept.served.ask(BOOKS)
    assert first.json()["extensions"]["cost"] == {"requested": 21, "actual": BOOKS_COST}
    assert remaining(first) == 100 - NEW - BOOKS_COST
    assert first.headers["RateLimit-Policy"] == '"points";q=100;w=1000000000'
    second = await kept.served.ask(BOOKS)
    assert remaining(second) == 100 - NEW - 2 * BOOKS_COST


async def test_without_enough_points_nothing_is_executed_and_the_answer_says_when_to_return(
    kept: Kept,
) -> None:
    await kept.served.ask(BOOKS)
    await use_up(kept.served, 20)
    left = remaining(await kept.served.ask("{ half }"))
    opened = kept.served.events.count("opened")
    response = await kept.served.ask(BOOKS)
    seconds = (21 - left) * 10_000_000
    assert response.status_code == 429
    assert response.headers["Retry-After"] == str(seconds)
    assert remaining(response) == left
    error = only_error(response)
    assert error["extensions"] == {
        "code": "RATE_LIMITED",
        "limit": "rate",
        "maximum": 100,
        "remaining": left,
        "retryAfterSeconds": seconds,
    }
    assert f"Retry in {seconds:,} seconds" in error["message"]
    assert kept.served.events.count("opened") == opened


async def test_points_come_back_with_time_but_never_more_than_there_were(kept: Kept) -> None:
    await use_up(kept.served, 20)
    await kept.pass_time(50 * 10_000_000)
    assert 50 <= remaining(await kept.served.ask(BOOKS)) <= 70
    await kept.pass_time(1000 * 10_000_000)
    assert remaining(await kept.served.ask(BOOKS)) == 100 - BOOKS_COST


async def test_one_client_does_not_use_up_anothers_points(kept: Kept) -> None:
    await use_up(kept.served, 20)
    kept.served.http.headers["Authorization"] = f"Bearer {OTHER_KEY}"
    assert remaining(await kept.served.ask(BOOKS)) >= 100 - NEW - BOOKS_COST


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"query": 1}', b'{"query": "{"}'])
async def test_what_is_refused_costs_and_an_empty_bucket_refuses_before_the_body_is_read(
    kept: Kept, body: bytes
) -> None:
    statuses = [(await kept.served.send(body)).status_code for _ in range(101)]
    assert statuses[0] in {200, 400}
    assert statuses[-1] == 429
    kept.served.events.clear()
    await kept.served.raw([])
    assert "received" not in kept.served.events


async def test_a_document_not_seen_before_costs_by_its_length(kept: Kept) -> None:
    long = f"{{ half }} # {'x' * 160}"
    first = await kept.served.ask(long)
    assert remaining(first) == 100 - 11 - 2
    assert remaining(await kept.served.ask(long)) == 100 - 11 - 2 * 2


async def test_what_is_used_beyond_the_estimate_is_taken_too(kept: Kept) -> None:
    await kept.buckets.take(CLIENT, 90)
    quota = await kept.buckets.refund(CLIENT, -30)
    assert quota.remaining == 0
    response = await kept.served.ask("{ half }")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == str(21 * 10_000_000)


async def test_workers_share_the_points_that_are_in_redis(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
    servers = RedisServer(redis_url), RedisServer(redis_url)
    one, two = (RedisBuckets(server, POLICY) for server in servers)
    await one.take(CLIENT, 60)
    refused = await two.take(CLIENT, 60)
    assert refused.remaining == 40
    assert refused.retry_seconds == 20 * 10_000_000
    for server in servers:
        await server.close()


async def test_a_bucket_that_is_full_again_leaves_nothing_in_redis(redis_url: str) -> None:
    server = RedisServer(redis_url)
    buckets = RedisBuckets(server, Policy(points=100, seconds=10))
    async with Redis.from_url(redis_url) as redis:
        await buckets.take("brief", 50)
        assert 5_000 < await redis.pttl("partnergraph:points:brief") <= 6_000
    await server.close()


async def test_without_redis_each_worker_counts_for_itself_and_says_so_once(
    tmp_path: Path,
) -> None:
    clock = [0.0]
    with logging_restored():
        served = serve()
        configure_logging(stream=served.log)
        server = RedisServer(f"unix://{tmp_path}/nobody", lambda: clock[0])
        buckets = RedisBuckets(server, POLICY, lambda: clock[0])
        served = serve(ServerLimits(cost=90), served_schema=schema, buckets=buckets)
        configure_logging(stream=served.log)
        first = await served.ask(BOOKS)
        clock[0] += 2
        second = await served.ask(BOOKS)
        assert remaining(first) == 100 - NEW - BOOKS_COST
        assert remaining(second) == 100 - NEW - 2 * BOOKS_COST
        assert len(served.lines("redis is unavailable, each worker uses its memory")) == 1
    await server.close()


async def test_redis_is_asked_again_when_it_is_back(redis_url: str, tmp_path: Path) -> None:
    clock = [0.0]
    server = RedisServer(f"unix://{tmp_path}/socket", lambda: clock[0])
    buckets = RedisBuckets(server, POLICY, lambda: clock[0])
    with private_redis(tmp_path):
        assert (await buckets.take(CLIENT, 60)).remaining == 40
    # Gone: what was used there is not known here.
    assert (await buckets.take(CLIENT, 10)).remaining == 90
    with private_redis(tmp_path):
        assert (await buckets.take(CLIENT, 10)).remaining == 80
        clock[0] += 2
        assert (await buckets.take(CLIENT, 30)).remaining == 70
    await server.close()


@pytest.mark.parametrize(
    ("ci", "outcome"), [(None, pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_without_a_server_the_tests_are_skipped_saying_why_and_fail_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str | None, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    if ci:
        monkeypatch.setenv("CI", ci)
    with pytest.raises(RedisUnavailableError, match="install") as found, private_redis():
        pass
    with pytest.raises(outcome, match="not tested"):
        unavailable(found.value)
