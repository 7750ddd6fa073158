"""Pages by keyset: a page starts after the row that the last one ended with.

Every order ends with the row's identity, so it is total, and a page costs one index range however
deep it lies. A page of each of many parents is one statement: a lateral join on PostgreSQL, a
window function on SQLite.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, column, func, literal, select, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute, aliased

from db.base import Base
from db.expressions import any_of, values_parameter

M = TypeVar("M", bound=Base)
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Key:
    """Where a row stands in an order: its sort value and its identity."""

    value: Any
    identity: UUID


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of an ordered list is asked for: `limit` rows from its start, or its end."""

    sort: str
    descending: bool
    limit: int
    from_end: bool = False
    after: Key | None = None
    before: Key | None = None


@dataclass(frozen=True)
class Collection(Generic[M, F]):
    """Rows of one model that can be filtered, ordered and paged."""

    model: type[M]
    identity: InstrumentedAttribute[UUID]
    sorts: Mapping[str, InstrumentedAttribute[Any]]
    """By name; none of the columns holds NULL."""
    conditions: Callable[[F], list[ColumnElement[bool]]]

    def page(self, wanted: F, window: Window) -> Select[M]:
        """The rows of the window and one more, which tells whether there are others."""
        return self._limited(select(self.model).where(*self.conditions(wanted)), window)

    def pages_postgresql(
        self,
        wanted: F,
        window: Window,
        parent: InstrumentedAttribute[Any],
        parents: Iterable[Any],
    ) -> Select[M]:
        """The same for each parent: the rows whose `parent` column is one of `parents`."""
        keys = (
            func.unnest(values_parameter(parent, parents))
            .table_valued(column("parent", parent.type))
            .render_derived()
        )
        rows = (
            self._limited(
                select(self.model).where(parent == keys.c.parent, *self.conditions(wanted)), window
            )
            .correlate(keys)
            .lateral()
        )
        row = aliased(self.model, rows)
        return select(row).select_from(keys).join(rows, true()).order_by(*self._order(window, row))

    def pages_sqlite(
        self,
        wanted: F,
        window: Window,
        parent: InstrumentedAttribute[Any],
        parents: Iterable[Any],
    ) -> Select[M]:
        """The same by a window function, since SQLite has no lateral join."""
        place = func.row_number().over(partition_by=parent, order_by=self._order(window))
        rows = (
            select(self.model, place.label("place"))
            .where(any_of(parent, parents), *self.conditions(wanted), *self._bounds(window))
            .subquery()
        )
        row = aliased(self.model, rows)
        return select(row).where(rows.c.place <= window.limit + 1).order_by(rows.c.place)

    def count(self, wanted: F) -> Select[int]:
        """How many rows there are, whatever the page."""
        return select(func.count()).select_from(self.model).where(*self.conditions(wanted))

    def counts(
        self, wanted: F, parent: InstrumentedAttribute[Any], parents: Iterable[Any]
    ) -> Select[Any, int]:
        """The same for each parent that has any."""
        return (
            select(parent, func.count())
            .where(any_of(parent, parents), *self.conditions(wanted))
            .group_by(parent)
        )

    def key(self, row: M, sort: str) -> Key:
        """Where a row stands in the order of that name."""
        return Key(getattr(row, self.sorts[sort].key), getattr(row, self.identity.key))

    def _limited(self, statement: Select[M], window: Window) -> Select[M]:
        return (
            statement.where(*self._bounds(window))
            .order_by(*self._order(window))
            .limit(window.limit + 1)
        )

    def _order(self, window: Window, row: Any = None) -> list[ColumnElement[Any]]:
        columns = [self.sorts[window.sort], self.identity]
        if row is not None:
            columns = [getattr(row, each.key) for each in columns]
        if window.descending != window.from_end:
            return [each.desc() for each in columns]
        return [each.asc() for each in columns]

    def _bounds(self, window: Window) -> list[ColumnElement[bool]]:
        bounds = []
        if window.after is not None:
            bounds.append(self._beyond(window.after, window, later=not window.descending))
        if window.before is not None:
            bounds.append(self._beyond(window.before, window, later=window.descending))
        return bounds

    def _beyond(self, key: Key, window: Window, *, later: bool) -> ColumnElement[bool]:
        sort = self.sorts[window.sort]
        place = tuple_(sort, self.identity)
        limit = tuple_(literal(key.value, sort.type), literal(key.identity, self.identity.type))
        return place > limit if later else place < limit
