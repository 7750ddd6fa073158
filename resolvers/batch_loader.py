"""Loads values by their keys, for all objects of a level at once."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Load = Callable[[list[K]], Coroutine[Any, Any, list[V]]]
"""Values in the order of the keys."""

Values = list[V] | Awaitable[list[V]]
"""Values in the order of the keys: available already, or to be awaited."""

MOST_KEYS = 5_000
"""The most keys of one statement."""


class BatchLoader(Generic[K, V]):
    """Loads each key once. Keys that several levels, fields or aliases ask for at about the same
    time are one batch.

    An entry of the queue is all keys of a level: one future for a level, not one for each key.
    """

    def __init__(self, load: Load[K, V]) -> None:
        self.cache: dict[K, V] = {}
        """Values that were loaded or prefetched, by their keys."""
        self._load = load

    def values(self, keys: Sequence[K | None]) -> Values[V | None]:
        """A value for each key; None for the key None."""
        cache = self.cache
        missing = tuple(key for key in dict.fromkeys(keys) if key is not None and key not in cache)
        if missing:
            return self._values(keys, self._levels.load(missing))
        return [None if key is None else cache[key] for key in keys]

    @cached_property
    def _levels(self) -> DataLoader[tuple[K, ...], None]:
        return DataLoader(self._load_levels, cache=False)

    async def _values(self, keys: Sequence[K | None], loaded: Awaitable[None]) -> list[V | None]:
        # Cancelling one waiter must not cancel the load that others wait for.
        await asyncio.shield(loaded)
        cache = self.cache
        return [None if key is None else cache[key] for key in keys]

    async def _load_levels(self, levels: list[tuple[K, ...]]) -> list[None]:
        missing = [key for key in dict.fromkeys(chain(*levels)) if key not in self.cache]
        for start in range(0, len(missing), MOST_KEYS):
            keys = missing[start : start + MOST_KEYS]
            self.cache.update(zip(keys, await self._load(keys), strict=True))
        return [None] * len(levels)


async def resolved(values: Values[V]) -> list[V]:
    """The values, awaited if need be."""
    return values if isinstance(values, list) else await values
