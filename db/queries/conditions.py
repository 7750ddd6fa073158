"""Conditions that several aggregates share. None stands for a filter that is not set."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from db.expressions import any_of
from db.search import search_terms


def one_of(
    column: InstrumentedAttribute[Any], values: tuple[Any, ...] | None
) -> list[ColumnElement[bool]]:
    """The column has one of the values. A single value becomes an equality, so that an index that
    starts with the column can also sort."""
    if values is None:
        return []
    return [column == values[0]] if len(values) == 1 else [any_of(column, values)]


def found_by(column: InstrumentedAttribute[str], search: str | None) -> list[ColumnElement[bool]]:
    """Every word of the search occurs in the row's search text."""
    return [column.like(term, escape="\\") for term in search_terms(search or "")]


def either(condition: ColumnElement[bool], value: bool | None) -> list[ColumnElement[bool]]:
    """The condition if the value is true, its negation if it is false."""
    if value is None:
        return []
    return [condition if value else ~condition]
