"""Pages by keyset: a page starts after the row that the last one ended with.

Every order ends with the row's identity, so it is total, and a page costs one index range however
deep it lies. A page of each of many parents is one statement: a lateral join on PostgreSQL, a
window function on SQLite.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    column,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from db.base import Base
from db.expressions import any_key, any_of, keys_parameter
from db.prepared import shape_of
from db.rows import Layout, RowQuery, scope_attributes

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

    @property
    def shape(self) -> Hashable:
        """Windows of one shape differ in their parameters alone."""
        edges = self.after is not None, self.before is not None
        return self.sort, self.descending, self.from_end, edges

    @property
    def parameters(self) -> dict[str, Any]:
        """By their names in a collection's queries."""
        given: dict[str, Any] = {"limit": self.limit + 1}
        for name, key in (("after", self.after), ("before", self.before)):
            if key is not None:
                given |= {f"{name}_value": key.value, f"{name}_identity": key.identity}
        return given


@dataclass(frozen=True)
class Collection(Generic[M, F]):
    """Rows of one model that can be filtered, ordered and paged."""

    model: type[M]
    identity: InstrumentedAttribute[UUID]
    sorts: Mapping[str, InstrumentedAttribute[Any]]
    """By name; none of the columns holds NULL."""
    conditions: Callable[[F], list[ColumnElement[bool]]]

    def page(self, wanted: F, window: Window) -> RowQuery[M]:
        """The rows of the window and one more, which tells whether there are others."""

        conditions = self.conditions(wanted)

        def build(layout: Layout, _: str) -> Select[*tuple[Any, ...]]:
            if not layout.prefetches:
                return self._limited(select(*layout.of(self.model)).where(*conditions), window)
            # Cut the page first, so that rows are prefetched for the rows of the page alone.
            page = self._limited(select(*self._scoped(layout)).where(*conditions), window)
            row = aliased(self.model, page.subquery())
            rows = select(*layout.of(row)).select_from(row).order_by(*self._order(window, row))
            return layout.with_prefetches(rows, row)

        shape, binds = shape_of(conditions) or (None, ())
        name = None if shape is None else ("page", self.model, window.shape, shape)
        return RowQuery(name, self.model, self._read_by(window), build, binds)

    def pages(self, wanted: F, window: Window, parent: InstrumentedAttribute[Any]) -> RowQuery[M]:
        """The same for each parent: the rows whose `parent` column is one of `keys`."""

        conditions = self.conditions(wanted)

        def build(layout: Layout, dialect: str) -> Select[*tuple[Any, ...]]:
            of_dialect = self._pages_postgresql if dialect == "postgresql" else self._pages_sqlite
            return of_dialect(conditions, window, parent, layout)

        shape, binds = shape_of(conditions) or (None, ())
        name = None if shape is None else ("pages", parent, window.shape, shape)
        return RowQuery(name, self.model, (parent.key, *self._read_by(window)), build, binds)

    def _pages_postgresql(
        self,
        conditions: Sequence[ColumnElement[bool]],
        window: Window,
        parent: InstrumentedAttribute[Any],
        layout: Layout,
    ) -> Select[*tuple[Any, ...]]:
        keys = (
            func.unnest(keys_parameter(parent))
            .table_valued(column("parent", parent.type))
            .render_derived()
        )
        columns = self._scoped(layout)
        rows = (
            self._limited(select(*columns).where(parent == keys.c.parent, *conditions), window)
            .correlate(keys)
            .lateral()
        )
        row = aliased(self.model, rows)
        statement = (
            select(*layout.of(row))
            .select_from(keys)
            .join(rows, true())
            .order_by(*self._order(window, row))
        )
        return layout.with_prefetches(statement, row)

    def _pages_sqlite(
        self,
        conditions: Sequence[ColumnElement[bool]],
        window: Window,
        parent: InstrumentedAttribute[Any],
        layout: Layout,
    ) -> Select[*tuple[Any, ...]]:
        """By a window function, since SQLite has no lateral join."""
        place = func.row_number().over(partition_by=parent, order_by=self._order(window))
        rows = (
            select(*self._scoped(layout), place.label("place"))
            .where(any_key(parent), *conditions, *self._bounds(window))
            .subquery()
        )
        row = aliased(self.model, rows)
        return select(*layout.of(row)).where(rows.c.place <= _limit()).order_by(rows.c.place)

    def _scoped(self, layout: Layout) -> list[Any]:
        """The columns of a subquery: those of the rows, and what a scope's criteria read."""
        names = dict.fromkeys([*layout.attributes, *scope_attributes(self.model)])
        return [getattr(self.model, each) for each in names]

    def _read_by(self, window: Window) -> tuple[str, ...]:
        return self.sorts[window.sort].key, self.identity.key

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

    def _limited(
        self, statement: Select[*tuple[Any, ...]], window: Window
    ) -> Select[*tuple[Any, ...]]:
        return statement.where(*self._bounds(window)).order_by(*self._order(window)).limit(_limit())

    def _order(self, window: Window, row: Any = None) -> list[ColumnElement[Any]]:
        columns = [self.sorts[window.sort], self.identity]
        if row is not None:
            columns = [getattr(row, each.key) for each in columns]
        if window.descending != window.from_end:
            return [each.desc() for each in columns]
        return [each.asc() for each in columns]

    def _bounds(self, window: Window) -> list[ColumnElement[bool]]:
        bounds = []
        for name, given, later in (
            ("after", window.after, not window.descending),
            ("before", window.before, window.descending),
        ):
            if given is not None:
                sort = self.sorts[window.sort]
                place = tuple_(sort, self.identity)
                limit = tuple_(
                    bindparam(f"{name}_value", type_=sort.type, required=False),
                    bindparam(f"{name}_identity", type_=self.identity.type, required=False),
                )
                bounds.append(place > limit if later else place < limit)
        return bounds


def _limit() -> BindParameter[int]:
    return bindparam("limit", type_=Integer(), required=False)
