"""Refuses a schema whose inputs tell what its outputs hide.

The condition of an input names the columns that it compares with, and a column belongs to a type of
the graph or refers to one. So the scopes that an input must declare can be computed.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    Undefined,
    get_named_type,
    is_non_null_type,
)
from sqlalchemy import Column
from sqlalchemy.sql.elements import BinaryExpression, ClauseElement
from sqlalchemy.sql.visitors import iterate

from db.base import Base, ByParent, TenantOwned
from db.search import SEARCH_COLUMNS
from schema.inputs import Filter, compared_by, filter_of
from schema.required_scopes import needed_by, needed_for, own_scopes

Input = GraphQLArgument | GraphQLInputField

_SEARCH_TEXTS = {column: frozenset({scope}) for scope, column in SEARCH_COLUMNS.items()}


def refuse_telling_inputs(schema: strawberry.Schema) -> None:
    """Raises ValueError for an input that compares with data of scopes that neither it nor its
    field needs, and for one that needs a scope and cannot be left out."""
    columns = _ColumnScopes(schema)
    for kind in schema._schema.type_map.values():
        if kind.name.startswith("__") or not isinstance(
            kind, GraphQLObjectType | GraphQLInterfaceType
        ):
            continue
        for field_name, field in kind.fields.items():
            shown = needed_by(kind) | needed_for(field)
            for name, argument in field.args.items():
                place = f"{kind.name}.{field_name}({name}:)"
                for path, compared, granted in _compared(place, argument, shown):
                    missing = columns.of(compared) - granted
                    if missing:
                        raise ValueError(
                            f"{path} compares with data that needs {', '.join(sorted(missing))}: "
                            "declare it as a scope of the input"
                        )


def _compared(
    path: str, declared: Input, granted: frozenset[str], above: tuple[str, ...] = ()
) -> Iterator[tuple[str, Iterable[ClauseElement], frozenset[str]]]:
    """For an input and all within it: what it compares with, and the scopes of those who use it."""
    definition = declared.extensions.get("strawberry-definition")
    own = own_scopes(declared)
    if own and (is_non_null_type(declared.type) or declared.default_value is not Undefined):
        raise ValueError(f"{path} needs a scope, so clients must be able to leave it out")
    granted |= own
    filter: Filter | None = filter_of(definition)
    if filter is not None:
        use = filter.condition.use("example", filter.condition.example, granted)
        yield path, use.clauses(), granted
        return
    yield path, compared_by(definition), granted
    kind = get_named_type(declared.type)
    if isinstance(kind, GraphQLInputObjectType) and kind.name not in above:
        for name, field in kind.fields.items():
            yield from _compared(f"{path}.{name}", field, granted, (*above, kind.name))
    elif isinstance(kind, GraphQLEnumType):
        has_default = declared.default_value is not Undefined
        default = kind.serialize(declared.default_value) if has_default else None
        for name, value in kind.values.items():
            own = own_scopes(value)
            if own and name == default:
                raise ValueError(f"{path} has the default {name}, which needs a scope")
            if hasattr(value.value, "__clause_element__"):
                yield f"{path}.{name}", [value.value.__clause_element__()], granted | own


class _ColumnScopes:
    """The scopes that show the values of columns."""

    def __init__(self, schema: strawberry.Schema) -> None:
        types = schema._schema.type_map
        models: dict[str, Any] = {
            mapper.local_table.name: mapper.class_  # type: ignore[attr-defined]
            for mapper in Base.registry.mappers
        }
        self._of_table: dict[str, frozenset[str]] = {}
        self._of_column: dict[tuple[str, str], frozenset[str]] = {}
        for table, model in models.items():
            rule = getattr(model, "of_customer", None) if issubclass(model, TenantOwned) else None
            # Parts are shown with the row that they belong to.
            owner = models[rule.table] if isinstance(rule, ByParent) else model
            kind = types.get(owner.__name__)
            if not isinstance(kind, GraphQLObjectType):
                continue
            self._of_table[table] = needed_by(kind)
            for field in kind.fields.values() if owner is model else ():
                definition = field.extensions["strawberry-definition"]
                self._of_column[table, definition.python_name] = own_scopes(field)

    def of(self, clauses: Iterable[ClauseElement]) -> frozenset[str]:
        """The scopes of all columns in the clauses."""
        scopes: frozenset[str] = frozenset()
        for clause in clauses:
            for column in columns_in(clause):
                scopes |= self._of(column)
        return scopes

    def _of(self, column: Column[Any]) -> frozenset[str]:
        scopes = self._of_table_named(column.table.name)
        scopes |= self._of_column.get((column.table.name, column.key), frozenset())
        scopes |= _SEARCH_TEXTS.get(column.key, frozenset())
        for key in column.foreign_keys:
            # Keys also hold the tenant; a column refers to the row whose id it has.
            if key.column.name == "id":
                scopes |= self._of_table_named(key.column.table.name)
        return scopes

    def _of_table_named(self, name: str) -> frozenset[str]:
        if name not in self._of_table:
            raise ValueError(f"an input compares with the table {name}, which no type shows")
        return self._of_table[name]


def columns_in(clause: ClauseElement) -> Iterator[Column[Any]]:
    """The columns that a clause compares. Those that only join rows of one tenant do not count."""
    joining: set[int] = set()
    for element in iterate(clause):
        if isinstance(element, BinaryExpression):
            sides = element.left, element.right
            if all(isinstance(side, Column) for side in sides) and sides[0].key == sides[1].key:
                joining |= set(map(id, sides))
    for element in iterate(clause):
        if isinstance(element, Column) and id(element) not in joining:
            yield element
