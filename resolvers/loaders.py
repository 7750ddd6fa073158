"""Loaders: they gather the keys of a level, ask one statement, and hand out its rows.

One `Loaders` serves one operation. A relation is a value that names its columns, so that the same
declaration serves a single object and a whole level.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from aiodataloader import DataLoader
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute

from db.base import Base
from db.expressions import any_key
from db.paging import Collection, Window
from db.records import Query
from db.session import ReadSession

M = TypeVar("M", bound=Base)
F = TypeVar("F")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Load = Callable[[list[K]], Coroutine[Any, Any, list[V]]]
"""Values in the order of the keys."""

BATCH = 5_000
"""Keys in one statement at the most."""


@dataclass(frozen=True)
class One(Generic[M]):
    """The row of `model` whose `column` is the key."""

    model: type[M]
    column: InstrumentedAttribute[Any]

    @cached_property
    def query(self) -> Query[M]:
        def build(attributes: Sequence[str], _: str) -> Select[*tuple[Any, ...]]:
            columns = (getattr(self.model, each) for each in attributes)
            return select(*columns).where(any_key(self.column))

        return Query(("one", self.column), self.model, (self.column.key,), build)


@dataclass(frozen=True)
class Parts(Generic[M]):
    """All rows of `model` whose `column` is the key, in order. For lists that stay short."""

    model: type[M]
    column: InstrumentedAttribute[Any]
    order: tuple[ColumnElement[Any] | InstrumentedAttribute[Any], ...]
    needed: tuple[str, ...] = ()
    """Attributes that tell the parts apart, besides those that a client asks for."""

    @cached_property
    def query(self) -> Query[M]:
        def build(attributes: Sequence[str], _: str) -> Select[*tuple[Any, ...]]:
            columns = (getattr(self.model, each) for each in attributes)
            return select(*columns).where(any_key(self.column)).order_by(*self.order)

        needed = (self.column.key, *self.needed)
        return Query(("parts", self.column), self.model, needed, build)


@dataclass(frozen=True)
class Children(Generic[M, F]):
    """The rows of a collection whose `column` is the key: a connection below another object."""

    collection: Collection[M, F]
    column: InstrumentedAttribute[Any]


Attributes = frozenset[str] | None
"""Of rows: those that somebody will read, as far as that is known; all if None."""


class Loaders:
    """The loaders of one operation, made as they are asked for.

    Each takes all keys of a level at once and loads each key once; keys that several fields or
    aliases ask for at about the same time are one statement.
    """

    def __init__(self, session: ReadSession) -> None:
        self._session = session
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    def one(
        self, relation: One[M], keys: Sequence[Hashable], attributes: Attributes = None
    ) -> Awaitable[list[M | None]]:
        """The row of each key; None where there is none, and for the key None."""

        async def load(keys: list[Any]) -> list[M | None]:
            rows = await self._session.records(relation.query, attributes, keys=keys)
            key_of = attrgetter(relation.column.key)
            found = {key_of(row): row for row in rows}
            return [found.get(key) for key in keys]

        return self._values(("one", relation.column, attributes), load, keys)

    def parts(
        self, relation: Parts[M], keys: Sequence[Hashable], attributes: Attributes = None
    ) -> Awaitable[list[list[M]]]:
        """The rows of each key."""

        async def load(keys: list[Any]) -> list[list[M]]:
            rows = await self._session.records(relation.query, attributes, keys=keys)
            return grouped(rows, relation.column.key, keys)

        return self._values(("parts", relation.column, attributes), load, keys)

    def pages(
        self,
        relation: Children[M, F],
        wanted: F,
        window: Window,
        keys: Sequence[Hashable],
        attributes: Attributes = None,
    ) -> Awaitable[list[list[M]]]:
        """The rows of each parent's page, and one more where there is one."""
        query = relation.collection.pages(wanted, window, relation.column)

        async def load(keys: list[Any]) -> list[list[M]]:
            rows = await self._session.records(query, attributes, keys=keys, **window.parameters)
            return grouped(rows, relation.column.key, keys)

        return self._values(("page", relation.column, wanted, window, attributes), load, keys)

    def counts(
        self, relation: Children[M, F], wanted: F, keys: Sequence[Hashable]
    ) -> Awaitable[list[int]]:
        async def load(keys: list[Any]) -> list[int]:
            rows = await self._session.rows(
                relation.collection.counts(wanted, relation.column, keys)
            )
            found: dict[Any, int] = dict(cast("Iterable[tuple[Any, int]]", rows))
            return [found.get(key, 0) for key in keys]

        return self._values(("count", relation.column, wanted), load, keys)

    def values(
        self, name: Hashable, load: Load[K, V], keys: Sequence[K | None]
    ) -> Awaitable[list[Any]]:
        """What `load` says of each key: for anything that is no plain relation."""
        return self._values(("value", name), load, keys)

    async def value(self, name: Hashable, load: Load[K, V], key: K) -> V:
        """The same for one key."""
        [value] = await self.values(name, load, [key])
        return cast("V", value)

    def _values(
        self, name: Hashable, load: Load[Any, Any], keys: Sequence[Any]
    ) -> Awaitable[list[Any]]:
        loader = self._loaders.get(name)
        if loader is None:
            loader = self._loaders[name] = DataLoader(load, max_batch_size=BATCH)
        # Noted at once, and loaded when everybody who is about to ask has asked.
        futures = {key: loader.load(key) for key in dict.fromkeys(keys) if key is not None}
        return _found(keys, futures)


async def _found(keys: Sequence[Any], futures: Mapping[Any, Awaitable[Any]]) -> list[Any]:
    # Whoever is given up must not take along what others wait for.
    values = await asyncio.shield(asyncio.gather(*futures.values()))
    found = dict(zip(futures, values, strict=True))
    return [None if key is None else found[key] for key in keys]


def grouped(rows: Sequence[M], attribute: str, keys: Sequence[Any]) -> list[list[M]]:
    """The rows of each key, in the order of the keys; the order within a key is kept."""
    groups: dict[Any, list[M]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, attribute)].append(row)
    return [groups[key] for key in keys]
