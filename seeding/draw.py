"""Reproducible random choices, from one generator for a whole order book."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar
from uuid import UUID

from db.ids import uuid7

T = TypeVar("T")


class Draw:
    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.random = self._random.random
        """Return a number from 0 (included) to 1 (excluded)."""

    def one_of(self, pool: Sequence[T]) -> T:
        return pool[int(self.random() * len(pool))]

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def between(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        return low + int(self.random() * (high - low + 1))

    def waiting(self, mean: float) -> int:
        """Return an exponentially distributed waiting time."""
        return int(self._random.expovariate(1 / mean))

    def id(self, seconds: int) -> UUID:
        """Return the identifier of a row that was created at this time."""
        return uuid7(seconds * 1000 + int(self.random() * 1000), self._random.getrandbits(74))


def weighted(shares: Mapping[T, int]) -> tuple[T, ...]:
    """Return a pool that holds each member as often as its share."""
    return tuple(member for member, share in shares.items() for _ in range(share))
