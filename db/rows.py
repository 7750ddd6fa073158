"""Rows as records: named tuples of the selected columns.

Rows that are only read need no ORM entity: no identity map, no state, no columns that nobody reads.
`db.statements` compiles and caches the statements that fetch them.
"""

from collections import namedtuple
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Select,
    inspect,
    literal_column,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from db.base import Base, ByColumn, ByParent, TenantOwned, linked

M = TypeVar("M", bound=Base)


@dataclass(frozen=True, slots=True)
class RowQuery(Generic[M]):
    """Selects rows of a model, with the attributes that a caller asks for."""

    name: Hashable
    """Queries of the same name build the same statement, which is cached."""
    model: type[M]
    needed: tuple[str, ...]
    """Attributes that are always selected."""
    build: Callable[["Layout", str], Select[*tuple[Any, ...]]]
    """`(layout, name of the dialect)` → statement, whose parameters have names."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The values of parameters that the query knows. Its sender sets the others."""

    def statement(
        self,
        dialect: str,
        attributes: frozenset[str] | None = None,
        *,
        in_tree: bool = True,
        **parameters: Any,
    ) -> Select[*tuple[Any, ...]]:
        """The statement with the values of its parameters."""
        statement = self.build(Layout(self, attributes, in_tree=in_tree), dialect)
        return statement.params({**self.parameters, **parameters})


@dataclass(frozen=True, slots=True)
class TupleQuery:
    """Selects columns and aggregates."""

    name: Hashable
    """Queries of the same name build the same statement, which is cached."""
    build: Callable[[], Select[*tuple[Any, ...]]]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def statement(self, **parameters: Any) -> Select[*tuple[Any, ...]]:
        """The statement with the values of its parameters."""
        return self.build().params({**self.parameters, **parameters})


@dataclass(frozen=True, slots=True)
class Prefetch:
    """One other row that is fetched in the same statement as each row: the row of `model` whose
    `column` equals the attribute `key` of the row."""

    model: type[Base]
    column: InstrumentedAttribute[Any]
    key: str
    attributes: frozenset[str] | None


class Records(list[M]):
    """Records, and the records that were prefetched with them."""

    prefetched: Sequence[dict[Any, Any]] = ()
    """For each requested `Prefetch`, the other records by their keys; None where the scope has no
    such row."""


class Layout:
    """The columns of a query's rows: the row's own, then those of prefetched rows."""

    def __init__(
        self,
        query: RowQuery[Any],
        attributes: frozenset[str] | None,
        prefetches: Sequence[Prefetch] = (),
        *,
        in_tree: bool = True,
    ) -> None:
        self.in_tree = in_tree
        """Whether the scope names the root that keys begin with; the carrier's names none."""
        self.attributes = _selected(query.model, attributes, query.needed)
        self._make = _maker(query.model, self.attributes)
        self.prefetches = [
            (prefetch, _selected(prefetch.model, prefetch.attributes, (prefetch.column.key,)))
            for prefetch in prefetches
        ]

    def of(self, entity: Any) -> list[Any]:
        """The row's own columns, of its model or an alias of it."""
        return [getattr(entity, name) for name in self.attributes]

    def with_prefetches(
        self, statement: Select[*tuple[Any, ...]], entity: Any
    ) -> Select[*tuple[Any, ...]]:
        """The statement with the prefetched rows. PostgreSQL only. Each row is looked up in its
        index, whatever number of rows the planner expects."""
        for prefetch, attributes in self.prefetches:
            other = aliased(prefetch.model)
            row = (
                select(*(getattr(other, name) for name in attributes))
                .where(_refers_to(getattr(entity, prefetch.key), other, prefetch.column.key))
                .limit(literal_column("1"))
                .correlate(entity)
                .lateral()
            )
            statement = statement.add_columns(*row.c).outerjoin(row, true())
        return statement

    def records(self, rows: Sequence[Any]) -> Records[Any]:
        """Records of the rows of a driver or of SQLAlchemy."""
        if not self.prefetches or not rows:
            records = Records(map(self._make, rows))
            records.prefetched = [{} for _ in self.prefetches]
            return records
        return self.records_of(list(zip(*rows, strict=True)))

    def records_of(self, columns: Sequence[Sequence[Any]]) -> Records[Any]:
        """Records of rows that are given column by column."""
        end = len(self.attributes)
        records = Records(map(self._make, zip(*columns[:end], strict=True)))
        records.prefetched = []
        for prefetch, attributes in self.prefetches:
            start, end = end, end + len(attributes)
            keys = columns[self.attributes.index(prefetch.key)]
            other_keys = columns[start + attributes.index(prefetch.column.key)]
            others = map(_maker(prefetch.model, attributes), zip(*columns[start:end], strict=True))
            by_key: dict[Any, Any] = dict(zip(keys, others, strict=True))
            if None in other_keys:
                by_key |= {
                    key: None
                    for key, other_key in zip(keys, other_keys, strict=True)
                    if other_key is None
                }
                by_key.pop(None, None)
            records.prefetched.append(by_key)
        return records


def _refers_to(column: Any, other: Any, key: str) -> ColumnElement[bool]:
    is_link = key == "id" and issubclass(inspect(other).mapper.class_, TenantOwned)
    return linked(column, other) if is_link else getattr(other, key) == column


class Tuples:
    """The layout of rows of columns and aggregates, in the order of their statement."""

    def records(self, rows: Sequence[Any]) -> Records[Any]:
        return Records(map(tuple, rows))

    def records_of(self, columns: Sequence[Sequence[Any]]) -> Records[Any]:
        return Records(zip(*columns, strict=True))


def model_of(row: object) -> type[Any]:
    """The model of an entity or a record."""
    return getattr(row, "model_of_record", type(row))


@lru_cache(maxsize=2_000)
def record_of(model: Any, attributes: tuple[str, ...]) -> Any:
    """The type of a model's records with those attributes."""
    make: Any = namedtuple
    record = make(f"{model.__name__}Record", attributes)
    record.model_of_record = model
    return record


def _maker(model: Any, attributes: tuple[str, ...]) -> Callable[[Iterable[Any]], Any]:
    """A function from the values of a row to its record."""
    return partial(tuple.__new__, record_of(model, attributes))


@cache
def all_attributes(model: Any) -> tuple[str, ...]:
    return tuple(attribute.key for attribute in inspect(model).column_attrs)


@cache
def scope_attributes(model: Any) -> tuple[str, ...]:
    """The attributes that the criteria of scopes read."""
    names = ["id", "tenant_id", "root_tenant_id"]
    rule = getattr(model, "of_customer", None) if issubclass(model, TenantOwned) else None
    if isinstance(rule, ByColumn | ByParent):
        names.append(rule.column)
    existing = all_attributes(model)
    return tuple(name for name in names if name in existing)


def _selected(
    model: Any, attributes: frozenset[str] | None, needed: Sequence[str]
) -> tuple[str, ...]:
    existing = all_attributes(model)
    if attributes is None:
        return existing
    selected = attributes | set(needed)
    return tuple(name for name in existing if name in selected)
