"""List fields: the same arguments at the root and below other objects."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from inspect import Parameter, Signature
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from sqlalchemy.orm import InstrumentedAttribute

from db.base import Base
from db.keyset import Collection
from execution.resolving import EVERYTHING, Rows, by_level
from resolvers.context import Context
from resolvers.loaders import Children
from resolvers.pagination import (
    DEFAULT_PAGE,
    LARGEST_PAGE,
    PageArguments,
    children_pages,
    root_page,
)
from schema.connection import Connection
from schema.enums import Direction
from schema.fields import lazy
from schema.inputs import filters_of, sort_input, where

M = TypeVar("M", bound=Base)


First = Annotated[
    int | None,
    strawberry.argument(
        description="The number of objects to return from the start of the list, or after `after`. "
        f"Defaults to {DEFAULT_PAGE}, at most {LARGEST_PAGE}. Cannot be combined with `last`."
    ),
]
After = Annotated[
    str | None, strawberry.argument(description="Return objects after the object with this cursor.")
]
Last = Annotated[
    int | None,
    strawberry.argument(
        description="The number of objects to return from the end of the list, or before `before`. "
        f"At most {LARGEST_PAGE}. Cannot be combined with `first`."
    ),
]
Before = Annotated[
    str | None,
    strawberry.argument(description="Return objects before the object with this cursor."),
]


@dataclass(frozen=True)
class Listing(Generic[M]):
    """A collection as it appears in the graph: what clients can filter and sort by."""

    collection: Collection[M]
    noun: str
    """What the objects are called, in the plural."""
    filter_input: type[Any] | None
    """None if the list cannot be filtered."""
    sort_fields: type[Enum] | None
    """The columns to sort by. None if the list is always sorted by `default`."""
    default: tuple[Any, Direction]
    """The sort that applies if the client states none: a member of `sort_fields` or a column."""
    default_help: str
    """The same in words, for the description of the argument."""

    def __post_init__(self) -> None:
        kind: Any = self.filter_input
        if kind is not None:
            # Raises an error for a field without a condition.
            filters_of(kind)

    @cached_property
    def sort_input(self) -> type[Any] | None:
        return self.sort_fields and sort_input(self.sort_fields, self.noun, *self.default)

    @cached_property
    def connection(self) -> Any:
        """The graph type of a page."""
        return Connection[lazy(self.collection.model.__name__)]  # type: ignore[misc]

    def everything(self, description: str, *, optional: bool = True) -> Any:
        """A field of the root with the objects in scope."""

        async def resolve(
            parents: Sequence[Any], context: Context, rows: Rows = EVERYTHING, **arguments: Any
        ) -> list[Any]:
            sort, descending = self._sort(arguments)
            page = await root_page(
                context.loaders,
                self.collection,
                await where(context, arguments.get("filter")),
                sort=sort,
                descending=descending,
                arguments=_page_arguments(arguments),
                rows=rows,
            )
            return [page] * len(parents)

        return strawberry.field(
            resolver=by_level(self._signed(resolve), rows=ROWS),
            graphql_type=self.connection | None if optional else self.connection,
            description=description,
        )

    def below(self, relation: Children[M], description: str) -> Any:
        """A field with the objects that refer to the parent."""

        async def resolve(
            parents: Sequence[Any], context: Context, rows: Rows = EVERYTHING, **arguments: Any
        ) -> list[Any]:
            sort, descending = self._sort(arguments)
            pages = await children_pages(
                context.loaders,
                relation,
                [parent.id for parent in parents],
                await where(context, arguments.get("filter")),
                sort=sort,
                descending=descending,
                arguments=_page_arguments(arguments),
                rows=rows,
            )
            return list(pages)

        return strawberry.field(
            resolver=by_level(self._signed(resolve), reads=("id",), rows=ROWS),
            graphql_type=self.connection | None,
            description=description,
        )

    def _sort(self, arguments: dict[str, Any]) -> tuple[InstrumentedAttribute[Any], bool]:
        sort = arguments.get("order_by")
        field, direction = self.default if sort is None else (sort.field, sort.direction)
        column = field.value if isinstance(field, Enum) else field
        return column, direction is Direction.DESC

    def _signed(self, resolve: Callable[..., Any]) -> Callable[..., Any]:
        """The resolver with the signature that Strawberry derives the field's arguments from."""
        arguments: dict[str, Any] = {}
        if self.filter_input is not None:
            arguments["filter"] = Annotated[
                self.filter_input | None,
                strawberry.argument(
                    description="Conditions that the objects must meet. Defaults to all objects."
                ),
            ]
        if self.sort_input is not None:
            arguments["order_by"] = Annotated[
                self.sort_input | None,
                strawberry.argument(
                    description=f"How to sort the list. By default, {self.default_help}."
                ),
            ]
        arguments |= {"first": First, "after": After, "last": Last, "before": Before}
        parameters = [
            *(Parameter(name, _KIND, annotation=Any) for name in ("parents", "context")),
            *(
                Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
                for name, annotation in arguments.items()
            ),
        ]
        resolve.__signature__ = Signature(parameters, return_annotation=Any)  # type: ignore[attr-defined]
        return resolve


_KIND = Parameter.POSITIONAL_OR_KEYWORD

ROWS = (("nodes",), ("edges", "node"))
"""The paths from a connection to its rows."""


def _page_arguments(arguments: dict[str, Any]) -> PageArguments:
    names = ("first", "after", "last", "before")
    return PageArguments(**{name: arguments.get(name) for name in names})
