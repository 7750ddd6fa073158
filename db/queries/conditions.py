"""Conditions that several aggregates share. None means that nothing was asked for."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from db.expressions import any_of
from db.search import search_terms


def one_of(
    column: InstrumentedAttribute[Any], wanted: tuple[Any, ...] | None
) -> list[ColumnElement[bool]]:
    """One value is an equality, so that an index which starts with the column keeps its order."""
    if wanted is None:
        return []
    return [column == wanted[0]] if len(wanted) == 1 else [any_of(column, wanted)]


def found_by(column: InstrumentedAttribute[str], search: str | None) -> list[ColumnElement[bool]]:
    """Every word of the search occurs in the row's search text."""
    return [column.like(term, escape="\\") for term in search_terms(search or "")]


def either(condition: ColumnElement[bool], wanted: bool | None) -> list[ColumnElement[bool]]:
    """The condition, or its opposite."""
    if wanted is None:
        return []
    return [condition if wanted else ~condition]
