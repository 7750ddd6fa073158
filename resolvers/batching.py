"""Keys gathered into batches: whoever asks for values at about the same time shares one load."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Load = Callable[[list[K]], Coroutine[Any, Any, Sequence[V]]]
"""Values in the order of the keys."""

BATCH = 5_000
"""Keys in one load at the most."""


class Loader(Generic[K, V]):
    """Loads each key once, as long as it lives: one operation."""

    def __init__(self, load: Load[K, V]) -> None:
        self._load = load
        self._batches: dict[K, _Batch[K, V]] = {}
        """The batch that each key is in."""
        self._open: _Batch[K, V] | None = None

    def values(self, keys: Sequence[K | None]) -> Awaitable[list[V | None]]:
        """The values of the keys, in their order; None for the key None.

        The keys are noted at once and loaded a little later, when everybody who is about to ask
        has asked.
        """
        known = self._batches
        batches: dict[_Batch[K, V], None] = {}
        for key in dict.fromkeys(keys):
            if key is not None:
                batch = known.get(key)
                if batch is None:
                    batch = known[key] = self._batch()
                    batch.keys.append(key)
                batches[batch] = None
        return self._found(keys, list(batches))

    def _batch(self) -> "_Batch[K, V]":
        """The batch that takes new keys."""
        if self._open is None or self._open.is_closed:
            self._open = _Batch(self._load)
        return self._open

    async def _found(
        self, keys: Sequence[K | None], batches: "list[_Batch[K, V]]"
    ) -> list[V | None]:
        for batch in batches:
            await batch.done.wait()
            if batch.failure is not None:
                raise batch.failure
        if len(batches) == 1:
            found = batches[0].found
            return [None if key is None else found[key] for key in keys]
        return [None if key is None else self._batches[key].found[key] for key in keys]


class _Batch(Generic[K, V]):
    """Keys that are loaded together."""

    def __init__(self, load: Load[K, V]) -> None:
        self._load = load
        self._begun = False
        self.keys: list[K] = []
        self.found: dict[K, V] = {}
        self.failure: BaseException | None = None
        self.done = asyncio.Event()
        # Whoever is woken up by the same result as the one who asks now is ahead of the task.
        asyncio.get_running_loop().call_soon(self._start)

    @property
    def is_closed(self) -> bool:
        return self._begun or len(self.keys) == BATCH

    def _start(self) -> None:
        # A task apart: a field that is given up must not take along what others wait for.
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        self._begun = True
        try:
            values = await self._load(self.keys)
            self.found = dict(zip(self.keys, values, strict=True))
        except BaseException as failure:
            self.failure = failure
            if not isinstance(failure, Exception):
                raise
        finally:
            self.done.set()
