"""Whether a client's request is let in: how many at once, and how much over time."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from weakref import WeakValueDictionary

from execution.errors import ApiError, ErrorCode
from execution.limits import Limits
from ratelimit.buckets import Buckets, Quota
from server.requests import RequestRefusedError

_CHARACTERS_PER_POINT = 16


class Admission:
    """Lets requests in, by client. What is at once is counted in this process alone."""

    def __init__(self, limits: Limits, buckets: Buckets) -> None:
        self._limits = limits
        self._buckets = buckets
        self._running: Counter[str] = Counter()
        self._cost: Counter[str] = Counter()
        """Of the operations that are being executed."""
        self._preparing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @contextmanager
    def admit(self, client: str) -> Iterator["Reservation"]:
        """Let one request in until the block ends, or refuse it before anything of it is read."""
        exhausted = self._buckets.exhausted(client)
        if exhausted is not None:
            raise too_much(exhausted)
        if self._running[client] >= self._limits.concurrent:
            raise _too_many(self._limits.concurrent)
        self._running[client] += 1
        ticket = Reservation(client, self._buckets)
        try:
            yield ticket
        finally:
            self._running[client] -= 1
            self._cost[client] -= ticket.cost
            if not self._running[client]:
                del self._running[client], self._cost[client]

    @asynccontextmanager
    async def preparing(self, client: str) -> AsyncIterator[None]:
        """The block is work that nothing else in this process can go on beside.

        A client's documents are prepared one after the other, and between two of them the process
        is left to others, so that whoever sends nothing but new documents has a share of it. The
        request itself does not wait for that.
        """
        lock = self._preparing.setdefault(client, asyncio.Lock())
        await lock.acquire()
        started = time.perf_counter()
        try:
            yield
        finally:
            worked = time.perf_counter() - started
            pause = worked / self._limits.preparing_share - worked
            if pause > 0:
                asyncio.get_running_loop().call_later(pause, lock.release)
            else:
                lock.release()

    def begin(self, ticket: "Reservation", cost: int) -> None:
        """Let an operation of that cost begin, unless its client's others leave no room for it.

        All that a client has executed at once costs no more than one operation may: it could
        otherwise keep the process from everybody else for as long as its points last.
        """
        if self._cost[ticket.client] + cost > self._limits.cost:
            raise _too_dear_at_once(self._limits.cost)
        self._cost[ticket.client] += cost
        ticket.cost = cost


class Reservation:
    """One request that was let in, and what it takes of its client's points."""

    def __init__(self, client: str, buckets: Buckets) -> None:
        self.client = client
        self._buckets = buckets
        self.cost = 0
        """Of its operation, once that has begun."""
        self.quota: Quota | None = None
        """What the client has left; None as long as nothing was taken."""

    async def take(self, points: float) -> None:
        """Take the points, or refuse the request."""
        self.quota = await self._buckets.take(self.client, points)
        if self.quota.refused:
            raise too_much(self.quota)

    async def charge_minimum(self) -> None:
        """Take a point if nothing was taken yet: what is refused is not free, or a client could
        have it without end."""
        if self.quota is None:
            await self.take(1)

    async def give(self, points: float) -> None:
        """Give back what was not used; take what was used beyond the estimate."""
        if points:
            self.quota = await self._buckets.give(self.client, points)


def preparation_points(text: str, limits: Limits) -> int:
    """What a document costs that was not seen lately: parsing and validating it is work, which a
    client that varies its text could otherwise have for nothing."""
    most_work = 8 * limits.tokens
    return 1 + min(len(text), most_work) // _CHARACTERS_PER_POINT


def too_much(quota: Quota) -> RequestRefusedError:
    seconds = quota.retry_seconds
    error = ApiError(
        f"Too much was asked for: {quota.limit} points are given every {quota.window_seconds} "
        f"seconds, and {quota.remaining} are left. Come back in {seconds} seconds (limit: rate).",
        code=ErrorCode.RATE_LIMITED,
        extensions={
            "limit": "rate",
            "maximum": quota.limit,
            "remaining": quota.remaining,
            "retryAfterSeconds": seconds,
        },
    )
    headers = {**quota.headers, "Retry-After": str(seconds)}
    return RequestRefusedError(429, error, headers)


def _too_many(maximum: int) -> RequestRefusedError:
    return _at_once("concurrent", f"At most {maximum} requests of a client are served", maximum)


def _too_dear_at_once(maximum: int) -> RequestRefusedError:
    what = f"Operations of a client that cost {maximum} points at most are executed"
    return _at_once("concurrentCost", what, maximum)


def _at_once(limit: str, what: str, maximum: int) -> RequestRefusedError:
    error = ApiError(
        f"{what} at once: wait for an answer before you ask again (limit: {limit}).",
        code=ErrorCode.RATE_LIMITED,
        extensions={"limit": limit, "maximum": maximum, "retryAfterSeconds": 1},
    )
    return RequestRefusedError(429, error, {"Retry-After": "1"})
