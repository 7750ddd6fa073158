"""A level: the objects of one type that all occurrences of one field lead to."""

from typing import Any

from graphql.pyutils import Path

from execution.null_propagation import ResponsePath
from execution.plan import FieldPlan, ObjectPlan

Indices = tuple[int, ...]
"""The indices of a value in its field's list and in the lists within, from the outside in."""

FoundObject = tuple[Any, int, Indices, Any, str | int]
"""An object found in a field's values: the object, the index of its parent in the parent's level,
its indices within the field's value, and the container and key where its result is put."""


class Level:
    """The objects of one type under one field. The lists are parallel; nothing is removed."""

    __slots__ = ("_paths", "field", "indices", "parents", "plan", "results", "sources")

    def __init__(
        self, plan: ObjectPlan, objects: list[FoundObject], field: "LevelField | None" = None
    ) -> None:
        """Puts an empty result for each object into its place in the response."""
        self.plan = plan
        self.field = field
        """The field in whose values the objects were found; None for the root."""
        self.sources = [found[0] for found in objects]
        self.parents = [found[1] for found in objects]
        """For each object the index of its parent in the level of `field`."""
        self.indices = [found[2] for found in objects]
        copy = plan.template.copy
        self.results: list[dict[str, Any]] = [copy() for _ in objects]
        for found, result in zip(objects, self.results, strict=True):
            found[3][found[4]] = result
        self._paths: list[Path | None] | None = None

    def path(self, index: int) -> Path | None:
        """The path of an object in the response; None for the root."""
        if self.field is None:
            return None
        if self._paths is None:
            self._paths = [None] * len(self.sources)
        path = self._paths[index]
        if path is None:
            path = self._paths[index] = self.field.path(self.parents[index], self.indices[index])
        return path


class LevelField:
    """One field of a level, with a value for each of the level's objects."""

    __slots__ = ("level", "objects", "pending", "plan", "values")

    def __init__(self, level: Level, plan: FieldPlan) -> None:
        self.level = level
        self.plan = plan
        self.values: Any = None
        """The values in the order of the level's objects, or an awaitable of them."""
        self.pending: list[tuple[list[Any], int]] | None = None
        """Once the values are a list: which of them, or within them, have to be awaited."""
        self.objects: list[FoundObject] = []
        """The objects found in the values."""

    def path(self, index: int, indices: Indices = ()) -> Path:
        """The path of an object's value, or of a value within its lists."""
        path = Path(self.level.path(index), self.plan.key, self.plan.parent_type.name)
        for entry in indices:
            path = Path(path, entry, None)
        return path

    def nulled_by(self, index: int, indices: Indices) -> ResponsePath:
        """The path of what is null because of a missing value: the nearest nullable ancestor."""
        for depth in range(len(indices), -1, -1):
            if self.plan.nullable[depth]:
                return tuple(self.path(index, indices[:depth]).as_list())
        level = self.level
        if level.field is None:
            return ()
        return level.field.nulled_by(level.parents[index], level.indices[index])
