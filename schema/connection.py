"""Connections by the Relay specification, and the arguments that page them."""

from collections.abc import Awaitable, Sequence
from typing import Any, Generic, TypeVar

import strawberry

from execution.resolving import by_level
from resolvers import pagination
from resolvers.context import Context
from schema.fields import lazy

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether objects follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether objects precede this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first object; null for an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the page's last object: pass it as `after` to read on. "
        "Null for an empty page."
    )


@strawberry.type(description="An object of a page, and its cursor.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="The object.")
    cursor: str = strawberry.field(
        description="Where the object stands in its list. Opaque, and good for the same `orderBy` "
        "only. It stays good when objects come or go."
    )


def _total_counts(
    parents: Sequence[pagination.Page[Any]], context: Context
) -> Awaitable[list[int]]:
    return pagination.counts(parents)


@strawberry.type(description="A page of a list, by the Relay connection specification.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The objects with their cursors.")
    nodes: list[T] = strawberry.field(description="The objects alone.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    total_count: int = strawberry.field(
        resolver=by_level(_total_counts),
        description="How many objects the whole list holds. Counted only when asked for.",
    )


def connection_of(name: str) -> Any:
    """The connection of a type that stands in the module of its name."""
    return Connection[lazy(name)]  # type: ignore[misc]
