"""What clients may state, each declared once: conditions of filters, bounds of ranges, sort fields.

The input types, the conditions of statements and the permissions follow from the declarations.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

import strawberry
from sqlalchemy.orm import InstrumentedAttribute
from strawberry.types import get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from auth.oauth_scopes import OAuthScope
from db.conditions import EVERYTHING, Condition, Where
from execution.resolving import CHECK, Check
from resolvers.context import Context
from resolvers.text import text_argument
from schema.enums import Direction
from schema.required_scopes import requires

Read = Callable[[Context, Any], Awaitable[Any]]
"""`(context, value of the client)` → the value of the condition."""


class ServedBy(Enum):
    """How the rows that meet a condition are found."""

    INDEX = "index"
    """An index begins with what the condition compares."""
    ORDER = "order"
    """Each of its few values has many rows: reading in the order of the list finds a page soon."""
    SCAN = "scan"
    """A tenant has few rows that have to be read."""


@dataclass(frozen=True)
class Filter:
    """What an input asks of the rows of a list."""

    condition: Condition
    read: Read | None = None
    served_by: ServedBy = ServedBy.INDEX

    async def value(self, context: Context, name: str, value: Any) -> Any:
        """The value for the condition. Raises `ApiError` for a value that makes no sense."""
        if isinstance(value, str):
            text_argument(name, value)
        kind: Any = type(value)
        bounds = _bounds(kind)
        if bounds:
            limits = ((compare, getattr(value, bound)) for bound, compare in bounds.items())
            value = [(compare, limit) for compare, limit in limits if limit is not None]
        return value if self.read is None else await self.read(context, value)


_FILTER, _COMPARE, _COLUMNS = "filter", "compare", "columns"


def condition(
    condition: Condition,
    description: str,
    *scopes: OAuthScope,
    read: Read | None = None,
    served_by: ServedBy = ServedBy.INDEX,
) -> Any:
    """A field of a filter, which clients may leave out.

    `scopes` are those of the data that it compares with, except for the scopes that the list itself
    needs. A client that uses the field needs them. `read` makes the value of the condition. A test
    compares `served_by` with the indexes of the tables.
    """
    return strawberry.field(
        default=None,
        description=description,
        directives=requires(*scopes),
        metadata={_FILTER: Filter(condition, read, served_by)},
    )


def bound(compare: Callable[[Any, Any], Any], description: str, *, name: str | None = None) -> Any:
    """A field of a range, with the function of `operator` that compares a value with it."""
    return strawberry.field(
        name=name, default=None, description=description, metadata={_COMPARE: compare}
    )


def filter_argument(filter: Filter, description: str, *scopes: OAuthScope) -> Any:
    """The annotation of an argument that is a condition of its own."""
    return strawberry.argument(
        description=description, directives=requires(*scopes), metadata={_FILTER: filter}
    )


def lookup_argument(
    description: str,
    *scopes: OAuthScope,
    check: Check | None = None,
    columns: Sequence[InstrumentedAttribute[Any]] = (),
) -> Any:
    """The annotation of an argument that names objects.

    `check` raises an error for a value that makes no sense; `by_level` calls it. `columns` are what
    the value is compared with.
    """
    return strawberry.argument(
        description=description,
        directives=requires(*scopes),
        metadata={CHECK: check, _COLUMNS: columns},
    )


def sort_by(column: InstrumentedAttribute[Any], description: str, *scopes: OAuthScope) -> Any:
    """A member of an enum of sort fields. The column never holds NULL."""
    return strawberry.enum_value(column, description=description, directives=requires(*scopes))


def sort_input(fields: type[Enum], noun: str, default: Enum, direction: Direction) -> type[Any]:
    """The input type for sorting by one of the fields."""
    body = {
        "__annotations__": {"field": fields, "direction": Direction},
        "field": strawberry.field(default=default, description="Field to sort by."),
        "direction": strawberry.field(default=direction, description="Sort direction."),
    }
    made = type(fields.__name__.removesuffix("Field"), (), body)
    return strawberry.input(made, description=f"How to sort {noun}.")


async def where(context: Context, filter: object | None) -> Where:
    """The conditions that a client has stated in a filter."""
    if filter is None:
        return EVERYTHING
    kind: Any = type(filter)
    return await where_all(
        context,
        {
            name: (declared, getattr(filter, python_name))
            for python_name, (name, declared) in filters_of(kind).items()
        },
    )


async def where_all(context: Context, stated: Mapping[str, tuple[Filter, Any]]) -> Where:
    """The conditions with the values that a client has stated, by name. None: not stated."""
    return Where.of(
        [
            (name, filter.condition, await filter.value(context, name, value))
            for name, (filter, value) in stated.items()
            if value is not None
        ],
        context.principal.scopes,
    )


@cache
def filters_of(kind: Any) -> Mapping[str, tuple[str, Filter]]:
    """The fields of a filter: by Python name, the name in the graph and what it asks.

    Raises TypeError for a field without a condition.
    """
    filters: dict[str, tuple[str, Filter]] = {}
    for field in _fields(kind):
        filter = filter_of(field)
        if filter is None:
            raise TypeError(f"{kind.__name__}.{field.python_name} has no condition")
        filters[field.python_name] = field.graphql_name or to_camel_case(field.python_name), filter
    return filters


def filter_of(declared: Any) -> Filter | None:
    """What a declared field or argument asks; None if it is no condition."""
    filter: Filter | None = (getattr(declared, "metadata", None) or {}).get(_FILTER)
    return filter


def compared_by(declared: Any) -> list[Any]:
    """The columns that the value of a declared look-up argument is compared with."""
    columns = (getattr(declared, "metadata", None) or {}).get(_COLUMNS, ())
    return [column.__clause_element__() for column in columns]


@cache
def _bounds(kind: Any) -> Mapping[str, Callable[[Any, Any], Any]]:
    """The comparisons of a range, by the Python names of its fields. Empty for other types."""
    return {
        field.python_name: field.metadata[_COMPARE]
        for field in _fields(kind)
        if _COMPARE in field.metadata
    }


def _fields(kind: Any) -> list[StrawberryField]:
    definition = get_object_definition(kind)
    return [] if definition is None else definition.fields
