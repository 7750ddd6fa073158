"""Breadth-first execution equals graphql-core: lists of all kinds.

Each value is returned from fields of each list type (which layers are nullable), of leaves and of
objects, and by each kind of resolver.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from execution.awaiting import await_all
from execution.resolving import by_level
from tests.execution.differential import compare, execute_by


class ResolverError(Exception):
    """Raised by resolvers."""


async def later(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


def raising(value: Exception) -> Any:
    raise value


def broken_off(*entries: Any) -> Iterator[Any]:
    yield from entries
    raise ResolverError("no more")


async def stream(*entries: Any) -> AsyncIterator[Any]:
    for entry in entries:
        if isinstance(entry, ResolverError):
            raise entry
        yield entry


class Counted:
    """An asynchronous iterator that is not a generator, and raises after its entries."""

    def __init__(self, *entries: Any) -> None:
        self._left = list(entries)
        self.closed = 0

    def __aiter__(self) -> "Counted":
        return self

    async def __anext__(self) -> Any:
        if not self._left:
            raise ResolverError("lost")
        return self._left.pop(0)

    async def aclose(self) -> None:
        self.closed += 1
        raise ResolverError("cannot be closed")


class FailingIterable:
    def __iter__(self) -> Iterator[Any]:
        raise ResolverError("cannot begin")


SYNCHRONOUS: dict[str, Callable[[], Any]] = {
    "list": lambda: [1, 2],
    "empty": list,
    "tuple": lambda: (1, 2),
    "set": lambda: {1},
    "keys": {1: "a", 2: "b"}.keys,
    "generator": lambda: (number for number in (1, 2)),
    "mapping": lambda: {1: 2},
    "text": lambda: "12",
    "number": lambda: 7,
    "null": lambda: None,
    "null entry": lambda: [1, None, 2],
    "exception": lambda: ResolverError("returned"),
    "raised": lambda: raising(ResolverError("raised")),
    "exception entry": lambda: [1, ResolverError("an entry"), 2],
    "null and exception": lambda: (1, None, ResolverError("an entry"), 2),
    "broken off": lambda: broken_off(1, 2),
    "broken off after a null": lambda: broken_off(1, None, 2),
    "broken off after an exception": lambda: broken_off(ResolverError("an entry"), 2),
    "broken off at once": broken_off,
    "cannot begin": FailingIterable,
    "wrong entry": lambda: [1, "no number", 2],
    "broken off after a wrong entry": lambda: broken_off("no number"),
}
"""Functions that make what a resolver returns, or raise."""

ASYNCHRONOUS: dict[str, Callable[[], Any]] = {
    "coroutine": lambda: later([1, 2]),
    "coroutine of null": lambda: later(None),
    "coroutine that raises": lambda: later(ResolverError("later")),
    "coroutine of an exception entry": lambda: later([1, ResolverError("an entry")]),
    "coroutines": lambda: [later(1), later(2)],
    "one coroutine": lambda: [1, later(2), 3],
    "coroutine of coroutines": lambda: later([later(1), 2]),
    "coroutine of null as entry": lambda: [1, later(None)],
    "coroutine that raises as entry": lambda: (1, later(ResolverError("later")), later(3)),
    "generated coroutines": lambda: (later(number) for number in (1, 2)),
    "stream": lambda: stream(1, 2),
    "empty stream": stream,
    "stream of null": lambda: stream(1, None, 2),
    "stream of an exception": lambda: stream(1, ValueError("an entry"), 2),
    "stream of coroutines": lambda: stream(later(1), 2),
    "stream that fails": lambda: stream(1, ResolverError("dry")),
    "stream that fails after a null": lambda: stream(1, None, ResolverError("dry")),
    "stream that fails at once": lambda: stream(ResolverError("dry")),
    "coroutine of a stream": lambda: later(stream(1, 2)),
    "iterable that fails": lambda: Counted(1, 2),
    "iterable that fails after a null": lambda: Counted(1, None),
    "coroutine of an iteration that breaks off": lambda: later(broken_off(1, None)),
}

NESTED: dict[str, Callable[[], Any]] = {
    "lists": lambda: [[1, 2], [], (3,)],
    "null within": lambda: [[1, None], [2]],
    "null list": lambda: [[1], None],
    "exception list": lambda: [[1], ResolverError("a list")],
    "no list": lambda: [[1], 2],
    "broken off within": lambda: [broken_off(1, None), [2]],
    "broken off outside": lambda: broken_off([1], [None]),
    "coroutines within": lambda: [[later(1), 2], later([3])],
    "stream of streams": lambda: stream(stream(1), [2]),
    "stream that fails within": lambda: [stream(1, ResolverError("dry")), [2]],
    "coroutine of an exception within": lambda: [[1], later([ResolverError("an entry")])],
}

VALUES = {**SYNCHRONOUS, **ASYNCHRONOUS, **NESTED}


@strawberry.type
class Entry:
    """An entry as an object. Its Python value is the number itself."""

    @strawberry.field
    def number(self) -> int:
        return self  # type: ignore[return-value]


FLAT = {
    "open": list[int | None] | None,
    "strict_entries": list[int] | None,
    "strict": list[int],
    "strict_list": list[int | None],
}
OF_OBJECTS = {
    "open_objects": list[Entry | None] | None,
    "strict_entries_objects": list[Entry] | None,
    "strict_objects": list[Entry],
    "strict_list_objects": list[Entry | None],
}
DEEP = {
    "lists": list[list[int | None] | None] | None,
    "strict_within": list[list[int] | None] | None,
    "strict_lists": list[list[int | None]] | None,
    "all_strict": list[list[int]],
}


@dataclass
class Of:
    """An object whose fields all have the value with that name in `VALUES`."""

    name: str

    def value(self) -> Any:
        return VALUES[self.name]()


def _of_parent(root: Of) -> Any:
    return root.value()


def _of_each(root: Of, info: strawberry.Info) -> Any:
    return root.value()


def _of_level(parents: list[Of], context: Any) -> list[Any]:
    return [_tried(parent) for parent in parents]


def _given(root: Of, info: strawberry.Info) -> Any:
    return info.context


async def _of_level_later(parents: list[Of], context: Any) -> list[Any]:
    return await await_all([_tried(parent) for parent in parents])


def _tried(parent: Of) -> Any:
    try:
        return parent.value()
    except ResolverError as error:
        return error


_WAYS: dict[str, Callable[..., Any]] = {
    "parent": _of_parent,
    "each": _of_each,
    "level": by_level(_of_level),
    "later": by_level(_of_level_later),
}

Box: Any = strawberry.type(
    # A field for each list type and kind of resolver.
    type(
        "Box",
        (),
        {"open_given": strawberry.field(resolver=_given, graphql_type=FLAT["open"])}
        | {
            f"{shape}_{way}": strawberry.field(resolver=resolver, graphql_type=kind)
            for (shape, kind), (way, resolver) in product(
                {**FLAT, **OF_OBJECTS, **DEEP}.items(), _WAYS.items()
            )
        },
    )
)


@strawberry.type
class Query:
    @strawberry.field
    def box(self, of: str) -> Box | None:
        return Of(of)

    @strawberry.field
    def must(self, of: str) -> Box:
        return Of(of)


schema = strawberry.Schema(Query, config=StrawberryConfig(auto_camel_case=False))


async def _compare(name: str, shapes: dict[str, Any], *, below: str = "", ordered: bool) -> None:
    """Compare a value of each list type, under a nullable parent (all in one document) and under
    a non-null parent."""
    for way in _WAYS:
        fields = {shape: f"{shape}_{way} {below}" for shape in shapes}
        boxes = " ".join(
            f'{shape}: box(of: "{name}") {{ {field} __typename }}'
            for shape, field in fields.items()
        )
        # The order of graphql-core's errors depends on timing.
        in_order = ordered and way != "later"
        await compare(schema, f"{{ {boxes} }}", ordered=in_order)
        for field in fields.values():
            document = f'{{ must(of: "{name}") {{ {field} }} __typename }}'
            await compare(schema, document, ordered=in_order)


@pytest.mark.parametrize("name", SYNCHRONOUS)
async def test_lists_without_awaitables_are_equal(name: str) -> None:
    await _compare(name, FLAT, ordered=True)
    await _compare(name, OF_OBJECTS, below="{ number __typename }", ordered=True)


@pytest.mark.parametrize("name", ASYNCHRONOUS)
async def test_lists_with_awaitables_are_equal(name: str) -> None:
    await _compare(name, FLAT, ordered=False)
    await _compare(name, OF_OBJECTS, below="{ number }", ordered=False)


@pytest.mark.parametrize("name", NESTED)
async def test_lists_within_lists_are_equal(name: str) -> None:
    await _compare(name, DEEP, ordered=False)


async def test_an_asynchronous_iterator_that_fails_is_closed() -> None:
    counted = Counted(1)
    answer = await execute_by(schema, "levels", '{ box(of: "") { open_given } }', context=counted)
    assert answer.data == {"box": {"open_given": None}}
    assert counted.closed == 1
