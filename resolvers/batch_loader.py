"""Loads values by their keys, for all objects of a level at once."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Sequence
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


class BatchLoader(DataLoader[tuple[tuple[K, ...], Load[K, V]], None], Generic[K, V]):
    """Loads each key once. Keys that several levels, fields or aliases ask for at about the same
    time are one batch.

    An entry of the `DataLoader`'s queue is all keys of a level and the function that loads them:
    one future for a level, not one for each key. The function is held in the queue alone, because
    it usually refers to the loaders of its operation: if a loader kept it, each operation would
    leave a reference cycle with all its rows to the garbage collector.
    """

    def __init__(self) -> None:
        super().__init__(cache=False)
        self.values_by_key: dict[K, V] = {}
        """Filled by batches, and by rows that were loaded in other statements."""

    def values(self, keys: Sequence[K | None], load: Load[K, V]) -> Values[V | None]:
        """A value for each key; None for the key None."""
        missing = self._missing(keys)
        if missing:
            return self._after(self.load((missing, load)), keys)
        return self._of(keys)

    async def batch_load_fn(self, levels: list[tuple[tuple[K, ...], Load[K, V]]]) -> list[None]:
        """Load the keys of some levels. All functions of one loader do the same."""
        load = levels[0][1]
        missing = self._missing(chain.from_iterable(keys for keys, _ in levels))
        for start in range(0, len(missing), MOST_KEYS):
            keys = list(missing[start : start + MOST_KEYS])
            self.values_by_key.update(zip(keys, await load(keys), strict=True))
        return [None] * len(levels)

    async def _after(self, loaded: Awaitable[None], keys: Sequence[K | None]) -> list[V | None]:
        # Cancelling one waiter must not cancel the load that others wait for.
        await asyncio.shield(loaded)
        return self._of(keys)

    def _missing(self, keys: Iterable[K | None]) -> tuple[K, ...]:
        cache = self.values_by_key
        return tuple(key for key in dict.fromkeys(keys) if key is not None and key not in cache)

    def _of(self, keys: Sequence[K | None]) -> list[V | None]:
        cache = self.values_by_key
        return [None if key is None else cache[key] for key in keys]


async def resolved(values: Values[V]) -> list[V]:
    """The values, awaited if need be."""
    return values if isinstance(values, list) else await values
