"""Conditions that several aggregates share. None stands for a filter that is not set."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, or_
from sqlalchemy.orm import InstrumentedAttribute

from db.base import Base
from db.expressions import any_of
from db.search import readable_texts, search_terms


def one_of(
    column: InstrumentedAttribute[Any], values: tuple[Any, ...] | None
) -> list[ColumnElement[bool]]:
    """The column has one of the values. A single value becomes an equality, so that an index that
    starts with the column can also sort."""
    if values is None:
        return []
    return [column == values[0]] if len(values) == 1 else [any_of(column, values)]


@dataclass(frozen=True, slots=True)
class Search:
    """Words, and the OAuth scopes of the caller, which decide in which texts they may be found."""

    words: str
    scopes: frozenset[str]


def found_by(model: type[Base], search: Search | None) -> list[ColumnElement[bool]]:
    """Every word of the search occurs in a search text of the row that the caller may read."""
    if search is None:
        return []
    texts = readable_texts(model, search.scopes)
    return [
        or_(false(), *(text.like(term, escape="\\") for text in texts))
        for term in search_terms(search.words)
    ]


def either(condition: ColumnElement[bool], value: bool | None) -> list[ColumnElement[bool]]:
    """The condition if the value is true, its negation if it is false."""
    if value is None:
        return []
    return [condition if value else ~condition]
