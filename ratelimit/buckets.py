"""Token buckets: each client has a bucket of points that refills steadily.

An operation takes its requested cost before it runs and is refunded what it did not use. What it
used beyond that is taken in any case, so a bucket may fall below zero and refills from there.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from math import ceil, floor
from typing import Protocol

MOST_CLIENTS = 10_000
"""Buckets kept in memory; the one that was longest unused is evicted."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A bucket of `points` that takes `seconds` to refill when it is empty."""

    points: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.points / self.seconds

    def quota(self, level: float, refused: float | None = None) -> "Quota":
        """The quota at that level of a bucket. `refused` are the points that were too many."""
        return Quota(self, level, refused)


class Quota:
    """What a client has left. Computed on access: most requests read a part of it."""

    __slots__ = ("_level", "_policy", "_refused")

    def __init__(self, policy: Policy, level: float, refused: float | None) -> None:
        self._policy = policy
        self._level = level
        self._refused = refused

    @property
    def limit(self) -> int:
        return self._policy.points

    @property
    def window_seconds(self) -> int:
        return ceil(self._policy.seconds)

    @property
    def remaining(self) -> int:
        return max(0, floor(self._level))

    @property
    def reset_seconds(self) -> int:
        """Time until the bucket is full, if nothing more is taken."""
        return ceil((self._policy.points - self._level) / self._policy.per_second)

    @property
    def refused(self) -> bool:
        return self._refused is not None

    @property
    def retry_seconds(self) -> int:
        """Time until the bucket has the points that were refused; 0 if none were."""
        if self._refused is None:
            return 0
        return max(1, ceil((self._refused - self._level) / self._policy.per_second))


_current: ContextVar[Quota | None] = ContextVar("quota", default=None)


def current_quota() -> Quota | None:
    """The quota of the client whose operation is running, after the operation's own cost."""
    return _current.get()


def set_current_quota(quota: Quota | None) -> None:
    """Set `current_quota` for this task and those that it starts."""
    _current.set(quota)


class Buckets(Protocol):
    """A bucket for each client, by name."""

    def exhausted(self, client: str) -> Quota | None:
        """The quota of a client that is known, without asking anyone, to have less than a point."""
        ...

    async def take(self, client: str, points: float) -> Quota:
        """Take the points; if there are not as many, take none and return a refused quota."""
        ...

    async def refund(self, client: str, points: float) -> Quota:
        """Return points; a negative number takes them, also below zero."""
        ...


class LocalBuckets:
    """Buckets in the memory of this process."""

    def __init__(self, policy: Policy, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """The level of each bucket, and the time at which it had it."""

    def exhausted(self, client: str) -> Quota | None:
        level = self._level(client)
        return None if level >= 1 else self._policy.quota(level, refused=1)

    async def take(self, client: str, points: float) -> Quota:
        level = self._level(client)
        if level < points:
            return self._policy.quota(level, refused=points)
        return self._set(client, level - points)

    async def refund(self, client: str, points: float) -> Quota:
        return self._set(client, min(self._policy.points, self._level(client) + points))

    def _level(self, client: str) -> float:
        known = self._levels.get(client)
        if known is None:
            return self._policy.points
        level, at = known
        gained = (self._clock() - at) * self._policy.per_second
        return min(self._policy.points, level + gained)

    def _set(self, client: str, level: float) -> Quota:
        self._levels[client] = level, self._clock()
        self._levels.move_to_end(client)
        if len(self._levels) > MOST_CLIENTS:
            self._levels.popitem(last=False)
        return self._policy.quota(level)
