"""Finds the awaitables among the values of a level, and awaits them together."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from inspect import iscoroutine
from types import CoroutineType, GeneratorType
from typing import Any, TypeGuard, cast

from graphql import GraphQLError, Undefined
from graphql.pyutils import is_iterable
from strawberry.execution import optimized_is_awaitable

is_awaitable = cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable)

Pending = tuple[list[Any], int]
"""A list, and the index in it of a value that has to be awaited. The result replaces it."""


class IterationError(Exception):
    """An iterable failed while it was read. Stands in the list after the entries read before.

    It fails the list and not an entry, and counts after the errors of those entries, as in
    graphql-core.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


def attempt(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a call, or the exception that it raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return error


async def outcome(awaitable: Awaitable[Any]) -> Any:
    """The result of an awaitable, or the exception that it raises."""
    try:
        return await awaitable
    except Exception as error:
        return error


async def await_all(values: Sequence[Any]) -> list[Any]:
    """The values in order, with each awaitable replaced by its outcome.

    Coroutines run concurrently, and are cancelled if this is cancelled. Other awaitables are
    taken to be running already.
    """
    if len(values) == 1:
        return [await outcome(values[0]) if is_awaitable(values[0]) else values[0]]
    tasks = {
        index: asyncio.ensure_future(outcome(value))
        for index, value in enumerate(values)
        if iscoroutine(value)
    }
    try:
        return [
            await tasks[index]
            if index in tasks
            else await outcome(value)
            if is_awaitable(value)
            else value
            for index, value in enumerate(values)
        ]
    except BaseException:
        for task in tasks.values():
            task.cancel()
        raise


def find_pending(values: list[Any], list_depth: int, field: str) -> list[Pending]:
    """The awaitables and asynchronous iterables among the values and within their lists.

    Iterables in the outer `list_depth` layers are replaced by lists. What is not iterable there is
    replaced by an error that names `field`.
    """
    pending: list[Pending] = []
    if any(map(needs_inspection, set(map(type, values)))):
        pending = [(values, index) for index, value in enumerate(values) if _is_pending(value)]
    if not list_depth:
        return pending
    for index, value in enumerate(values):
        if value is None or value is Undefined or isinstance(value, Exception):
            continue
        if needs_inspection(type(value)) and _is_pending(value):
            continue
        entries = value if type(value) is list else _entries(value, field)
        if isinstance(entries, list):
            within = find_pending(entries, list_depth - 1, field)
            if within and entries is value:
                # Leave the resolver's own list unchanged.
                entries = list(value)
                within = find_pending(entries, list_depth - 1, field)
            pending += within
        values[index] = entries
    return pending


def awaitable_at(pending: Pending) -> Awaitable[Any]:
    """The awaitable to await for a pending value."""
    values, index = pending
    value: Any = values[index]
    return value if is_awaitable(value) else _collect(value)


_needs_inspection: dict[type, bool] = {}


def needs_inspection(python_type: type) -> bool:
    """Whether values of a Python type may be exceptions, awaitables or asynchronous iterables."""
    answer = _needs_inspection.get(python_type)
    if answer is None:
        answer = _needs_inspection[python_type] = (
            issubclass(python_type, Exception | CoroutineType | GeneratorType)
            or hasattr(python_type, "__await__")
            or hasattr(python_type, "__aiter__")
        )
    return answer


def _is_pending(value: Any) -> bool:
    return is_awaitable(value) or isinstance(value, AsyncIterable)


async def _collect(iterable: AsyncIterable[Any]) -> list[Any]:
    entries: list[Any] = []
    iterator = aiter(iterable)
    try:
        async for entry in iterator:
            entries.append(entry)  # noqa: PERF401 - the entries before a failure are kept
    except Exception as error:
        entries.append(IterationError(error))
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await outcome(close())
    return entries


def _entries(value: Any, field: str) -> list[Any] | Exception:
    if not is_iterable(value):
        return GraphQLError(f"Expected Iterable, but did not find one for field '{field}'.")
    entries: list[Any] = []
    try:
        for entry in value:
            entries.append(entry)  # noqa: PERF402 - the entries before a failure are kept
    except Exception as error:
        entries.append(IterationError(error))
    return entries
