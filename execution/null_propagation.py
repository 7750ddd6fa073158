"""Errors of fields and the nulls that they cause: collected during execution, applied at its end.

Levels meet errors in another order than the document has. They are sorted into document order and
handled as the specification says: an error nulls the nearest nullable ancestor of its field, and
other errors at or below a nulled path are dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from execution.errors import drop_tracebacks

ResponsePath = tuple[str | int, ...]
"""Keys and indices from the root of the response."""


@dataclass(frozen=True, slots=True)
class FieldError:
    error: GraphQLError
    path: ResponsePath
    """The path of the value that failed."""
    nulled: ResponsePath
    """The path of what is null because of it; () for the whole data."""


class FieldErrors:
    """The errors of one execution."""

    def __init__(self) -> None:
        self._errors: list[FieldError] = []

    def __len__(self) -> int:
        return len(self._errors)

    @property
    def null_all_data(self) -> bool:
        return any(not error.nulled for error in self._errors)

    def add(self, error: GraphQLError, path: ResponsePath, nulled: ResponsePath) -> None:
        self._errors.append(FieldError(error, path, nulled))

    def apply(self, data: dict[str, Any]) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        """Put nulls into the data. Returns the data, or None if all is null, and its errors."""
        order = _DocumentOrder(data)
        nulled: set[ResponsePath] = set()
        reported: list[GraphQLError] = []
        dropped: list[GraphQLError] = []
        for error in sorted(self._errors, key=lambda error: order.of(error.path)):
            path = error.nulled
            if nulled and any(path[:length] in nulled for length in range(len(path) + 1)):
                dropped.append(error.error)
                continue
            nulled.add(path)
            reported.append(error.error)
        # One exception may have failed several fields, of which only some are reported.
        drop_tracebacks(dropped, kept=reported)
        if () in nulled:
            return None, reported
        for path in nulled:
            _put_null(data, path)
        return data, reported


class _DocumentOrder:
    """Sort keys that put paths into the order of the response's keys."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self._key_positions: dict[int, dict[str, int]] = {}
        """The positions of an object's keys, by the object's identity."""

    def of(self, path: Iterable[str | int]) -> tuple[int, ...]:
        container: Any = self._data
        order: list[int] = []
        for step in path:
            if isinstance(step, int):
                order.append(step)
                container = container[step] if container is not None else None
                continue
            positions = self._key_positions.get(id(container))
            if positions is None:
                positions = {key: position for position, key in enumerate(container)}
                self._key_positions[id(container)] = positions
            order.append(positions[step])
            container = container[step]
        return tuple(order)


def _put_null(data: dict[str, Any], path: ResponsePath) -> None:
    container: Any = data
    *above, last = path
    for step in above:
        container = container[step]
        if container is None:
            return
    container[last] = None
