"""A level: the objects of one concrete type under one field, wherever they are in the response."""

from typing import Any

from graphql.pyutils import Path

from execution.failures import Position
from execution.plan import FieldPlan, ObjectPlan

Place = tuple[int, ...]
"""Where a value lies in its field's list, and in the lists within."""

Slot = tuple[Any, int, Place, Any, str | int]
"""A value that was found: itself, its parent's number, its place, and where its answer is put: a
container of the response and a key in it."""


class Level:
    """The objects of one concrete type under one field. Its lists are parallel."""

    __slots__ = ("_paths", "answers", "origin", "origins", "places", "plan", "sources")

    def __init__(self, plan: ObjectPlan, slots: list[Slot], origin: "Column | None" = None) -> None:
        self.plan = plan
        self.origin = origin
        """Where these objects were found; None for the root."""
        self.sources = [slot[0] for slot in slots]
        self.origins = [slot[1] for slot in slots]
        """Of each object the number of the one that it was found in."""
        self.places = [slot[2] for slot in slots]
        copy = plan.template.copy
        self.answers: list[dict[str, Any]] = [copy() for _ in slots]
        for slot, answer in zip(slots, self.answers, strict=True):
            slot[3][slot[4]] = answer
        self._paths: list[Path | None] | None = None

    def path(self, number: int) -> Path | None:
        """Where an object lies in the response; None is the root."""
        if self.origin is None:
            return None
        if self._paths is None:
            self._paths = [None] * len(self.sources)
        path = self._paths[number]
        if path is None:
            path = self._paths[number] = self.origin.path(self.origins[number], self.places[number])
        return path


class Column:
    """One field of a level: a value for each of the level's objects, as they come."""

    __slots__ = ("field", "level", "pending", "slots", "values")

    def __init__(self, level: Level, field: FieldPlan) -> None:
        self.level = level
        self.field = field
        self.values: Any = None
        """A list, or something to await that yields one."""
        self.pending: list[tuple[list[Any], int]] | None = None
        """Where in the list, and in lists within, something is to be awaited."""
        self.slots: list[Slot] = []
        """The objects that were found in the values."""

    def path(self, number: int, place: Place = ()) -> Path:
        """Where the value of an object lies, or what lies within that value."""
        path = Path(self.level.path(number), self.field.key, self.field.parent_type.name)
        for index in place:
            path = Path(path, index, None)
        return path

    def nulled_by(self, number: int, place: Place) -> Position:
        """The nearest place that may be null, from where a value is missing upwards."""
        for depth in range(len(place), -1, -1):
            if self.field.nullable[depth]:
                return tuple(self.path(number, place[:depth]).as_list())
        level = self.level
        if level.origin is None:
            return ()
        return level.origin.nulled_by(level.origins[number], level.places[number])
