"""A time limit that starts a timer only for work that waits."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from server.waiting import TookTooLongError, finish_within


async def at_once() -> int:
    return 1


async def after_three_waits() -> int:
    for _ in range(3):
        await asyncio.sleep(0)
    return 2


async def fail_at_once() -> int:
    raise KeyError


async def fail_later() -> int:
    await asyncio.sleep(0)
    raise KeyError


def timers() -> int:
    loop: Any = asyncio.get_running_loop()
    return len(loop._scheduled)


@pytest.mark.parametrize(("work", "result"), [(at_once, 1), (after_three_waits, 2)])
async def test_the_result_is_that_of_the_work(work: Any, result: int) -> None:
    assert await finish_within(60, work()) == result


@pytest.mark.parametrize("work", [fail_at_once, fail_later])
async def test_what_the_work_raises_is_raised(work: Any) -> None:
    with pytest.raises(KeyError):
        await finish_within(60, work())


async def test_work_that_does_not_wait_starts_no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_timer(_seconds: float) -> None:
        raise AssertionError

    monkeypatch.setattr(asyncio, "timeout", no_timer)
    assert await finish_within(60, at_once()) == 1
    with pytest.raises(AssertionError):
        await finish_within(60, after_three_waits())


async def test_work_that_takes_too_long_is_cancelled() -> None:
    ended: list[type[BaseException]] = []

    async def wait_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        except BaseException as error:
            ended.append(type(error))
            raise

    with pytest.raises(TookTooLongError):
        await finish_within(0.01, wait_for_ever())
    assert ended == [asyncio.CancelledError]
    assert timers() == 0


async def test_a_timeout_of_the_work_itself_is_not_the_limits() -> None:
    async def time_out() -> None:
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await finish_within(60, time_out())


async def test_a_cancelled_task_cancels_the_work() -> None:
    cleaned = asyncio.Event()

    async def wait_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    work: Coroutine[Any, Any, None] = finish_within(60, wait_for_ever())
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned.is_set()


async def test_work_that_waits_in_a_lock_gets_it_and_gives_it_back() -> None:
    lock = asyncio.Lock()
    await lock.acquire()

    async def enter() -> str:
        async with lock:
            return "entered"

    task = asyncio.create_task(finish_within(60, enter()))
    await asyncio.sleep(0)
    assert not task.done()
    lock.release()
    assert await task == "entered"
    assert not lock.locked()
