"""Statements that are compiled once and sent with other values again and again.

A `RowQuery` is compiled once for each set of attributes and each kind of scope, with the scope's
criteria in it and the guard's look at it (`db.scope.sql_check`); a session then sends that text
with its own scope's values as parameters.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Connection, Dialect, Enum, Select, bindparam
from sqlalchemy.orm.interfaces import ORMOption

from db.rows import Layout, Prefetch, Records, RowQuery, Tuples
from db.scope.criteria import criteria_of_each
from db.scope.sql_check import refuse_unscoped
from db.scope.tenant_scope import TenantScope
from db.types import Instant

KEPT = 2_000
"""Prepared queries that a process keeps."""

KINDS = 100
"""Kinds of scope whose criteria a process keeps; a list of tenants is one of its own."""

_ROOT, _TENANT, _CUSTOMER = "scope_root", "scope_tenant", "scope_customer"


def shape_of(
    parts: Iterable[ColumnElement[bool] | Select[*tuple[Any, ...]]],
) -> tuple[Hashable, list[BindParameter[Any]]] | None:
    """What conditions, or statements, have in common with those that differ from them in their
    values alone, and the parameters that hold theirs; None where SQLAlchemy cannot tell."""
    shapes: list[Hashable] = []
    binds: list[BindParameter[Any]] = []
    for each in parts:
        key = each._generate_cache_key()
        if key is None or any(bind.expanding for bind in key.bindparams):
            return None
        shapes.append(key.key)
        binds += key.bindparams
    return tuple(shapes), binds


class Prepared:
    """The text of a query, and how its parameters and rows are converted."""

    def __init__(
        self,
        statement: Select[*tuple[Any, ...]],
        binds: Sequence[BindParameter[Any]],
        layout: Layout | Tuples,
        scope: TenantScope,
        dialect: Dialect,
    ) -> None:
        statement = statement.options(*_criteria(_kind(scope)))
        compiled: Any = statement.compile(
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )
        self.sql: str = compiled.string
        if scope.root_tenant_id is not None:
            refuse_unscoped(self.sql, scope)
        self._constants: dict[str, Any] = dict(compiled.params)
        self._names: list[str] = list(compiled.positiontup)
        self._bind: dict[str, Callable[[Any], Any]] = dict(compiled._bind_processors)
        named = {bind.key: name for bind, name in compiled.bind_names.items()}
        self._given = [named[bind.key] for bind in binds]
        self._layout = layout
        self._columns = [(column.type, dialect) for column in compiled._result_columns]
        self._convert: list[tuple[int, Callable[[Any], Any]]] | None = None
        """By place in a row; known once the driver has described a result."""

    def parameters(
        self, scope: TenantScope, given: Mapping[str, Any], binds: Sequence[BindParameter[Any]] = ()
    ) -> tuple[Any, ...]:
        values = {
            **self._constants,
            **{name: bind.effective_value for name, bind in zip(self._given, binds, strict=True)},
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
    return map(convert, column) if None in map(_ZONE, filter(None, column)) else column


_ZONE = attrgetter("tzinfo")

_prepared: OrderedDict[Hashable, Prepared] = OrderedDict()


def prepared(
    query: RowQuery[Any],
    attributes: frozenset[str] | None,
    prefetches: tuple[Prefetch, ...],
    scope: TenantScope,
    dialect: Dialect,
) -> Prepared:
    """The query for that kind of scope, with the attributes (all of them if None)."""

    def prepare() -> Prepared:
        layout = Layout(query, attributes, prefetches)
        statement = query.build(layout, dialect.name)
        return Prepared(statement, query.binds, layout, scope, dialect)

    key = query.name, attributes, prefetches, _kind(scope), dialect.name
    return _kept(key, prepare)


def prepared_tuples(
    statement: Select[*tuple[Any, ...]], scope: TenantScope, dialect: Dialect
) -> tuple[Prepared, Sequence[BindParameter[Any]]] | None:
    """What sends any such statement of columns and sums, and the parameters of this one; None
    where it is not known what it has in common with others."""
    found = shape_of([statement])
    if found is None:
        return None
    shape, binds = found
    prepare = partial(Prepared, statement, binds, Tuples(), scope, dialect)
    return _kept(("tuples", shape, _kind(scope), dialect.name), prepare), binds


def _kept(key: Hashable, prepare: Callable[[], Prepared]) -> Prepared:
    found = _prepared.get(key)
    if found is not None:
        _prepared.move_to_end(key)
        return found
    found = _prepared[key] = prepare()
    if len(_prepared) > KEPT:
        _prepared.popitem(last=False)
    return found


def _kind(scope: TenantScope) -> TenantScope:
    """One scope of those that differ in their parameters alone."""
    if not _has_parameters(scope):
        return scope
    return TenantScope(
        0,
        None if scope.tenant_ids is None else (0,),
        None if scope.customer_id is None else UUID(int=0),
    )


@lru_cache(maxsize=KINDS)
def _criteria(kind: TenantScope) -> tuple[ORMOption, ...]:
    """What confines a query to scopes of that kind: 12 ms of work for a customer's."""
    return criteria_of_each(_with_parameters(kind))


def _has_parameters(scope: TenantScope) -> bool:
    """Whether its values stand as parameters in a query's text; a list of tenants does not."""
    return scope.root_tenant_id is not None and (
        scope.tenant_ids is None or len(scope.tenant_ids) == 1
    )


def _with_parameters(scope: TenantScope) -> TenantScope:
    """A scope like this one, with named parameters in the place of its values."""
    if not _has_parameters(scope):
        return scope
    return TenantScope(
        cast("int", bindparam(_ROOT, required=False)),
        None if scope.tenant_ids is None else (cast("int", bindparam(_TENANT, required=False)),),
        None if scope.customer_id is None else cast("Any", bindparam(_CUSTOMER, required=False)),
    )
