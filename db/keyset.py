"""Keyset pagination: a page starts after the last row of the previous one.

Every sort order ends with the row's identity, so it is total, and a page reads one index range
however deep it lies. One statement gives a page of each of many parents: by a lateral join on
PostgreSQL, by a window function on SQLite.
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
from db.rows import Layout, RowQuery, scope_attributes
from db.scope.tenant_scope import TenantScope
from db.statements import cache_key

M = TypeVar("M", bound=Base)
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Key:
    """The position of a row in a sort order: its sort value and its identity."""

    value: Any
    identity: UUID


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a sorted list: `limit` rows from its start, or from its end."""

    sort: str
    descending: bool
    limit: int
    from_end: bool = False
    after: Key | None = None
    before: Key | None = None

    @property
    def shape(self) -> Hashable:
        """Windows of the same shape have the same SQL, and differ in their parameters."""
        bounds = self.after is not None, self.before is not None
        return self.sort, self.descending, self.from_end, bounds

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the named parameters of a collection's queries."""
        parameters: dict[str, Any] = {"limit": self.limit + 1}
        for name, key in (("after", self.after), ("before", self.before)):
            if key is not None:
                parameters |= {f"{name}_value": key.value, f"{name}_identity": key.identity}
        return parameters


@dataclass(frozen=True)
class Collection(Generic[M, F]):
    """Rows of one model that can be filtered, sorted and paged."""

    model: type[M]
    identity: InstrumentedAttribute[UUID]
    sorts: Mapping[str, InstrumentedAttribute[Any]]
    """Columns by the name of the sort order; none of them holds NULL."""
    conditions: Callable[[F], list[ColumnElement[bool]]]
    for_carrier: "Collection[M, F] | None" = None
    """What the carrier's scope reads instead, if it sees rows that belong to no tenant."""

    def in_scope(self, scope: TenantScope) -> "Collection[M, F]":
        """The collection that a session of the scope reads."""
        if self.for_carrier is None or scope.root_tenant_id is not None:
            return self
        return self.for_carrier

    def page(self, filters: F, window: Window) -> RowQuery[M]:
        """The rows of the window and one more, which tells whether there is another page."""

        conditions = self.conditions(filters)

        def build(layout: Layout, _: str) -> Select[*tuple[Any, ...]]:
            if not layout.prefetches:
                return self._limited(select(*layout.of(self.model)).where(*conditions), window)
            # Cut the page first, so that rows are prefetched for the rows of the page alone.
            page = self._limited(select(*self._scoped(layout)).where(*conditions), window)
            row = aliased(self.model, page.subquery())
            rows = select(*layout.of(row)).select_from(row).order_by(*self._order(window, row))
            return layout.with_prefetches(rows, row)

        key, binds = cache_key(conditions) or (None, ())
        name = None if key is None else ("page", self.model, window.shape, key)
        return RowQuery(name, self.model, self._key_attributes(window), build, binds)

    def pages(self, filters: F, window: Window, parent: InstrumentedAttribute[Any]) -> RowQuery[M]:
        """A page of each parent: of the rows with the same value in the column `parent`. The
        parameter `keys` holds these values."""

        conditions = self.conditions(filters)

        def build(layout: Layout, dialect: str) -> Select[*tuple[Any, ...]]:
            build_pages = self._pages_postgresql if dialect == "postgresql" else self._pages_sqlite
            return build_pages(conditions, window, parent, layout)

        key, binds = cache_key(conditions) or (None, ())
        name = None if key is None else ("pages", parent, window.shape, key)
        return RowQuery(name, self.model, (parent.key, *self._key_attributes(window)), build, binds)

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
        """Uses a window function, since SQLite has no lateral join."""
        place = func.row_number().over(partition_by=parent, order_by=self._order(window))
        rows = (
            select(*self._scoped(layout), place.label("place"))
            .where(any_key(parent), *conditions, *self._bounds(window))
            .subquery()
        )
        row = aliased(self.model, rows)
        return select(*layout.of(row)).where(rows.c.place <= _limit()).order_by(rows.c.place)

    def _scoped(self, layout: Layout) -> list[Any]:
        """The columns of a subquery: those of the rows, and those that criteria of scopes read."""
        names = dict.fromkeys([*layout.attributes, *scope_attributes(self.model)])
        return [getattr(self.model, name) for name in names]

    def _key_attributes(self, window: Window) -> tuple[str, ...]:
        return self.sorts[window.sort].key, self.identity.key

    def count(self, filters: F) -> Select[int]:
        """The number of rows on all pages."""
        return select(func.count()).select_from(self.model).where(*self.conditions(filters))

    def counts(
        self, filters: F, parent: InstrumentedAttribute[Any], parents: Iterable[Any]
    ) -> Select[Any, int]:
        """The number of rows of each parent that has any."""
        return (
            select(parent, func.count())
            .where(any_of(parent, parents), *self.conditions(filters))
            .group_by(parent)
        )

    def key(self, row: M, sort: str) -> Key:
        """The position of a row in a sort order."""
        return Key(getattr(row, self.sorts[sort].key), getattr(row, self.identity.key))

    def _limited(
        self, statement: Select[*tuple[Any, ...]], window: Window
    ) -> Select[*tuple[Any, ...]]:
        return statement.where(*self._bounds(window)).order_by(*self._order(window)).limit(_limit())

    def _order(self, window: Window, row: Any = None) -> list[ColumnElement[Any]]:
        columns = [self.sorts[window.sort], self.identity]
        if row is not None:
            columns = [getattr(row, column.key) for column in columns]
        if window.descending != window.from_end:
            return [column.desc() for column in columns]
        return [column.asc() for column in columns]

    def _bounds(self, window: Window) -> list[ColumnElement[bool]]:
        bounds = []
        for name, key, is_lower in (
            ("after", window.after, not window.descending),
            ("before", window.before, window.descending),
        ):
            if key is not None:
                sort = self.sorts[window.sort]
                position = tuple_(sort, self.identity)
                bound = tuple_(
                    bindparam(f"{name}_value", type_=sort.type, required=False),
                    bindparam(f"{name}_identity", type_=self.identity.type, required=False),
                )
                bounds.append(position > bound if is_lower else position < bound)
        return bounds


def _limit() -> BindParameter[int]:
    return bindparam("limit", type_=Integer(), required=False)
