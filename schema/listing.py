"""The fields that page a collection: the same arguments at the root and below other objects."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature
from operator import attrgetter
from typing import Annotated, Any, Generic, Protocol, TypeVar

import strawberry

from db.base import Base
from db.paging import Collection
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
from schema.enums import Direction

M = TypeVar("M", bound=Base)
F = TypeVar("F")


First = Annotated[
    int | None,
    strawberry.argument(
        description="How many objects from the start, or after `after`: "
        f"{DEFAULT_PAGE} unless told, {LARGEST_PAGE} at most."
    ),
]
After = Annotated[
    str | None, strawberry.argument(description="Start after the object of this cursor.")
]
Last = Annotated[
    int | None,
    strawberry.argument(
        description=f"How many objects from the end, or before `before`: {LARGEST_PAGE} at most. "
        "Not together with `first`."
    ),
]
Before = Annotated[
    str | None, strawberry.argument(description="End before the object of this cursor.")
]


class Sort(Protocol):
    """What a client says of the order: see the inputs whose names end in `Sort`."""

    field: Any
    direction: Direction


@dataclass(frozen=True)
class Listing(Generic[M, F]):
    """How a collection appears in the graph."""

    collection: Collection[M, F]
    filter_input: type[Any] | None
    """None: it cannot be filtered."""
    to_filter: Callable[[Context, Any], Awaitable[F]]
    """The database's filter from the client's, which may be None."""
    sort_input: type[Any] | None
    """None: it has one order, `default`."""
    default: tuple[str, Direction]
    default_help: str

    def everything(self) -> Callable[..., Any]:
        """A resolver of all objects in scope."""

        async def resolve(
            parents: Sequence[Any], context: Context, rows: Rows = EVERYTHING, **given: Any
        ) -> list[Any]:
            sort, descending = self._sort(given)
            page = await root_page(
                context.loaders,
                self.collection,
                await self.to_filter(context, given.get("filter")),
                sort=sort,
                descending=descending,
                arguments=_page_arguments(given),
                rows=rows,
            )
            return [page] * len(parents)

        return by_level(self._signed(resolve), rows=ROWS)

    def below(self, relation: Children[M, F], key: str = "id") -> Callable[..., Any]:
        """A resolver of the objects that a relation ties to the parent."""
        key_of = attrgetter(key)

        async def resolve(
            parents: Sequence[Any], context: Context, rows: Rows = EVERYTHING, **given: Any
        ) -> list[Any]:
            sort, descending = self._sort(given)
            pages = await children_pages(
                context.loaders,
                relation,
                list(map(key_of, parents)),
                await self.to_filter(context, given.get("filter")),
                sort=sort,
                descending=descending,
                arguments=_page_arguments(given),
                rows=rows,
            )
            return list(pages)

        return by_level(self._signed(resolve), reads=(key,), rows=ROWS)

    def _sort(self, given: dict[str, Any]) -> tuple[str, bool]:
        sort: Sort | None = given.get("order_by")
        name, direction = self.default if sort is None else (sort.field, sort.direction)
        return name, direction is Direction.DESC

    def _signed(self, resolve: Callable[..., Any]) -> Callable[..., Any]:
        """The resolver with the signature from which Strawberry reads the field's arguments."""
        arguments: dict[str, Any] = {}
        if self.filter_input is not None:
            arguments["filter"] = Annotated[
                self.filter_input | None,
                strawberry.argument(
                    description="Only those that meet every condition given here; all unless told."
                ),
            ]
        if self.sort_input is not None:
            arguments["order_by"] = Annotated[
                self.sort_input | None,
                strawberry.argument(description=f"The order; {self.default_help} unless told."),
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
"""Where the rows lie in a connection."""


def _page_arguments(given: dict[str, Any]) -> PageArguments:
    return PageArguments(**{name: given.get(name) for name in ("first", "after", "last", "before")})
