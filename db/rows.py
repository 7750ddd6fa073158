"""Rows as records: light values with a column's attributes.

A row that is only read needs nothing of an ORM entity: no identity, no state, no columns that
nobody reads. How a query's statement is kept and sent is `db.prepared`'s.
"""

from collections import namedtuple
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    BindParameter,
    Select,
    inspect,
    literal_column,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from db.base import Base, ByColumn, ByParent, TenantOwned

M = TypeVar("M", bound=Base)


@dataclass(frozen=True, slots=True)
class RowQuery(Generic[M]):
    """Selects rows of a model. `build` gets the attributes to select and returns the statement,
    whose parameters have names."""

    name: Hashable
    """Queries of the same name are the same; one without a name (None) is not kept."""
    model: type[M]
    needed: tuple[str, ...]
    """Attributes that whoever sends the query reads, besides those that are asked for."""
    build: Callable[["Layout", str], Select[*tuple[Any, ...]]]
    """`(layout of the rows, name of the dialect)` → statement."""
    binds: Sequence[BindParameter[Any]] = ()
    """The statement's parameters without a name: queries of one name have as many, in the same
    places, with values of their own."""

    def statement(
        self, dialect: str, parameters: Mapping[str, Any], attributes: frozenset[str] | None = None
    ) -> Select[*tuple[Any, ...]]:
        """The statement with its parameters, to be sent as any other."""
        return self.build(Layout(self, attributes), dialect).params(parameters)


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
    ) -> None:
        self.attributes = _selected(query.model, attributes, query.needed)
        self._make = _maker(query.model, self.attributes)
        self.prefetches = [
            (each, _selected(each.model, each.attributes, (each.column.key,)))
            for each in prefetches
        ]

    def of(self, entity: Any) -> list[Any]:
        """The columns of the row itself."""
        return [getattr(entity, each) for each in self.attributes]

    def with_prefetches(
        self, statement: Select[*tuple[Any, ...]], entity: Any
    ) -> Select[*tuple[Any, ...]]:
        """The statement with the prefetched rows. PostgreSQL only. Each row is looked up in its
        index, whatever number of rows the planner expects."""
        for each, attributes in self.prefetches:
            other = aliased(each.model)
            row = (
                select(*(getattr(other, name) for name in attributes))
                .where(getattr(other, each.column.key) == getattr(entity, each.key))
                .limit(literal_column("1"))
                .correlate(entity)
                .lateral()
            )
            statement = statement.add_columns(*row.c).outerjoin(row, true())
        return statement

    def records(self, rows: Sequence[Any]) -> Records[Any]:
        """The records that rows are, as they come from the driver or from SQLAlchemy."""
        if not self.prefetches or not rows:
            found = Records(map(self._make, rows))
            found.prefetched = [{} for _ in self.prefetches]
            return found
        return self.records_of(list(zip(*rows, strict=True)))

    def records_of(self, columns: Sequence[Sequence[Any]]) -> Records[Any]:
        """The same, by columns."""
        end = len(self.attributes)
        found = Records(map(self._make, zip(*columns[:end], strict=True)))
        found.prefetched = []
        for each, attributes in self.prefetches:
            start, end = end, end + len(attributes)
            keys = columns[self.attributes.index(each.key)]
            there = columns[start + attributes.index(each.column.key)]
            others = map(_maker(each.model, attributes), zip(*columns[start:end], strict=True))
            by_key: dict[Any, Any] = dict(zip(keys, others, strict=True))
            if None in there:
                by_key |= {
                    key: None for key, known in zip(keys, there, strict=True) if known is None
                }
                by_key.pop(None, None)
            found.prefetched.append(by_key)
        return found


class Tuples:
    """The layout of rows that are columns and sums, as their statement has them."""

    def records(self, rows: Sequence[Any]) -> Records[Any]:
        return Records(map(tuple, rows))

    def records_of(self, columns: Sequence[Sequence[Any]]) -> Records[Any]:
        return Records(zip(*columns, strict=True))


def model_of(row: object) -> type[Any]:
    """The model of a row, be it an entity or a record."""
    return getattr(row, "model_of_record", type(row))


@lru_cache(maxsize=2_000)
def record_of(model: Any, attributes: tuple[str, ...]) -> Any:
    """The type of a model's records with those attributes."""
    make: Any = namedtuple
    record = make(f"{model.__name__}Record", attributes)
    record.model_of_record = model
    return record


def _maker(model: Any, attributes: tuple[str, ...]) -> Callable[[Iterable[Any]], Any]:
    """Makes a record of its values."""
    return partial(tuple.__new__, record_of(model, attributes))


@cache
def all_attributes(model: Any) -> tuple[str, ...]:
    return tuple(each.key for each in inspect(model).column_attrs)


@cache
def scope_attributes(model: Any) -> tuple[str, ...]:
    """What a scope's criteria read of a model."""
    known = all_attributes(model)
    read = ["id", "tenant_id", "root_tenant_id"]
    rule = getattr(model, "of_customer", None) if issubclass(model, TenantOwned) else None
    if isinstance(rule, ByColumn | ByParent):
        read.append(rule.column)
    return tuple(each for each in read if each in known)


def _selected(
    model: Any, attributes: frozenset[str] | None, needed: Sequence[str]
) -> tuple[str, ...]:
    known = all_attributes(model)
    if attributes is None:
        return known
    wanted = attributes | set(needed)
    return tuple(each for each in known if each in wanted)
