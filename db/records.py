"""Rows as records: light values with a column's attributes, read by statements prepared once.

A row that is only read needs nothing of an ORM entity: no identity, no state, no columns that
nobody reads. A `Query` is compiled once for each set of attributes and each kind of scope, with the
scope's criteria in it and the guard's look at it (`db.guard`); a session then sends that text with
its own scope's values as parameters.
"""

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import (
    Connection,
    Dialect,
    Enum,
    Select,
    bindparam,
    inspect,
    literal_column,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from db.base import Base, ByColumn, ByParent, TenantOwned
from db.criteria import criteria_of_each
from db.guard import refuse_unscoped
from db.scope import Scope
from db.types import Instant

M = TypeVar("M", bound=Base)

KEPT = 2_000
"""Prepared queries that a process keeps."""

_ROOT, _TENANT, _CUSTOMER = "scope_root", "scope_tenant", "scope_customer"


@dataclass(frozen=True, slots=True)
class Query(Generic[M]):
    """Selects rows of a model. `build` gets the attributes to select and returns the statement,
    whose parameters have names."""

    name: Hashable
    """Queries of the same name are the same; one without a name (None) is not kept."""
    model: type[M]
    needed: tuple[str, ...]
    """Attributes that whoever sends the query reads, besides those that are asked for."""
    build: Callable[["Layout", str], Select[*tuple[Any, ...]]]
    """`(layout of the rows, name of the dialect)` → statement."""

    def statement(
        self, dialect: str, parameters: Mapping[str, Any], attributes: frozenset[str] | None = None
    ) -> Select[*tuple[Any, ...]]:
        """The statement with its parameters, to be sent as any other."""
        return self.build(Layout(self, attributes), dialect).params(parameters)


@dataclass(frozen=True, slots=True)
class Related:
    """One other row that is loaded along with each row: the one of `model` whose `column` is what
    the row's attribute `key` says."""

    model: type[Base]
    column: InstrumentedAttribute[Any]
    key: str
    attributes: frozenset[str] | None


class Records(list[M]):
    """Records, and the others that were loaded along."""

    related: Sequence[dict[Any, Any]] = ()
    """For each `Related` that was asked for the other record by its key; None where the scope has
    none."""


class Layout:
    """Of which columns a query's rows consist: the row's own, then those of related rows."""

    def __init__(
        self, query: Query[Any], attributes: frozenset[str] | None, related: Sequence[Related] = ()
    ) -> None:
        self.attributes = _selected(query.model, attributes, query.needed)
        self._make = _maker(query.model, self.attributes)
        self.related = [
            (each, _selected(each.model, each.attributes, (each.column.key,))) for each in related
        ]

    def of(self, entity: Any) -> list[Any]:
        """The columns of the row itself."""
        return [getattr(entity, each) for each in self.attributes]

    def along(self, statement: Select[*tuple[Any, ...]], entity: Any) -> Select[*tuple[Any, ...]]:
        """The statement with the related rows: for PostgreSQL. Each is looked up by its index,
        however many rows the planner expects."""
        for each, attributes in self.related:
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
        if not self.related or not rows:
            found = Records(map(self._make, rows))
            found.related = [{} for _ in self.related]
            return found
        return self.records_of(list(zip(*rows, strict=True)))

    def records_of(self, columns: Sequence[Sequence[Any]]) -> Records[Any]:
        """The same, by columns."""
        end = len(self.attributes)
        found = Records(map(self._make, zip(*columns[:end], strict=True)))
        found.related = []
        for each, attributes in self.related:
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
            found.related.append(by_key)
        return found


def model_of(row: object) -> type[Any]:
    """The model of a row, be it an entity or a record."""
    return getattr(row, "model_of_record", type(row))


@lru_cache(maxsize=KEPT)
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


class Prepared:
    """The text of a query, and how its parameters and rows are converted."""

    def __init__(self, query: Query[Any], layout: Layout, scope: Scope, dialect: Dialect) -> None:
        statement = query.build(layout, dialect.name)
        statement = statement.options(*criteria_of_each(_with_parameters(scope)))
        compiled: Any = statement.compile(
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )
        self.sql: str = compiled.string
        if scope.root_tenant_id is not None:
            refuse_unscoped(self.sql, scope)
        self._constants: dict[str, Any] = dict(compiled.params)
        self._names: list[str] = list(compiled.positiontup)
        self._bind: dict[str, Callable[[Any], Any]] = dict(compiled._bind_processors)
        self._layout = layout
        self._columns = [(column.type, dialect) for column in compiled._result_columns]
        self._convert: list[tuple[int, Callable[[Any], Any]]] | None = None
        """By place in a row; known once the driver has described a result."""

    def parameters(self, scope: Scope, given: Mapping[str, Any]) -> tuple[Any, ...]:
        values = {
            **self._constants,
            _ROOT: scope.root_tenant_id,
            _TENANT: scope.tenant_ids[0] if scope.tenant_ids else None,
            _CUSTOMER: scope.customer_id,
            **given,
        }
        bind = self._bind
        return tuple(
            bind[name](values[name]) if name in bind else values[name] for name in self._names
        )

    @property
    def needs_description(self) -> bool:
        """Whether nobody has told yet of what types the driver's values are."""
        return self._convert is None

    def describe(self, codes: Sequence[Any]) -> None:
        """Say what the driver calls the types of the columns."""
        self._convert = [
            (place, convert)
            for place, ((kind, dialect), code) in enumerate(zip(self._columns, codes, strict=True))
            if (convert := _converter(kind, dialect, code)) is not None
        ]

    def sent(self, connection: Connection, parameters: tuple[Any, ...]) -> Records[Any]:
        """The records, asked for by SQLAlchemy."""
        result = connection.exec_driver_sql(self.sql, parameters)
        if self._convert is None:
            self.describe([code for _, code, *_ in result.cursor.description])
        return self.records(result.all())

    def records(self, rows: Sequence[Any]) -> Records[Any]:
        """The records that the driver's rows are."""
        if not self._convert or not rows:
            return self._layout.records(rows)
        # By columns, which is a loop of the interpreter's own.
        columns: list[Any] = list(zip(*rows, strict=True))
        for place, convert in self._convert:
            columns[place] = tuple(convert(columns[place]))
        return self._layout.records_of(columns)


def _converter(kind: Any, dialect: Dialect, code: Any) -> Callable[[Any], Any] | None:
    """What makes a column's values of the driver's; None if they are the same."""
    if isinstance(kind, Enum) and kind.enum_class is not None:
        members: dict[str | None, Any] = {each.name: each for each in kind.enum_class}
        members[None] = None
        return partial(map, members.__getitem__)
    convert: Callable[[Any], Any] | None = kind._cached_result_processor(dialect, code)
    if convert is None:
        return None
    if isinstance(kind, Instant) and dialect.name == "postgresql":
        return partial(_instants, convert)
    return partial(map, convert)


def _instants(convert: Callable[[Any], Any], column: Sequence[Any]) -> Iterable[Any]:
    """Instants have their zone already, but for the first and the last there are."""
    return map(convert, column) if _FIRST in column or _LAST in column else column


_FIRST, _LAST = datetime.min, datetime.max  # noqa: DTZ901 - as the driver gives them


_prepared: OrderedDict[Hashable, Prepared] = OrderedDict()


def prepared(
    query: Query[Any],
    attributes: frozenset[str] | None,
    related: tuple[Related, ...],
    scope: Scope,
    dialect: Dialect,
) -> Prepared:
    """The query for that kind of scope, with the attributes (all of them if None)."""
    key = query.name, attributes, related, _kind(scope), dialect.name
    found = _prepared.get(key)
    if found is not None:
        _prepared.move_to_end(key)
        return found
    layout = Layout(query, attributes, related)
    found = _prepared[key] = Prepared(query, layout, scope, dialect)
    if len(_prepared) > KEPT:
        _prepared.popitem(last=False)
    return found


def _selected(
    model: Any, attributes: frozenset[str] | None, needed: Sequence[str]
) -> tuple[str, ...]:
    known = all_attributes(model)
    if attributes is None:
        return known
    wanted = attributes | set(needed)
    return tuple(each for each in known if each in wanted)


def _kind(scope: Scope) -> Hashable:
    """Scopes of a kind differ in their parameters alone."""
    if scope.tenant_ids is not None and len(scope.tenant_ids) != 1:
        return scope
    return scope.root_tenant_id is None, scope.tenant_ids is None, scope.customer_id is None


def _with_parameters(scope: Scope) -> Scope:
    """A scope like this one, with named parameters in the place of its values."""
    if scope.root_tenant_id is None or (
        scope.tenant_ids is not None and len(scope.tenant_ids) != 1
    ):
        return scope
    return Scope(
        cast("int", bindparam(_ROOT, required=False)),
        None if scope.tenant_ids is None else (cast("int", bindparam(_TENANT, required=False)),),
        None if scope.customer_id is None else cast("Any", bindparam(_CUSTOMER, required=False)),
    )
