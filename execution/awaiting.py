"""Values that are yet to come: found among those of a level, and awaited together."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from inspect import iscoroutine
from typing import Any, TypeGuard, cast

from graphql import GraphQLError, Undefined
from graphql.pyutils import is_iterable
from strawberry.execution import optimized_is_awaitable

from execution.leaves import is_unsettled

is_awaitable = cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable)

Place = tuple[list[Any], int]
"""A list and an index in it: where a value is to be put once it has come."""


class IterationError(Exception):
    """Stands after the entries that came before iterating over a list failed.

    It fails the list, as graphql-core has it: after its entries, of which each may have failed
    before.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


def tried(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function returns, or the exception that it raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return error


async def caught(awaitable: Awaitable[Any]) -> Any:
    """What comes of it, or the exception that it fails with."""
    try:
        return await awaitable
    except Exception as error:
        return error


async def all_of(values: Sequence[Any]) -> list[Any]:
    """What comes of each value that can be awaited, or the exception that it fails with.

    Coroutines run beside one another. Whatever else can be awaited has begun by itself.
    """
    if len(values) == 1:
        return [await caught(values[0]) if is_awaitable(values[0]) else values[0]]
    tasks = {
        place: asyncio.ensure_future(caught(value))
        for place, value in enumerate(values)
        if iscoroutine(value)
    }
    try:
        return [
            await tasks[place]
            if place in tasks
            else await caught(value)
            if is_awaitable(value)
            else value
            for place, value in enumerate(values)
        ]
    except BaseException:
        for task in tasks.values():
            task.cancel()
        raise


def unsettled(values: list[Any], depth: int, field: str) -> list[Place]:
    """The places of values that are yet to come, among the values and within their lists.

    `depth` says how many lists the values lie in; what is iterable there becomes a list.
    """
    places: list[Place] = []
    if any(map(is_unsettled, set(map(type, values)))):
        places = [(values, index) for index, value in enumerate(values) if _is_to_come(value)]
    if not depth:
        return places
    for index, value in enumerate(values):
        if value is None or value is Undefined or isinstance(value, Exception):
            continue
        if is_unsettled(type(value)) and _is_to_come(value):
            continue
        entries = value if type(value) is list else _entries(value, field)
        if isinstance(entries, list):
            within = unsettled(entries, depth - 1, field)
            if within and entries is value:
                # The resolver's own list stays as it is.
                entries = list(value)
                within = unsettled(entries, depth - 1, field)
            places += within
        values[index] = entries
    return places


def awaited_at(place: Place) -> Awaitable[Any]:
    """What is to be awaited at a place."""
    values, index = place
    value: Any = values[index]
    return value if is_awaitable(value) else _collected(value)


def _is_to_come(value: Any) -> bool:
    return is_awaitable(value) or isinstance(value, AsyncIterable)


async def _collected(iterable: AsyncIterable[Any]) -> list[Any]:
    entries: list[Any] = []
    iterator = aiter(iterable)
    try:
        async for entry in iterator:
            entries.append(entry)  # noqa: PERF401 - what came before a failure stays
    except Exception as error:
        entries.append(IterationError(error))
        await _closed(iterator)
    return entries


async def _closed(iterator: Any) -> None:
    """Let an iterator that failed give back what it holds; it may have no way to."""
    close = getattr(iterator, "aclose", None)
    if close is not None:
        await caught(close())


def _entries(value: Any, field: str) -> list[Any] | Exception:
    if not is_iterable(value):
        return GraphQLError(f"Expected Iterable, but did not find one for field '{field}'.")
    entries: list[Any] = []
    try:
        for entry in value:
            entries.append(entry)  # noqa: PERF402 - what came before a failure stays
    except Exception as error:
        entries.append(IterationError(error))
    return entries
