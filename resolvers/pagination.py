"""Connections: page arguments checked, cursors read and written, a page taken from its rows.

https://relay.dev/graphql/connections.htm, over the keyset pages of `db.paging`.
"""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from db.base import Base
from db.paging import Collection, Key, Window
from execution.errors import ApiError, ErrorCode, LimitExceededError
from execution.resolving import EVERYTHING, Rows
from resolvers.batch_loader import resolved
from resolvers.loaders import Children, Loaders

M = TypeVar("M", bound=Base)
F = TypeVar("F")

DEFAULT_PAGE = 50
LARGEST_PAGE = 250


@dataclass(frozen=True, slots=True)
class PageArguments:
    """As they stand in the document."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


@dataclass
class PageInfo(Generic[M]):
    """Of a page of rows. Cursors are made if somebody asks for them."""

    has_next_page: bool
    has_previous_page: bool
    nodes: Sequence[M]
    cursor: Callable[[M], str]

    @property
    def start_cursor(self) -> str | None:
        return self.cursor(self.nodes[0]) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        return self.cursor(self.nodes[-1]) if self.nodes else None


@dataclass
class Edge(Generic[M]):
    node: M
    cursor: str


@dataclass
class Page(Generic[M]):
    """A page of rows, and how to count all that it was taken from."""

    nodes: list[M]
    page_info: PageInfo[M]
    cursor: Callable[[M], str]
    count: "Count"

    @property
    def edges(self) -> list[Edge[M]]:
        return [Edge(row, self.cursor(row)) for row in self.nodes]


@dataclass(frozen=True, slots=True)
class Count:
    """How to count what a page was taken from, together with other pages of its field."""

    of: Callable[[Sequence[Hashable]], Awaitable[list[int]]]
    """The counts for keys of parents, in their order."""
    key: Hashable = None


async def counts(pages: Sequence[Page[Any]]) -> list[int]:
    """How many rows the whole list of each page holds; the pages of one field are counted
    together."""
    places: dict[Callable[..., Any], list[int]] = {}
    for place, page in enumerate(pages):
        places.setdefault(page.count.of, []).append(place)
    found = [0] * len(pages)
    asked = [count([pages[place].count.key for place in each]) for count, each in places.items()]
    for each, numbers in zip(places.values(), asked, strict=True):
        for place, number in zip(each, await numbers, strict=True):
            found[place] = number
    return found


async def root_page(
    loaders: Loaders,
    collection: Collection[M, F],
    wanted: F,
    *,
    sort: str,
    descending: bool,
    arguments: PageArguments,
    rows: Rows = EVERYTHING,
) -> Page[M]:
    """A page of all rows in scope."""
    window = _window(collection, sort, descending, arguments)
    found = await loaders.page(collection, wanted, window, rows)

    async def counts(keys: Sequence[Hashable]) -> list[int]:
        return [await loaders.count(collection, wanted)] * len(keys)

    return _page(collection, window, found, Count(counts))


async def children_pages(
    loaders: Loaders,
    relation: Children[M, F],
    keys: Sequence[Hashable],
    wanted: F,
    *,
    sort: str,
    descending: bool,
    arguments: PageArguments,
    rows: Rows = EVERYTHING,
) -> list[Page[M]]:
    """A page of the rows of each parent; all parents of a level share one statement."""
    window = _window(relation.collection, sort, descending, arguments)

    async def counts(keys: Sequence[Hashable]) -> list[int]:
        return await resolved(loaders.counts(relation, wanted, keys))

    found = await resolved(loaders.pages(relation, wanted, window, keys, rows))
    return [
        _page(relation.collection, window, page, Count(counts, key))
        for key, page in zip(keys, found, strict=True)
    ]


def _window(
    collection: Collection[Any, Any], sort: str, descending: bool, arguments: PageArguments
) -> Window:
    if arguments.first is not None and arguments.last is not None:
        raise _bad_input("Use either `first` or `last`, not both.")
    for name, size in (("first", arguments.first), ("last", arguments.last)):
        if size is not None and size < 0:
            raise _bad_input(f"`{name}` must not be negative.")
        if size is not None and size > LARGEST_PAGE:
            raise LimitExceededError(
                "pageSize",
                message=f"A page holds {LARGEST_PAGE} objects at most; {size} were asked for",
                actual=size,
                maximum=LARGEST_PAGE,
            )
    # `before` alone means the page that ends there, as a reader who pages back expects.
    from_end = arguments.last is not None or (
        arguments.first is None and arguments.before is not None and arguments.after is None
    )
    size = arguments.last if arguments.last is not None else arguments.first
    return Window(
        sort=sort,
        descending=descending,
        limit=DEFAULT_PAGE if size is None else size,
        from_end=from_end,
        after=_key(collection, sort, "after", arguments.after),
        before=_key(collection, sort, "before", arguments.before),
    )


def _page(
    collection: Collection[M, Any],
    window: Window,
    rows: Sequence[M],
    count: "Count",
) -> Page[M]:
    more = len(rows) > window.limit
    nodes = list(rows[: window.limit])
    if window.from_end:
        nodes.reverse()

    def cursor(row: M) -> str:
        return encode_cursor(window.sort, collection.key(row, window.sort))

    info = PageInfo(
        # A cursor names a row, so there is one beyond it.
        has_next_page=window.before is not None or (more and not window.from_end),
        has_previous_page=window.after is not None or (more and window.from_end),
        nodes=nodes,
        cursor=cursor,
    )
    return Page(nodes, info, cursor, count)


def encode_cursor(sort: str, key: Key) -> str:
    """An opaque text that `_key` reads back, for the same order only."""
    value = key.value.isoformat() if isinstance(key.value, date) else key.value
    plain = json.dumps([sort, value, key.identity.hex], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(plain.encode()).rstrip(b"=").decode()


def _key(collection: Collection[Any, Any], sort: str, name: str, cursor: str | None) -> Key | None:
    if cursor is None:
        return None
    kind: type[Any] = collection.sorts[sort].type.python_type
    try:
        padding = "=" * (-len(cursor) % 4)
        plain = base64.b64decode(cursor.encode("ascii") + padding.encode(), b"-_", validate=True)
        made_for, value, identity = json.loads(plain)
        if made_for == sort:
            return Key(_typed(kind, value), UUID(hex=identity))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error):
        made_for = None
    if isinstance(made_for, str) and made_for in collection.sorts:
        raise _bad_input(f"`{name}` is a cursor of another order; use it with that `orderBy`.")
    raise _bad_input(f"`{name}` is not a cursor of this connection.")


def _typed(kind: type[Any], value: str) -> Any:
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("a cursor's instant has a zone")
        return instant.astimezone(UTC)
    value.encode()  # refuses half of a surrogate pair, which no database keeps
    if "\0" in value:
        raise ValueError("a cursor's text holds no NUL")
    return date.fromisoformat(value) if kind is date else value


def _bad_input(message: str) -> ApiError:
    return ApiError(message, code=ErrorCode.BAD_USER_INPUT)
