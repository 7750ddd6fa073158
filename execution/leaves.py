"""Scalars and enums, converted a column at a time.

`Leaf.convert` is graphql-core's way, value by value. `Leaf.column` does the same for the values of
many objects at once, where their Python types say that nothing can be amiss.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from types import CoroutineType, GeneratorType
from typing import Any, TypeVar

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from graphql.pyutils import inspect
from graphql.pyutils.undefined import UndefinedType

_NONE = type(None)

_BUILT_IN: dict[str, tuple[GraphQLLeafType, type]] = {
    "String": (GraphQLString, str),
    "ID": (GraphQLID, str),
    "Boolean": (GraphQLBoolean, bool),
    "Int": (GraphQLInt, int),
}


_COLUMN = "__column__"

Convert = TypeVar("Convert", bound=Callable[[Any], Any])


def by_column(
    column: Callable[[list[Any]], list[Any] | None],
) -> Callable[[Convert], Convert]:
    """Says of a scalar's `serialize` how it converts many values at once, some of them None: to
    what it would make of each, or to what JSON's encoder makes the same of. `column` returns None
    for values that have to be looked at one by one."""

    def mark(convert: Convert) -> Convert:
        setattr(convert, _COLUMN, column)
        return convert

    return mark


class Leaf:
    """A leaf type of a schema."""

    def __init__(self, kind: GraphQLLeafType) -> None:
        self._kind = kind
        self._coerce: Callable[[Any], Any] = kind.coerce_output_value
        built_in, python_type = _BUILT_IN.get(kind.name, (None, None))
        self._as_it_is = python_type if built_in is kind else None
        """Values of that very type are the answer, but for integers that are too large."""
        self._column: Callable[[list[Any]], list[Any] | None] | None = getattr(
            self._coerce, _COLUMN, None
        )
        self._names = _Names(self.convert) if isinstance(kind, GraphQLEnumType) else None

    def convert(self, value: Any) -> Any:
        """The answer that a value is; raises where it is none."""
        converted = self._coerce(value)
        if converted is None or converted is Undefined:
            raise TypeError(
                f"Expected `{inspect(self._kind)}.coerce_output_value({inspect(value)})` to return "
                f"non-nullable value, returned: {inspect(converted)}"
            )
        return converted

    def column(self, values: list[Any]) -> list[Any] | None:
        """The answers of many values, or None where they have to be looked at one by one."""
        kinds = set(map(type, values))
        some_are_none = _NONE in kinds
        kinds.discard(_NONE)
        kind = kinds.pop() if len(kinds) == 1 else None
        if kind is not None and kind is self._as_it_is:
            return values if kind is not int or _are_small(values) else None
        if any(map(is_unsettled, kinds)) or (kind is not None and is_unsettled(kind)):
            return None
        try:
            if self._column is not None and (answers := self._column(values)) is not None:
                return answers
            if self._names is not None and kind is not None and issubclass(kind, Enum):
                return self._members(self._names, values, none=some_are_none)
            return self._converted(values)
        except Exception:
            return None  # whichever it was, it will fail again by itself

    def _members(
        self, names: Mapping[Enum, str], values: list[Any], *, none: bool
    ) -> list[str | None]:
        if none:
            return [None if value is None else names[value] for value in values]
        return list(map(names.__getitem__, values))

    def _converted(self, values: list[Any]) -> list[Any] | None:
        convert = self._coerce
        answers = [None if value is None else convert(value) for value in values]
        # A value that became none is an error.
        lost = answers.count(None) != values.count(None) or UndefinedType in map(type, answers)
        return None if lost else answers


class _Names(dict[Enum, str]):
    """The names of an enum's members, as they come."""

    def __init__(self, convert: Callable[[Enum], str]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, member: Enum) -> str:
        name = self[member] = self._convert(member)
        return name


def _are_small(values: list[int | None]) -> bool:
    numbers = [value for value in values if value is not None]
    return min(numbers) >= GRAPHQL_MIN_INT and max(numbers) <= GRAPHQL_MAX_INT


_unsettled: dict[type, bool] = {}


def is_unsettled(kind: type) -> bool:
    """Whether values of a Python type may be errors, or something that a value is yet to come of:
    awaitables and asynchronous iterables."""
    found = _unsettled.get(kind)
    if found is None:
        found = _unsettled[kind] = (
            issubclass(kind, Exception | CoroutineType | GeneratorType)
            or hasattr(kind, "__await__")
            or hasattr(kind, "__aiter__")
        )
    return found
