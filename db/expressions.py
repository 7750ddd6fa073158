"""Expressions with the same meaning and different SQL on SQLite and PostgreSQL."""

import json
from collections.abc import Iterable
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Dialect,
    String,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, TypeEngine


def any_of(column: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether the column equals one of the values, which are one parameter: the SQL is the same for
    any number of them."""
    return _AnyOf(column, bindparam(None, list(values), type_=_Values(column.type)))


KEYS = "keys"
"""The default name of the parameter of `any_key`."""


def any_key(column: InstrumentedAttribute[Any], name: str = KEYS) -> ColumnElement[bool]:
    """Whether the column equals one of the values of the parameter `name`, which the sender of the
    statement sets. The SQL is the same for any number of them."""
    return _AnyOf(column, keys_parameter(column, name))


def keys_parameter(
    column: InstrumentedAttribute[Any], name: str = KEYS
) -> BindParameter[list[Any]]:
    """A named parameter for a list of values of the column's type."""
    return bindparam(name, type_=_Values(column.type), required=False)


class _Values(TypeDecorator[list[Any]]):
    """An array on PostgreSQL, JSON text on SQLite."""

    impl = String
    cache_ok = True

    def __init__(self, item_type: TypeEngine[Any]) -> None:
        super().__init__()
        self.item_type = item_type

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(self.item_type))
        return dialect.type_descriptor(String())

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return json.dumps([_sqlite_value(item) for item in value])


def _sqlite_value(value: object) -> object:
    if isinstance(value, UUID):
        return value.hex
    return value.value if isinstance(value, Enum) else value


class _AnyOf(FunctionElement[bool]):
    name = "any_of"
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        # Otherwise SQLAlchemy adds "= 1" on SQLite, which then reads every row.
        return self


@compiles(_AnyOf, "postgresql")
def _any_of_postgresql(element: _AnyOf, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **kw)} = ANY ({compiler.process(values, **kw)})"


@compiles(_AnyOf, "sqlite")
def _any_of_sqlite(element: _AnyOf, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"
