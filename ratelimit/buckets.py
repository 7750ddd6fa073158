"""How much a client may ask for over time: a bucket of points that refills steadily.

An operation takes its requested cost before it runs and gets back what it did not use. What a
client did use is always taken, so that a bucket may end up below zero and must refill from there.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from math import ceil, floor
from typing import Protocol

MOST_CLIENTS = 10_000
"""Buckets kept in memory; that of the client who has been away longest is forgotten."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A bucket of `points` that is full again `seconds` after it was empty."""

    points: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.points / self.seconds

    def quota(self, level: float, refused: float | None = None) -> "Quota":
        """What a client is told at that level of its bucket, `refused` points being too many."""
        return Quota(self, level, refused)


class Quota:
    """What a client has left. Most of it is asked for once a request, so it is worked out then."""

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
        """Until everything is there again, if nothing more is used."""
        return ceil((self._policy.points - self._level) / self._policy.per_second)

    @property
    def refused(self) -> bool:
        return self._refused is not None

    @property
    def retry_seconds(self) -> int:
        """Until what was refused can be had; 0 if nothing was."""
        if self._refused is None:
            return 0
        return max(1, ceil((self._refused - self._level) / self._policy.per_second))

    @property
    def headers(self) -> Mapping[str, str]:
        """https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (revision 10)"""
        return {
            "RateLimit-Policy": f'"points";q={self.limit};w={self.window_seconds}',
            "RateLimit": f'"points";r={self.remaining};t={self.reset_seconds}',
        }


_current: ContextVar[Quota | None] = ContextVar("quota", default=None)


def current_quota() -> Quota | None:
    """What the client of the operation being executed has left, the operation's own cost taken."""
    return _current.get()


def set_current_quota(quota: Quota | None) -> None:
    """Say what `current_quota` is in this task and those that it starts."""
    _current.set(quota)


class Buckets(Protocol):
    """The buckets of all clients."""

    def exhausted(self, client: str) -> Quota | None:
        """The quota of a client that has not even one point, as far as this process knows."""
        ...

    async def take(self, client: str, points: float) -> Quota:
        """Take the points, or refuse: the quota then says when to come back."""
        ...

    async def give(self, client: str, points: float) -> Quota:
        """Give points back; a negative number takes them, even if they are not there."""
        ...


class LocalBuckets:
    """Buckets in the memory of this process."""

    def __init__(self, policy: Policy, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """The level of each bucket, and when it stood there."""

    def exhausted(self, client: str) -> Quota | None:
        level = self._level(client)
        return None if level >= 1 else self._policy.quota(level, refused=1)

    async def take(self, client: str, points: float) -> Quota:
        level = self._level(client)
        if level < points:
            return self._policy.quota(level, refused=points)
        return self._set(client, level - points)

    async def give(self, client: str, points: float) -> Quota:
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
