"""What was found out a moment ago, and is believed for a second."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

BELIEVED_SECONDS = 1.0

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class TTLCache(Generic[K, V]):
    """The newest answers, each for some seconds. Bounded."""

    def __init__(
        self, size: int, monotonic: Callable[[], float], *, seconds: float = BELIEVED_SECONDS
    ) -> None:
        self._size = size
        self._monotonic = monotonic
        self._seconds = seconds
        # All live equally long, so the oldest entry is always the first to go.
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
    """Answers of the database, each read once a second at the most, however many ask."""

    def __init__(
        self, size: int, monotonic: Callable[[], float], read: Callable[[K], Awaitable[V]]
    ) -> None:
        self._read = read
        # In a tuple, since None may be an answer.
        self._recent: TTLCache[K, tuple[V]] = TTLCache(size, monotonic)
        self._reading: WeakValueDictionary[K, asyncio.Lock] = WeakValueDictionary()

    async def find(self, key: K) -> V:
        # Requests that come together read once.
        async with self._reading.setdefault(key, asyncio.Lock()):
            found = self._recent.get(key)
            if found is None:
                found = (await self._read(key),)
                self._recent.put(key, found)
            return found[0]
