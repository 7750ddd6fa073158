"""Statements that are compiled once and executed many times with other values.

A query is compiled once for each set of attributes and each kind of scope, with the criteria
of the scope; the SQL check (`db.scope.sql_check`) reads it once, too. A session then sends the SQL
with the values of its own scope as parameters.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Dialect, Enum, Select, bindparam
from sqlalchemy.orm.interfaces import ORMOption

from db.rows import Layout, Prefetch, Records, RowQuery, TupleQuery, Tuples
from db.scope.criteria import criteria_of_models
from db.scope.sql_check import refuse_unscoped
from db.scope.tenant_scope import TenantScope
from db.types import Instant

CACHED_STATEMENTS = 2_000
"""Compiled statements that a process keeps."""

CACHED_KINDS = 100
"""Kinds of scope whose criteria a process keeps. Each list of several tenants is a kind."""

_ROOT, _TENANT, _CUSTOMER = "scope_root", "scope_tenant", "scope_customer"


class CompiledStatement:
    """The SQL of a statement, and how its parameters and rows are converted."""

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
        self._bind_processors: dict[str, Callable[[Any], Any]] = dict(compiled._bind_processors)
        names = {bind.key: name for bind, name in compiled.bind_names.items()}
        self._bind_names = [names[bind.key] for bind in binds]
        self._layout = layout
        self._columns = [(column.type, dialect) for column in compiled._result_columns]
        self._converters: list[tuple[int, Callable[[Any], Any]]] | None = None
        """By index of the column; None until the driver has described a result."""

    def parameters(
        self,
        scope: TenantScope,
        values: Mapping[str, Any],
        binds: Sequence[BindParameter[Any]] = (),
    ) -> tuple[Any, ...]:
        """The parameters by position, from the scope, named values and bound values."""
        all_values = {
            **self._constants,
            **{
                name: bind.effective_value
                for name, bind in zip(self._bind_names, binds, strict=True)
            },
            _ROOT: scope.root_tenant_id,
            _TENANT: scope.tenant_ids[0] if scope.tenant_ids else None,
            _CUSTOMER: scope.customer_id,
            **values,
        }
        process = self._bind_processors
        return tuple(
            process[name](all_values[name]) if name in process else all_values[name]
            for name in self._names
        )

    @property
    def needs_description(self) -> bool:
        """True until a first result has described its columns."""
        return self._converters is None

    def describe(self, type_codes: Sequence[Any]) -> None:
        """Take the driver's type codes of the columns."""
        self._converters = [
            (index, convert)
            for index, ((column_type, dialect), code) in enumerate(
                zip(self._columns, type_codes, strict=True)
            )
            if (convert := _converter(column_type, dialect, code)) is not None
        ]

    def execute(self, connection: Connection, parameters: tuple[Any, ...]) -> Records[Any]:
        """Execute the statement through SQLAlchemy; returns its records."""
        result = connection.exec_driver_sql(self.sql, parameters)
        if self._converters is None:
            self.describe([code for _, code, *_ in result.cursor.description])
        return self.records(result.all())

    def records(self, rows: Sequence[Any]) -> Records[Any]:
        """The records of the driver's rows."""
        if not self._converters or not rows:
            return self._layout.records(rows)
        # Column by column, so that the loops run in C.
        columns: list[Any] = list(zip(*rows, strict=True))
        for index, convert in self._converters:
            columns[index] = tuple(convert(columns[index]))
        return self._layout.records_of(columns)


def _converter(column_type: Any, dialect: Dialect, code: Any) -> Callable[[Any], Any] | None:
    """Converts a column of the driver's values; None if they need no conversion."""
    if isinstance(column_type, Enum) and column_type.enum_class is not None:
        members: dict[str | None, Any] = {member.name: member for member in column_type.enum_class}
        members[None] = None
        return partial(map, members.__getitem__)
    convert: Callable[[Any], Any] | None = column_type._cached_result_processor(dialect, code)
    if convert is None:
        return None
    if isinstance(column_type, Instant) and dialect.name == "postgresql":
        return partial(_instants, convert)
    return partial(map, convert)


def _instants(convert: Callable[[Any], Any], column: Sequence[Any]) -> Iterable[Any]:
    """asyncpg returns instants with their zone, except the first and last of the calendar."""
    return map(convert, column) if None in map(_ZONE, filter(None, column)) else column


_ZONE = attrgetter("tzinfo")

_cache: OrderedDict[Hashable, CompiledStatement] = OrderedDict()


def compiled_query(
    query: RowQuery[Any],
    attributes: frozenset[str] | None,
    prefetches: tuple[Prefetch, ...],
    scope: TenantScope,
    dialect: Dialect,
) -> CompiledStatement:
    """The compiled query for the kind of scope, with these attributes, or all if None."""

    def compile_query() -> CompiledStatement:
        in_tree = scope.root_tenant_id is not None
        layout = Layout(query, attributes, prefetches, in_tree=in_tree)
        statement = query.build(layout, dialect.name)
        return CompiledStatement(statement, (), layout, scope, dialect)

    return _cached((query.name, attributes, prefetches, _kind(scope), dialect.name), compile_query)


def compiled_tuples(
    query: TupleQuery | Select[*tuple[Any, ...]], scope: TenantScope, dialect: Dialect
) -> tuple[CompiledStatement, Sequence[BindParameter[Any]]] | None:
    """The compiled form of a query, and the parameters without a name that hold the values of this
    one. None if the statement has no cache key."""
    binds: Sequence[BindParameter[Any]] = ()
    if isinstance(query, TupleQuery):
        name, build = query.name, query.build
    else:
        key = query._generate_cache_key()
        if key is None or any(bind.expanding for bind in key.bindparams):
            return None
        name, build, binds = key.key, lambda: query, key.bindparams

    def compile_query() -> CompiledStatement:
        return CompiledStatement(build(), binds, Tuples(), scope, dialect)

    return _cached(("tuples", name, _kind(scope), dialect.name), compile_query), binds


def _cached(key: Hashable, compile_statement: Callable[[], CompiledStatement]) -> CompiledStatement:
    compiled = _cache.get(key)
    if compiled is not None:
        _cache.move_to_end(key)
        return compiled
    compiled = _cache[key] = compile_statement()
    if len(_cache) > CACHED_STATEMENTS:
        _cache.popitem(last=False)
    return compiled


def _kind(scope: TenantScope) -> TenantScope:
    """The scope that represents all scopes with the same SQL."""
    if not _has_parameters(scope):
        return scope
    return TenantScope(
        0,
        None if scope.tenant_ids is None else (0,),
        None if scope.customer_id is None else UUID(int=0),
    )


@lru_cache(maxsize=CACHED_KINDS)
def _criteria(kind: TenantScope) -> tuple[ORMOption, ...]:
    """The criteria of a kind of scope. They take 12 ms to build for a customer's."""
    return criteria_of_models(_with_parameters(kind))


def _has_parameters(scope: TenantScope) -> bool:
    """Whether the scope's values are parameters in the SQL. A list of tenants is not."""
    return scope.root_tenant_id is not None and (
        scope.tenant_ids is None or len(scope.tenant_ids) == 1
    )


def _with_parameters(scope: TenantScope) -> TenantScope:
    """A scope of this kind with named parameters in place of its values."""
    if not _has_parameters(scope):
        return scope
    return TenantScope(
        cast("int", bindparam(_ROOT, required=False)),
        None if scope.tenant_ids is None else (cast("int", bindparam(_TENANT, required=False)),),
        None if scope.customer_id is None else cast("Any", bindparam(_CUSTOMER, required=False)),
    )
