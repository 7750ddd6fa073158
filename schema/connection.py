"""Connections by the Relay specification: https://relay.dev/graphql/connections.htm.

The object behind a connection is a `Page` of rows. Edges and cursors are made when a client asks
for them.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, Generic, TypeVar

import strawberry

from execution.resolving import by_level
from resolvers.context import Context
from resolvers.pagination import Page, counts
from schema.fields import lazy

T = TypeVar("T")


def _has_next_page(root: strawberry.Parent[Page[Any]]) -> bool:
    return root.has_next


def _has_previous_page(root: strawberry.Parent[Page[Any]]) -> bool:
    return root.has_previous


def _start_cursor(root: strawberry.Parent[Page[Any]]) -> str | None:
    return root.cursor(root.rows[0]) if root.rows else None


def _end_cursor(root: strawberry.Parent[Page[Any]]) -> str | None:
    return root.cursor(root.rows[-1]) if root.rows else None


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        resolver=_has_next_page, description="Whether objects follow this page."
    )
    has_previous_page: bool = strawberry.field(
        resolver=_has_previous_page, description="Whether objects precede this page."
    )
    start_cursor: str | None = strawberry.field(
        resolver=_start_cursor,
        description="The cursor of the page's first object; null for an empty page.",
    )
    end_cursor: str | None = strawberry.field(
        resolver=_end_cursor,
        description="The cursor of the page's last object: pass it as `after` to read on. "
        "Null for an empty page.",
    )


def _cursor(root: strawberry.Parent["Edge[Any]"]) -> str:
    return root.page.cursor(root.node)


@strawberry.type(description="An object of a page, and its cursor.")
class Edge(Generic[T]):
    page: strawberry.Private[Page[Any]]
    node: T = strawberry.field(description="The object.")
    cursor: str = strawberry.field(
        resolver=_cursor,
        description="Where the object stands in its list. Opaque, and good for the same `orderBy` "
        "only. It stays good when objects come or go.",
    )


def _edges(root: strawberry.Parent[Page[Any]]) -> list[Edge[T]]:
    return [Edge(page=root, node=row) for row in root.rows]


def _nodes(root: strawberry.Parent[Page[Any]]) -> list[T]:
    return root.rows


def _page_info(root: strawberry.Parent[Page[Any]]) -> Any:
    return root  # `PageInfo` describes the same page


def _total_counts(parents: Sequence[Page[Any]], _: Context) -> Awaitable[list[int]]:
    return counts(parents)


@strawberry.type(description="A page of a list, by the Relay connection specification.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(
        resolver=_edges, description="The objects with their cursors."
    )
    nodes: list[T] = strawberry.field(resolver=_nodes, description="The objects alone.")
    page_info = strawberry.field(
        resolver=_page_info,
        graphql_type=PageInfo,
        description="Where the page stands in the list.",
    )
    total_count = strawberry.field(
        resolver=by_level(_total_counts),
        graphql_type=int,
        description="How many objects the whole list holds. Counted only when asked for.",
    )


def connection_of(name: str) -> Any:
    """The connection of a type that stands in the module of its name."""
    return Connection[lazy(name)]  # type: ignore[misc]
