"""Loaders: they collect the keys of a level, send one statement, and distribute its rows.

Each operation has its own `Loaders`. A relation is a value that names its columns, so that one
declaration serves a single object and a whole level.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute

from db.base import Base, linked
from db.conditions import Where
from db.expressions import any_key
from db.keyset import Collection, Window
from db.models import parent_of
from db.rows import Layout, Prefetch, Records, RowQuery
from db.session import ReadSession
from execution.resolving import EVERYTHING, Rows
from resolvers.batch_loader import BatchLoader, Load, Values, resolved

M = TypeVar("M", bound=Base)
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True)
class One(Generic[M]):
    """The row of `model` whose `column` is the key."""

    model: type[M]
    column: InstrumentedAttribute[Any]

    @cached_property
    def query(self) -> RowQuery[M]:
        def build(layout: Layout, _: str) -> Select[*tuple[Any, ...]]:
            rows = (
                select(*layout.of(self.model)).select_from(self.model).where(any_key(self.column))
            )
            return layout.with_prefetches(rows, self.model)

        return RowQuery(("one", self.column), self.model, (self.column.key,), build)


@dataclass(frozen=True)
class Parts(Generic[M]):
    """All rows of `model` whose `column` is the key, in order. For short lists without pages."""

    model: type[M]
    column: InstrumentedAttribute[Any]
    order: tuple[ColumnElement[Any] | InstrumentedAttribute[Any], ...]
    needed: tuple[str, ...] = ()
    """Attributes that resolvers read, besides those that a client selects."""

    @cached_property
    def query(self) -> RowQuery[M]:
        def build(layout: Layout, _: str) -> Select[*tuple[Any, ...]]:
            rows = select(*layout.of(self.model)).select_from(self.model)
            parent = parent_of(self.column)
            if layout.in_tree or parent is None:
                rows = rows.where(any_key(self.column))
            else:
                # The parent's row has the root of the parts' key.
                rows = rows.join(parent, linked(self.column, parent)).where(any_key(parent.id))
            return layout.with_prefetches(rows.order_by(*self.order), self.model)

        needed = (self.column.key, *self.needed)
        return RowQuery(("parts", self.column), self.model, needed, build)


@dataclass(frozen=True)
class Children(Generic[M]):
    """The rows of a collection whose `column` is the key: a connection below another object."""

    collection: Collection[M]
    column: InstrumentedAttribute[Any]


@dataclass(frozen=True)
class ToOne:
    """A relation to one row, as followed from parents whose attribute `key` is its key."""

    relation: One[Any]
    key: str

    @property
    def can_prefetch(self) -> bool:
        """Whether each key has at most one row, so that a join repeats no row."""
        return bool(self.relation.column.key == "id")


class Loaders:
    """The loaders of one operation, made on first use.

    Each takes all keys of a level at once and loads each key once. Keys that several fields or
    aliases ask for at about the same time share a statement.
    """

    def __init__(self, session: ReadSession) -> None:
        self._session = session
        self._loaders: dict[Hashable, BatchLoader[Any, Any]] = {}

    def one(
        self, relation: One[M], keys: Sequence[Hashable], rows: Rows = EVERYTHING
    ) -> Values[M | None]:
        """The row of each key. None if there is none in scope, and for the key None."""

        async def load(keys: list[Any]) -> list[M | None]:
            records = await self._records(relation.query, rows, keys=keys)
            key_of = attrgetter(relation.column.key)
            by_key = {key_of(row): row for row in records}
            return [by_key.get(key) for key in keys]

        return self._values(_name_of_one(relation, rows), load, keys)

    def parts(
        self, relation: Parts[M], keys: Sequence[Hashable], rows: Rows = EVERYTHING
    ) -> Values[list[M]]:
        """The rows of each key, in the order of the relation."""

        async def load(keys: list[Any]) -> list[list[M]]:
            records = await self._records(relation.query, rows, keys=keys)
            return grouped(records, relation.column.key, keys)

        return self._values(("parts", relation.column, rows), load, keys)

    async def page(
        self, collection: Collection[M], where: Where, window: Window, rows: Rows
    ) -> Records[M]:
        """The rows of a page of all rows in scope, and one more if there is one."""
        return await self._records(self._read(collection).page(where, window), rows)

    async def count(self, collection: Collection[M], where: Where) -> int:
        """The number of rows in scope."""
        [(count,)] = await self._session.tuples(self._read(collection).count(where))
        return int(count)

    def pages(
        self,
        relation: Children[M],
        where: Where,
        window: Window,
        keys: Sequence[Hashable],
        rows: Rows = EVERYTHING,
    ) -> Values[list[M]]:
        """The rows of each parent's page, and one more if there is one."""
        query = relation.collection.pages(where, window, relation.column)

        async def load(keys: list[Any]) -> list[list[M]]:
            records = await self._records(query, rows, keys=keys)
            return grouped(records, relation.column.key, keys)

        return self._values(("page", relation.column, where, window, rows), load, keys)

    def counts(self, relation: Children[M], where: Where, keys: Sequence[Hashable]) -> Values[int]:
        """The number of rows of each parent."""

        async def load(keys: list[Any]) -> list[int]:
            query = relation.collection.counts(where, relation.column)
            rows = await self._session.tuples(query, keys=keys)
            counts: dict[Any, int] = dict(cast("Iterable[tuple[Any, int]]", rows))
            return [counts.get(key, 0) for key in keys]

        return self._values(("count", relation.column, where), load, keys)

    def values(self, name: Hashable, load: Load[K, V], keys: Sequence[K | None]) -> Values[Any]:
        """The value of each key by `load`, for anything but a plain relation. Functions under the
        same name must do the same."""
        return self._values(("value", name), load, keys)

    async def value(self, name: Hashable, load: Load[K, V], key: K) -> V:
        """The value of one key."""
        [value] = await resolved(self.values(name, load, [key]))
        return cast("V", value)

    async def _records(self, query: RowQuery[M], rows: Rows, **parameters: Any) -> Records[M]:
        """The rows. Prefetches those that the operation surely follows to, where possible."""
        if not rows.prefetches or not self._session.can_prefetch:
            return await self._session.records(query, rows.attributes, **parameters)
        followed = [
            (each.relation, each.attributes)
            for each in rows.prefetches
            if isinstance(each.relation, ToOne) and each.relation.can_prefetch
        ]
        prefetches = tuple(
            Prefetch(each.relation.model, each.relation.column, each.key, attributes)
            for each, attributes in followed
        )
        records = await self._session.records(query, rows.attributes, prefetches, **parameters)
        for (each, attributes), by_key in zip(followed, records.prefetched, strict=True):
            name = _name_of_one(each.relation, Rows(attributes))
            self._loader(name).values_by_key.update(by_key)
        return records

    def _read(self, collection: Collection[M]) -> Collection[M]:
        return collection.in_scope(self._session.scope)

    def _values(self, name: Hashable, load: Load[Any, Any], keys: Sequence[Any]) -> Values[Any]:
        return self._loader(name).values(keys, load)

    def _loader(self, name: Hashable) -> BatchLoader[Any, Any]:
        loader = self._loaders.get(name)
        if loader is None:
            loader = self._loaders[name] = BatchLoader()
        return loader


def _name_of_one(relation: One[Any], rows: Rows) -> Hashable:
    # Without the prefetches: a row is the same whether or not others were prefetched with it.
    return "one", relation.column, rows.attributes


def grouped(rows: Sequence[M], attribute: str, keys: Sequence[Any]) -> list[list[M]]:
    """The rows of each key, in the order of the keys; the order within a key is kept."""
    groups: dict[Any, list[M]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, attribute)].append(row)
    return [groups[key] for key in keys]
