"""What was found out a moment ago, and is believed for a second."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

BELIEVED_SECONDS = 1.0

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The newest answers, each for `BELIEVED_SECONDS`. Bounded."""

    def __init__(self, size: int, monotonic: Callable[[], float]) -> None:
        self._size = size
        self._monotonic = monotonic
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
        self._entries[key] = (now + BELIEVED_SECONDS, value)
        while next(iter(self._entries.values()))[0] <= now or len(self._entries) > self._size:
            self._entries.popitem(last=False)
