"""Connections, as defined by https://relay.dev/graphql/connections.htm.

The object behind a connection is a `Page` of rows. Edges and cursors are made when a client asks
for them.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, Generic, TypeVar

import strawberry

from execution.resolving import by_level
from resolvers.context import Context
from resolvers.pagination import Page, counts

T = TypeVar("T")


def _has_next_page(root: strawberry.Parent[Page[Any]]) -> bool:
    return root.has_next


def _has_previous_page(root: strawberry.Parent[Page[Any]]) -> bool:
    return root.has_previous


def _start_cursor(root: strawberry.Parent[Page[Any]]) -> str | None:
    return root.cursor(root.rows[0]) if root.rows else None


def _end_cursor(root: strawberry.Parent[Page[Any]]) -> str | None:
    return root.cursor(root.rows[-1]) if root.rows else None


@strawberry.type(description="The position of a page in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        resolver=_has_next_page, description="Whether there are objects after this page."
    )
    has_previous_page: bool = strawberry.field(
        resolver=_has_previous_page, description="Whether there are objects before this page."
    )
    start_cursor: str | None = strawberry.field(
        resolver=_start_cursor,
        description="The cursor of the first object on the page. Null if the page is empty.",
    )
    end_cursor: str | None = strawberry.field(
        resolver=_end_cursor,
        description="The cursor of the last object on the page: pass it as `after` to get the "
        "next page. Null if the page is empty.",
    )


def _cursor(root: strawberry.Parent["Edge[Any]"]) -> str:
    return root.page.cursor(root.node)


@strawberry.type(description="An object on a page, with its cursor.")
class Edge(Generic[T]):
    page: strawberry.Private[Page[Any]]
    node: T = strawberry.field(description="The object.")
    cursor: str = strawberry.field(
        resolver=_cursor,
        description="An opaque text that marks the position of the object in the list. It is valid "
        "for lists with the same `orderBy`, and stays valid when objects are added or removed.",
    )


def _edges(root: strawberry.Parent[Page[Any]]) -> list[Edge[T]]:
    return [Edge(page=root, node=row) for row in root.rows]


def _nodes(root: strawberry.Parent[Page[Any]]) -> list[T]:
    return root.rows


def _page_info(root: strawberry.Parent[Page[Any]]) -> Any:
    return root  # `PageInfo` describes the same page


def _total_counts(parents: Sequence[Page[Any]], _: Context) -> Awaitable[list[int]]:
    return counts(parents)


@strawberry.type(description="A page of a list, as defined by the Relay connection specification.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(
        resolver=_edges, description="The objects on the page, with their cursors."
    )
    nodes: list[T] = strawberry.field(resolver=_nodes, description="The objects on the page.")
    page_info = strawberry.field(
        resolver=_page_info,
        graphql_type=PageInfo,
        description="The position of the page in the list.",
    )
    total_count = strawberry.field(
        resolver=by_level(_total_counts),
        graphql_type=int,
        description="The number of objects in the whole list. It is counted anew for each request "
        "that selects it.",
    )
