"""Time limits that cost nothing where there is nothing to wait for."""

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class TookTooLongError(Exception):
    """The time limit ended, and the work was cancelled."""


async def finish_within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What the work returns; raises TookTooLongError after that time.

    The work begins at once. A timer is started only if it suspends: most requests find their
    principal in a cache and their body in memory.
    """
    try:
        suspended = work.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    try:
        async with asyncio.timeout(seconds) as timeout:
            return await _resumed(work, suspended)
    except TimeoutError:
        if not timeout.expired():
            raise
        raise TookTooLongError from None


@coroutine
def _resumed(work: Coroutine[Any, Any, T], suspended: Any) -> Generator[Any, Any, T]:
    """Awaits work that was begun and has suspended."""
    try:
        while True:
            # No local variable keeps the error: its traceback holds this frame.
            try:
                sent = yield suspended
            except BaseException as error:
                suspended = work.throw(error)
            else:
                suspended = work.send(sent)
    except StopIteration as finished:
        result: T = finished.value
        return result
