"""Token buckets in Redis or Valkey, shared by all workers on all machines.

No library was found whose buckets allow refunds, so the bucket is this short script. While the
server is unavailable each worker uses buckets of its own: clients are served, and may use at most
their points once per worker.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from ratelimit.buckets import MOST_CLIENTS, LocalBuckets, Policy, Quota
from ratelimit.redis_server import RedisServer

# By the server's own clock, since those of several machines differ. A full bucket is not kept.
_CHANGE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local capacity, per_second, points = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HMGET', KEYS[1], 'level', 'at')
local level, at = tonumber(known[1]) or capacity, tonumber(known[2]) or now
level = math.min(capacity, level + math.max(0, now - at) * per_second)
if ARGV[4] == 'take' and level < points then return {0, tostring(level)} end
level = math.min(capacity, level - points)
redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level),
    'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - level) / per_second * 1000) + 1000)
return {1, tostring(level)}
"""


class RedisBuckets:
    """Buckets in a server that several processes share. The caller closes the server."""

    def __init__(
        self, server: RedisServer, policy: Policy, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._local = LocalBuckets(policy, clock)
        self._server = server
        self._change = server.client.register_script(_CHANGE)
        self._empty_until: OrderedDict[str, float] = OrderedDict()

    def exhausted(self, client: str) -> Quota | None:
        """By the server's last answer: it is only asked when there are points to take."""
        until = self._empty_until.get(client)
        if until is None:
            return None
        seconds = until - self._clock()
        if seconds <= 0:
            del self._empty_until[client]
            return None
        return self._policy.quota(1 - seconds * self._policy.per_second, refused=1)

    async def take(self, client: str, points: float) -> Quota:
        changed = await self._run(client, points, "take")
        if changed is None:
            return await self._local.take(client, points)
        taken, level = changed
        return self._policy.quota(level, refused=None if taken else points)

    async def refund(self, client: str, points: float) -> Quota:
        changed = await self._run(client, -points, "refund")
        if changed is None:
            return await self._local.refund(client, points)
        return self._policy.quota(changed[1])

    async def _run(self, client: str, points: float, how: str) -> tuple[bool, float] | None:
        """Whether points were taken, and the level then; None if the server is unavailable."""
        answer = await self._server.ask(
            lambda: self._change(
                [f"partnergraph:points:{client}"],
                [self._policy.points, self._policy.per_second, points, how],
            )
        )
        if answer is None:
            return None
        taken, level = answer
        self._remember(client, float(level))
        return bool(taken), float(level)

    def _remember(self, client: str, level: float) -> None:
        if level >= 1:
            self._empty_until.pop(client, None)
            return
        self._empty_until[client] = self._clock() + (1 - level) / self._policy.per_second
        self._empty_until.move_to_end(client)
        if len(self._empty_until) > MOST_CLIENTS:
            self._empty_until.popitem(last=False)
