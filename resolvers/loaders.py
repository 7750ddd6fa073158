"""Loaders: they gather the keys of a level, ask one statement, and hand out its rows.

One `Loaders` serves one operation. A relation is a value that names its columns, so that the same
declaration serves a single object and a whole level.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from aiodataloader import DataLoader
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute

from db.base import Base
from db.expressions import any_of
from db.paging import Collection, Window
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


@dataclass(frozen=True)
class Parts(Generic[M]):
    """All rows of `model` whose `column` is the key, in order. For lists that stay short."""

    model: type[M]
    column: InstrumentedAttribute[Any]
    order: tuple[ColumnElement[Any] | InstrumentedAttribute[Any], ...]


@dataclass(frozen=True)
class Children(Generic[M, F]):
    """The rows of a collection whose `column` is the key: a connection below another object."""

    collection: Collection[M, F]
    column: InstrumentedAttribute[Any]


class Loaders:
    """The loaders of one operation, made as they are asked for."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    def one(self, relation: One[M], key: Hashable) -> Awaitable[M | None]:
        async def load(keys: list[Any]) -> list[M | None]:
            rows = await self._session.entities(
                select(relation.model).where(any_of(relation.column, keys))
            )
            found = {getattr(row, relation.column.key): row for row in rows}
            return [found.get(key) for key in keys]

        return self._load(("one", relation.column), load, key)

    def parts(self, relation: Parts[M], key: Hashable) -> Awaitable[list[M]]:
        async def load(keys: list[Any]) -> list[list[M]]:
            rows = await self._session.entities(
                select(relation.model)
                .where(any_of(relation.column, keys))
                .order_by(*relation.order)
            )
            return grouped(rows, relation.column.key, keys)

        return self._load(("parts", relation.column), load, key)

    def page(
        self, relation: Children[M, F], wanted: F, window: Window, key: Hashable
    ) -> Awaitable[list[M]]:
        """The rows of one parent's page, and one more where there is one."""
        collection = relation.collection

        async def load(keys: list[Any]) -> list[list[M]]:
            pages: Callable[..., Select[M]] = (
                collection.pages_postgresql
                if self._session.dialect == "postgresql"
                else collection.pages_sqlite
            )
            rows = await self._session.entities(pages(wanted, window, relation.column, keys))
            return grouped(rows, relation.column.key, keys)

        return self._load(("page", relation.column, wanted, window), load, key)

    def count(self, relation: Children[M, F], wanted: F, key: Hashable) -> Awaitable[int]:
        async def load(keys: list[Any]) -> list[int]:
            rows = await self._session.rows(
                relation.collection.counts(wanted, relation.column, keys)
            )
            found: dict[Any, int] = dict(cast("Iterable[tuple[Any, int]]", rows))
            return [found.get(key, 0) for key in keys]

        return self._load(("count", relation.column, wanted), load, key)

    def value(self, name: Hashable, load: Load[K, V], key: K) -> Awaitable[V]:
        """What `load` says of the key: for anything that is no plain relation."""
        return self._load(("value", name), load, key)

    def _load(self, name: Hashable, load: Load[K, V], key: K) -> Awaitable[V]:
        loader = self._loaders.get(name)
        if loader is None:
            loader = self._loaders[name] = DataLoader(load, max_batch_size=BATCH)
        return cast("Awaitable[V]", loader.load(key))


def grouped(rows: Sequence[M], attribute: str, keys: Sequence[Any]) -> list[list[M]]:
    """The rows of each key, in the order of the keys; the order within a key is kept."""
    groups: dict[Any, list[M]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, attribute)].append(row)
    return [groups[key] for key in keys]
