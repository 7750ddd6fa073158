"""How a page is cut: checks page arguments, reads and writes cursors, makes a page of its rows.

https://relay.dev/graphql/connections.htm, over the keyset pages of `db.keyset`.
"""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy.orm import InstrumentedAttribute

from db.base import Base
from db.conditions import Where
from db.keyset import Collection, Key, Window
from execution.errors import ApiError, ErrorCode, LimitExceededError
from execution.resolving import EVERYTHING, Rows
from resolvers.batch_loader import resolved
from resolvers.loaders import Children, Loaders

M = TypeVar("M", bound=Base)

Sort = InstrumentedAttribute[Any]
"""The column that a list is sorted by."""

DEFAULT_PAGE = 50
LARGEST_PAGE = 250


@dataclass(frozen=True, slots=True)
class PageArguments:
    """As the client states them."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How to count the rows of the whole list, together with the other lists of the field."""

    of: Callable[[Sequence[Hashable]], Awaitable[list[int]]]
    """Counts in the order of the keys, which identify the parents of lists."""
    key: Hashable = None


@dataclass(slots=True)
class Page(Generic[M]):
    """The rows of a page, and where they stand in their list."""

    rows: list[M]
    has_next: bool
    has_previous: bool
    collection: Collection[M]
    sort: Sort
    count: Count

    def cursor(self, row: M) -> str:
        """The position of a row in the list; opaque to clients."""
        return encode_cursor(self.sort, self.collection.key(row, self.sort))


async def counts(pages: Sequence[Page[Any]]) -> list[int]:
    """The number of rows in the whole list of each page. The lists of one field are counted in
    one statement."""
    places: dict[Callable[..., Any], list[int]] = {}
    for place, page in enumerate(pages):
        places.setdefault(page.count.of, []).append(place)
    totals = [0] * len(pages)
    for count, group in places.items():
        numbers = await count([pages[place].count.key for place in group])
        for place, number in zip(group, numbers, strict=True):
            totals[place] = number
    return totals


async def root_page(
    loaders: Loaders,
    collection: Collection[M],
    where: Where,
    *,
    sort: Sort,
    descending: bool,
    arguments: PageArguments,
    rows: Rows = EVERYTHING,
) -> Page[M]:
    """A page of all rows in scope."""
    window = _window(sort, descending, arguments)
    page_rows = await loaders.page(collection, where, window, rows)

    async def counts(keys: Sequence[Hashable]) -> list[int]:
        return [await loaders.count(collection, where)] * len(keys)

    return _page(collection, window, page_rows, Count(counts))


async def children_pages(
    loaders: Loaders,
    relation: Children[M],
    keys: Sequence[Hashable],
    where: Where,
    *,
    sort: Sort,
    descending: bool,
    arguments: PageArguments,
    rows: Rows = EVERYTHING,
) -> list[Page[M]]:
    """A page of the rows of each parent, in the order of the keys. One statement for all."""
    window = _window(sort, descending, arguments)

    async def counts(keys: Sequence[Hashable]) -> list[int]:
        return await resolved(loaders.counts(relation, where, keys))

    pages = await resolved(loaders.pages(relation, where, window, keys, rows))
    return [
        _page(relation.collection, window, page_rows, Count(counts, key))
        for key, page_rows in zip(keys, pages, strict=True)
    ]


def _window(sort: Sort, descending: bool, arguments: PageArguments) -> Window:
    if arguments.first is not None and arguments.last is not None:
        raise _bad_input("Use either `first` or `last`, not both.")
    for name, size in (("first", arguments.first), ("last", arguments.last)):
        if size is not None and size < 0:
            raise _bad_input(f"`{name}` must not be negative.")
        if size is not None and size > LARGEST_PAGE:
            raise LimitExceededError(
                "pageSize",
                message=f"`{name}` is {size}, at most {LARGEST_PAGE} is allowed",
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
        after=_key(sort, "after", arguments.after),
        before=_key(sort, "before", arguments.before),
    )


def _page(collection: Collection[M], window: Window, rows: Sequence[M], count: Count) -> Page[M]:
    more = len(rows) > window.limit
    page = list(rows[: window.limit])
    if window.from_end:
        page.reverse()
    return Page(
        page,
        # A cursor is the position of a row, so there is a row beyond the page.
        has_next=window.before is not None or (more and not window.from_end),
        has_previous=window.after is not None or (more and window.from_end),
        collection=collection,
        sort=window.sort,
        count=count,
    )


def encode_cursor(sort: Sort, key: Key) -> str:
    """An opaque text, valid for lists of the same sort field."""
    value = key.value.isoformat() if isinstance(key.value, date) else key.value
    plain = json.dumps(
        [sort.key, value, key.identity.hex], separators=(",", ":"), ensure_ascii=False
    )
    return base64.urlsafe_b64encode(plain.encode()).rstrip(b"=").decode()


def _key(sort: Sort, name: str, cursor: str | None) -> Key | None:
    if cursor is None:
        return None
    try:
        padding = "=" * (-len(cursor) % 4)
        plain = base64.b64decode(cursor.encode("ascii") + padding.encode(), b"-_", validate=True)
        made_for, value, identity = json.loads(plain)
        if made_for == sort.key:
            return Key(_typed(sort.type.python_type, value), UUID(hex=identity))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error):
        pass
    raise _bad_input(f"`{name}` is not a valid cursor of this list with this `orderBy`.")


def _typed(kind: type[Any], value: str) -> Any:
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("the instant of a cursor needs an offset")
        return instant.astimezone(UTC)
    value.encode()  # refuses unpaired surrogates, which no database stores
    if "\0" in value:
        raise ValueError("the text of a cursor must not contain NUL")
    return date.fromisoformat(value) if kind is date else value


def _bad_input(message: str) -> ApiError:
    return ApiError(message, code=ErrorCode.BAD_USER_INPUT)
