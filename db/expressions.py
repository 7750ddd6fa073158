"""SQL that is spelled differently on SQLite and PostgreSQL, and means the same."""

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
    """Whether the column is one of the values: one parameter and one text, however many."""
    return _AnyOf(column, values_parameter(column, values))


def values_parameter(
    column: InstrumentedAttribute[Any], values: Iterable[Any]
) -> BindParameter[list[Any]]:
    """Values of the column's type, as one parameter."""
    return bindparam(None, list(values), type_=_Values(column.type))


KEYS = "keys"
"""The name of the parameter of `any_key` unless it is given another."""


def any_key(column: InstrumentedAttribute[Any], name: str = KEYS) -> ColumnElement[bool]:
    """Whether the column is one of the values that the parameter of that name has when the
    statement is sent."""
    return _AnyOf(column, keys_parameter(column, name))


def keys_parameter(
    column: InstrumentedAttribute[Any], name: str = KEYS
) -> BindParameter[list[Any]]:
    """A parameter whose value is a list of values of the column's type."""
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
        return json.dumps([_as_stored_by_sqlite(item) for item in value])


def _as_stored_by_sqlite(value: object) -> object:
    if isinstance(value, UUID):
        return value.hex
    return value.value if isinstance(value, Enum) else value


class _AnyOf(FunctionElement[bool]):
    name = "any_of"
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        # A function of truth would be compared with 1 on SQLite, which then reads every row.
        return self


@compiles(_AnyOf, "postgresql")
def _any_of_postgresql(element: _AnyOf, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **kw)} = ANY ({compiler.process(values, **kw)})"


@compiles(_AnyOf, "sqlite")
def _any_of_sqlite(element: _AnyOf, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"
