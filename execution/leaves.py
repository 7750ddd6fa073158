"""Serializes scalars and enums, one value or many at a time.

`Leaf.serialize` is graphql-core's way for one value. `Leaf.serialize_all` gives the same results
for many values at once, where their Python types say that no value is special.
"""

from collections.abc import Callable, Mapping
from enum import Enum
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

from execution.awaiting import needs_inspection

_NONE = type(None)

_BUILT_IN: dict[str, tuple[GraphQLLeafType, type]] = {
    "String": (GraphQLString, str),
    "ID": (GraphQLID, str),
    "Boolean": (GraphQLBoolean, bool),
    "Int": (GraphQLInt, int),
}

BatchSerializer = Callable[[list[Any]], list[Any] | None]

Serializer = TypeVar("Serializer", bound=Callable[[Any], Any])

_BATCH = "__batch_serializer__"


def batch_serializer(serialize_all: BatchSerializer) -> Callable[[Serializer], Serializer]:
    """Give a scalar's `serialize` function a variant for many values.

    `serialize_all` takes values of which some may be None. It returns what `serialize` would make
    of each, or values that the JSON encoder writes in the same way; None if the values have to be
    serialized one by one.
    """

    def mark(serialize: Serializer) -> Serializer:
        setattr(serialize, _BATCH, serialize_all)
        return serialize

    return mark


class Leaf:
    """Serializes the values of one leaf type."""

    def __init__(self, type_: GraphQLLeafType) -> None:
        self._type = type_
        self._coerce: Callable[[Any], Any] = type_.coerce_output_value
        built_in, python_type = _BUILT_IN.get(type_.name, (None, None))
        self._unchanged = python_type if built_in is type_ else None
        """Values of exactly this type stay as they are, except integers that are too large."""
        self._batch: BatchSerializer | None = getattr(self._coerce, _BATCH, None)
        self._enum_names = (
            _EnumNames(self.serialize) if isinstance(type_, GraphQLEnumType) else None
        )

    def serialize(self, value: Any) -> Any:
        """The serialized value. Raises the error of the type's `serialize` for a wrong one."""
        serialized = self._coerce(value)
        if serialized is None or serialized is Undefined:
            raise TypeError(
                f"Expected `{inspect(self._type)}.coerce_output_value({inspect(value)})` to return "
                f"non-nullable value, returned: {inspect(serialized)}"
            )
        return serialized

    def serialize_all(self, values: list[Any]) -> list[Any] | None:
        """The serialized values, or None if they have to be serialized one by one."""
        types = set(map(type, values))
        some_are_none = _NONE in types
        types.discard(_NONE)
        only = types.pop() if len(types) == 1 else None
        if only is not None and only is self._unchanged:
            return values if only is not int or _fit_in_32_bits(values) else None
        if any(map(needs_inspection, types)) or (only is not None and needs_inspection(only)):
            return None
        try:
            if self._batch is not None and (serialized := self._batch(values)) is not None:
                return serialized
            if self._enum_names is not None and only is not None and issubclass(only, Enum):
                return _names(self._enum_names, values, some_are_none=some_are_none)
            return self._serialize_each(values)
        except Exception:
            return None  # one by one, the value at fault fails again and alone

    def _serialize_each(self, values: list[Any]) -> list[Any] | None:
        coerce = self._coerce
        serialized = [None if value is None else coerce(value) for value in values]
        # A value that is serialized to null is an error.
        lost = serialized.count(None) != values.count(None)
        return None if lost or UndefinedType in map(type, serialized) else serialized


class _EnumNames(dict[Enum, str]):
    """The names of an enum's members, filled on demand."""

    def __init__(self, serialize: Callable[[Enum], str]) -> None:
        super().__init__()
        self._serialize = serialize

    def __missing__(self, member: Enum) -> str:
        name = self[member] = self._serialize(member)
        return name


def _names(
    names: Mapping[Enum, str], members: list[Any], *, some_are_none: bool
) -> list[str | None]:
    if some_are_none:
        return [None if member is None else names[member] for member in members]
    return list(map(names.__getitem__, members))


def _fit_in_32_bits(values: list[int | None]) -> bool:
    numbers = [value for value in values if value is not None]
    return min(numbers) >= GRAPHQL_MIN_INT and max(numbers) <= GRAPHQL_MAX_INT
