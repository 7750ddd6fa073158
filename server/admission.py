"""Whether a client's request is admitted: how many at once, and how many points over time."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from ratelimit.buckets import Buckets, Quota
from server.errors import RequestRefusedError, rate_limited
from server.limits import ServerLimits
from server.responses import quota_headers

_CHARACTERS_PER_POINT = 16


class Admission:
    """Admits requests, counted by client. Concurrency is counted in this process alone."""

    def __init__(self, limits: ServerLimits, buckets: Buckets) -> None:
        self._limits = limits
        self._buckets = buckets
        self._requests: Counter[str] = Counter()
        """Requests that each client has admitted."""
        self._cost: Counter[str] = Counter()
        """Cost of the operations that each client has running."""
        self._preparing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def admit(self, client: str) -> "Reservation":
        """Admit one request until the reservation is left; raises 429 before anything is read."""
        exhausted = self._buckets.exhausted(client)
        if exhausted is not None:
            raise rate_exceeded(exhausted)
        if self._requests[client] >= self._limits.concurrent:
            most = self._limits.concurrent
            raise _busy(f"Too many concurrent requests: {most} per client.", "concurrent", most)
        return Reservation(self, self._buckets, client)

    @asynccontextmanager
    async def preparing(self, client: str) -> AsyncIterator[None]:
        """CPU-bound work that blocks the event loop: one at a time per client.

        After it the client's next such work waits, so that a client that sends nothing but new
        documents gets its share of the process and no more. The request itself does not wait.
        """
        lock = self._preparing.setdefault(client, asyncio.Lock())
        await lock.acquire()
        started = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - started
            pause = seconds / self._limits.preparing_share - seconds
            if pause > 0:
                asyncio.get_running_loop().call_later(pause, lock.release)
            else:
                lock.release()

    def _enter(self, client: str) -> None:
        self._requests[client] += 1

    def _leave(self, client: str, cost: int) -> None:
        self._requests[client] -= 1
        self._cost[client] -= cost
        if not self._requests[client]:
            del self._requests[client], self._cost[client]

    def _begin(self, client: str, cost: int) -> None:
        if self._cost[client] + cost > self._limits.cost:
            most = self._limits.cost
            why = f"The operations of a client that run at once may cost {most:,} points."
            raise _busy(why, "concurrentCost", most)
        self._cost[client] += cost


class Reservation:
    """One admitted request, and the points that it takes from its client's bucket."""

    __slots__ = ("_admission", "_buckets", "client", "cost", "quota")

    def __init__(self, admission: Admission, buckets: Buckets, client: str) -> None:
        self._admission = admission
        self._buckets = buckets
        self.client = client
        self.cost = 0
        """Of the request's operation, once it has begun."""
        self.quota: Quota | None = None
        """What the client has left; None until points were taken."""

    def __enter__(self) -> "Reservation":
        self._admission._enter(self.client)
        return self

    def __exit__(self, *_: object) -> None:
        self._admission._leave(self.client, self.cost)

    def begin(self, cost: int) -> None:
        """Count an operation of that cost as running; raises 429 if its client's others leave no
        room for it.

        All operations that a client runs at once may cost as much as one may. Otherwise it could
        keep the process from everybody else for as long as its points last.
        """
        self._admission._begin(self.client, cost)
        self.cost = cost

    async def take(self, points: float) -> None:
        """Take points; raises 429 if there are not as many."""
        self.quota = await self._buckets.take(self.client, points)
        if self.quota.refused:
            raise rate_exceeded(self.quota)

    async def charge_minimum(self) -> None:
        """Take one point if none was taken: refused requests are not free."""
        if self.quota is None:
            await self.take(1)

    async def refund(self, points: float) -> None:
        """Return points that were not used; a negative number takes what the estimate lacked."""
        if points:
            self.quota = await self._buckets.refund(self.client, points)


def preparation_points(text: str, tokens: int) -> int:
    """Points for a document that is not cached. Parsing and validating it is work that a client
    could otherwise cause for nothing, by varying its text. `tokens` is the limit on tokens."""
    most_characters = 8 * tokens
    return 1 + min(len(text), most_characters) // _CHARACTERS_PER_POINT


def rate_exceeded(quota: Quota) -> RequestRefusedError:
    """The refusal of a client whose points do not suffice."""
    seconds = quota.retry_seconds
    return rate_limited(
        f"Rate limit exceeded: {quota.limit:,} points per {quota.window_seconds:,} seconds, "
        f"{quota.remaining:,} left. Retry in {seconds:,} seconds (limit: rate).",
        seconds,
        limit="rate",
        details={"maximum": quota.limit, "remaining": quota.remaining},
        headers=quota_headers(quota),
    )


def _busy(why: str, limit: str, maximum: int) -> RequestRefusedError:
    message = f"{why} Wait for a response before you send the next one (limit: {limit})."
    return rate_limited(message, 1, limit=limit, details={"maximum": maximum})
