"""Errors of fields, and what they null: noted while levels run, worked out at the end.

Levels find errors in another order than the document has them. They are put into the document's
order and then treated as the specification says: an error nulls the nearest place above it that
may be null, and beneath a place that was nulled no other error counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from execution.errors import drop_tracebacks

Position = tuple[str | int, ...]
"""Where something lies in the response: keys and indexes from the root."""


@dataclass(frozen=True, slots=True)
class Failure:
    error: GraphQLError
    position: Position
    """Of the value that failed."""
    nulled: Position
    """Of what is null because of it; the root is ()."""


class Failures:
    def __init__(self) -> None:
        self._noted: list[Failure] = []

    def __len__(self) -> int:
        return len(self._noted)

    @property
    def root_is_nulled(self) -> bool:
        return any(not each.nulled for each in self._noted)

    def note(self, error: GraphQLError, position: Position, nulled: Position) -> None:
        self._noted.append(Failure(error, position, nulled))

    def applied(self, data: dict[str, Any]) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        """The response's data with nulls in their places, and its errors."""
        order = _DocumentOrder(data)
        nulled: set[Position] = set()
        errors: list[GraphQLError] = []
        hidden: list[GraphQLError] = []
        for failure in sorted(self._noted, key=lambda each: order.of(each.position)):
            place = failure.nulled
            if nulled and any(place[:length] in nulled for length in range(len(place) + 1)):
                hidden.append(failure.error)
                continue
            nulled.add(place)
            errors.append(failure.error)
        # An error may be that of several fields, of which only some are shown.
        drop_tracebacks(hidden, kept=errors)
        if () in nulled:
            return None, errors
        for place in nulled:
            _put_null(data, place)
        return data, errors


class _DocumentOrder:
    """Compares positions as a reader of the response meets them."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self._orders: dict[int, dict[str, int]] = {}

    def of(self, position: Iterable[str | int]) -> tuple[int, ...]:
        container: Any = self._data
        order: list[int] = []
        for step in position:
            if isinstance(step, int):
                order.append(step)
                container = container[step] if container is not None else None
                continue
            known = self._orders.get(id(container))
            if known is None:
                known = {key: number for number, key in enumerate(container)}
                self._orders[id(container)] = known
            order.append(known[step])
            container = container[step]
        return tuple(order)


def _put_null(data: dict[str, Any], place: Position) -> None:
    container: Any = data
    *above, last = place
    for step in above:
        container = container[step]
        if container is None:
            return
    container[last] = None
