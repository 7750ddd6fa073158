"""Keyset pagination: a page starts after the last row of the previous one.

Every sort order ends with the row's identity, so it is total, and a page reads one index range
however deep it lies. One statement gives a page of each of many parents: by a lateral join on
PostgreSQL, by a window function on SQLite.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    column,
    func,
    inspect,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.visitors import replacement_traverse

from db.base import Base
from db.conditions import Where
from db.expressions import any_key, keys_parameter
from db.rows import Layout, RowQuery, TupleQuery, scope_attributes
from db.scope.tenant_scope import TenantScope

M = TypeVar("M", bound=Base)


@dataclass(frozen=True, slots=True)
class Key:
    """The position of a row in a sort order: its sort value and its identity."""

    value: Any
    identity: UUID


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a sorted list: `limit` rows from its start, or from its end."""

    sort: InstrumentedAttribute[Any]
    """A column that never holds NULL."""
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
class Collection(Generic[M]):
    """Rows of one model that can be filtered, sorted and paged."""

    model: type[M]
    identity: InstrumentedAttribute[UUID]
    for_carrier: type[Any] | None = None
    """What the carrier's scope reads instead, if it sees rows that belong to no tenant: a class
    with the same attributes."""
    stands_for: type[Any] | None = None
    """The model whose attributes conditions and sorts name, if it is another."""

    def in_scope(self, scope: TenantScope) -> "Collection[M]":
        """The collection that a session of the scope reads."""
        if self.for_carrier is None or scope.root_tenant_id is not None:
            return self
        identity = getattr(self.for_carrier, self.identity.key)
        return Collection(self.for_carrier, identity, stands_for=self.model)

    def page(self, where: Where, window: Window) -> RowQuery[M]:
        """The rows of the window and one more, which tells whether there is another page."""
        window = replace(window, sort=getattr(self.model, window.sort.key))

        def build(layout: Layout, _: str) -> Select[*tuple[Any, ...]]:
            conditions = self._clauses(where)
            if not layout.prefetches:
                return self._limited(select(*layout.of(self.model)).where(*conditions), window)
            # Cut the page first, so that rows are prefetched for the rows of the page alone.
            page = self._limited(select(*self._scoped(layout)).where(*conditions), window)
            row = aliased(self.model, page.subquery())
            rows = select(*layout.of(row)).select_from(row).order_by(*self._order(window, row))
            return layout.with_prefetches(rows, row)

        name = "page", self.model, window.shape, where.shape
        parameters = {**where.parameters, **window.parameters}
        return RowQuery(name, self.model, self._key_attributes(window), build, parameters)

    def pages(
        self, where: Where, window: Window, parent: InstrumentedAttribute[Any]
    ) -> RowQuery[M]:
        """A page of each parent: of the rows with the same value in the column `parent`. The
        parameter `keys` holds these values."""

        def build(layout: Layout, dialect: str) -> Select[*tuple[Any, ...]]:
            build_pages = self._pages_postgresql if dialect == "postgresql" else self._pages_sqlite
            return build_pages(where.clauses(), window, parent, layout)

        name = "pages", parent, window.shape, where.shape
        needed = parent.key, *self._key_attributes(window)
        parameters = {**where.parameters, **window.parameters}
        return RowQuery(name, self.model, needed, build, parameters)

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
        return window.sort.key, self.identity.key

    def count(self, where: Where) -> TupleQuery:
        """The number of rows on all pages."""

        def build() -> Select[*tuple[Any, ...]]:
            return select(func.count()).select_from(self.model).where(*self._clauses(where))

        return TupleQuery(("count", self.model, where.shape), build, where.parameters)

    def counts(self, where: Where, parent: InstrumentedAttribute[Any]) -> TupleQuery:
        """The number of rows of each parent that has any. The parameter `keys` holds the
        parents."""

        def build() -> Select[*tuple[Any, ...]]:
            rows = select(parent, func.count()).where(any_key(parent), *where.clauses())
            return rows.group_by(parent)

        return TupleQuery(("counts", parent, where.shape), build, where.parameters)

    def _clauses(self, where: Where) -> list[ColumnElement[bool]]:
        clauses = where.clauses()
        if self.stands_for is None:
            return clauses
        named = self.stands_for.__tablename__
        columns = inspect(self.model).local_table.c

        def column_of(element: Any, **_: Any) -> Any:
            is_named = isinstance(element, Column) and element.table.name == named
            return columns[element.key] if is_named else None

        return [replacement_traverse(clause, {}, column_of) for clause in clauses]

    def key(self, row: M, sort: InstrumentedAttribute[Any]) -> Key:
        """The position of a row in a sort order."""
        return Key(getattr(row, sort.key), getattr(row, self.identity.key))

    def _limited(
        self, statement: Select[*tuple[Any, ...]], window: Window
    ) -> Select[*tuple[Any, ...]]:
        return statement.where(*self._bounds(window)).order_by(*self._order(window)).limit(_limit())

    def _order(self, window: Window, row: Any = None) -> list[ColumnElement[Any]]:
        columns = [window.sort, self.identity]
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
                position = tuple_(window.sort, self.identity)
                bound = tuple_(
                    bindparam(f"{name}_value", type_=window.sort.type, required=False),
                    bindparam(f"{name}_identity", type_=self.identity.type, required=False),
                )
                bounds.append(position > bound if is_lower else position < bound)
        return bounds


def _limit() -> BindParameter[int]:
    return bindparam("limit", type_=Integer(), required=False)
