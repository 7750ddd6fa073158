"""Bounded caches of recent answers, each kept for a second unless stated otherwise."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

TTL_SECONDS = 1.0
MOST_ENTRIES = 10_000
MOST_MISSING = 1_000
"""Keys without a value are cached apart, so that made-up ones evict no real one."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class TTLCache(Generic[K, V]):
    """The newest `size` values, each for `seconds`."""

    def __init__(
        self, size: int, monotonic: Callable[[], float], *, seconds: float = TTL_SECONDS
    ) -> None:
        self._size = size
        self._monotonic = monotonic
        self._seconds = seconds
        # All entries live equally long, so the oldest expires first.
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        entry = self._entries.get(key)
        return entry is not None and self._monotonic() < entry[0]

    def get(self, key: K) -> V | None:
        return self._entries[key][1] if key in self else None

    def put(self, key: K, value: V) -> None:
        now = self._monotonic()
        self._entries.pop(key, None)
        self._entries[key] = (now + self._seconds, value)
        while next(iter(self._entries.values()))[0] <= now or len(self._entries) > self._size:
            self._entries.popitem(last=False)


class Lookup(Generic[K, V]):
    """Values from the database by key, each read at most once a second."""

    def __init__(
        self, monotonic: Callable[[], float], read: Callable[[K], Awaitable[V | None]]
    ) -> None:
        self._read = read
        self._values: TTLCache[K, V] = TTLCache(MOST_ENTRIES, monotonic)
        self._missing: TTLCache[K, None] = TTLCache(MOST_MISSING, monotonic)
        self._locks: WeakValueDictionary[K, asyncio.Lock] = WeakValueDictionary()

    async def find(self, key: K) -> V | None:
        """The value of the key; None if there is none."""
        value = self._values.get(key)
        if value is not None or key in self._missing:
            return value
        # Concurrent requests for a key share one read.
        async with self._locks.setdefault(key, asyncio.Lock()):
            value = self._values.get(key)
            if value is not None or key in self._missing:
                return value
            value = await self._read(key)
            if value is None:
                self._missing.put(key, None)
            else:
                self._values.put(key, value)
            return value
