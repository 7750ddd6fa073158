"""A schema of items and bags whose fields take every way to a value, an error or a null."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from execution.resolving import by_level


class Colour(Enum):
    RED = "rot"
    BLUE = "blau"


class ResolverError(Exception):
    """Raised by resolvers."""


@dataclass
class Calls:
    """The context: the calls of resolvers by level, and of mutations."""

    levels: list[tuple[str, int]] = field(default_factory=list)
    mutations: list[str] = field(default_factory=list)


def _squares(parents: list[Any], context: Calls, plus: int = 0) -> list[Any]:
    context.levels.append(("squares", len(parents)))
    return [
        ResolverError(f"{parent.number} has no square")
        if parent.number == 2
        else parent.number**2 + plus
        for parent in parents
    ]


async def _friends(parents: list[Any], context: Calls) -> list[Any]:
    context.levels.append(("friends", len(parents)))
    await asyncio.sleep(0)
    return [None if parent.number > 3 else Item(number=parent.number + 1) for parent in parents]


def _too_few(parents: list[Any], context: Calls) -> list[Any]:
    return []


def _all_fail(parents: list[Any], context: Calls) -> list[Any]:
    raise ResolverError("all of them")


@strawberry.interface
class Named:
    @strawberry.field
    def name(self) -> str:
        return f"{type(self).__name__.lower()} {getattr(self, 'number', 0)}"


@strawberry.type
class Item(Named):
    number: int
    colour: Colour = Colour.RED
    weight: float | None = None
    square: int | None = strawberry.field(resolver=by_level(_squares))
    strict_square: int = strawberry.field(resolver=by_level(_squares))
    friend = strawberry.field(
        resolver=by_level(_friends),
        graphql_type=Annotated["Item", strawberry.lazy("tests.execution.items")] | None,
    )
    too_few: int | None = strawberry.field(resolver=by_level(_too_few))
    all_fail: int | None = strawberry.field(resolver=by_level(_all_fail))

    @strawberry.field
    def itself(self) -> "Item":
        return self

    @strawberry.field
    def maybe_itself(self) -> "Item | None":
        return self

    @strawberry.field
    async def later(self, after: int = 1) -> int:
        for _ in range(after):
            await asyncio.sleep(0)
        return self.number * 10

    @strawberry.field
    def odd(self) -> bool | None:
        if self.number % 2 == 0:
            raise ResolverError(f"{self.number} is even")
        return True

    @strawberry.field
    def must_be_odd(self) -> bool:
        if self.number % 2 == 0:
            raise ResolverError(f"{self.number} is even")
        return True

    @strawberry.field
    def path(self, info: strawberry.Info) -> list[str]:
        return [str(step) for step in info.path.as_list()]

    @strawberry.field
    def tags(self) -> list[str | None]:
        return ["a", None, str(self.number)]

    @strawberry.field
    def matrix(self) -> list[list[int]]:
        return [[self.number], [1, 2], []]

    @strawberry.field
    def strict_tags(self) -> list[str]:
        return ["a", None]  # type: ignore[list-item]

    @strawberry.field
    def wrong_numbers(self) -> list[int | None]:
        return [1, "no number", 2**40]  # type: ignore[list-item]

    @strawberry.field
    def no_list(self) -> list[int] | None:
        return 5  # type: ignore[return-value]


@strawberry.type
class Bag(Named):
    owner: str
    children: strawberry.Private[list[Any]]

    @strawberry.field
    def items(self) -> list[Item]:
        return [child for child in self.children if isinstance(child, Item)]

    @strawberry.field
    def maybe_items(self) -> list[Item | None] | None:
        return [*self.items_of(), None]

    def items_of(self) -> list[Item]:
        return [child for child in self.children if isinstance(child, Item)]

    @strawberry.field
    def things(self) -> list[Named]:
        return self.children

    @strawberry.field
    async def strangers(self) -> list[Named | None]:
        return [*self.children, "no thing of ours"]


@strawberry.input
class Shape:
    sides: int = 3
    colour: Colour | None = None


def _items() -> list[Item]:
    return [Item(number=number) for number in range(1, 6)]


@strawberry.type
class Query:
    @strawberry.field
    def items(self, first: int = 5) -> list[Item]:
        return _items()[:first]

    @strawberry.field
    async def item(self, number: int) -> Item | None:
        return Item(number=number) if number else None

    @strawberry.field
    def bag(self) -> Bag:
        return Bag(owner="me", children=[Item(number=1), Bag(owner="you", children=[]), *_items()])

    @strawberry.field
    def shape(self, shape: Shape, more: list[int] | None = None) -> str:
        return f"{shape.sides} {shape.colour} {more}"

    @strawberry.field
    def keep(self, value: JSON) -> JSON:
        return value

    @strawberry.field
    def awaited_items(self) -> list[Item | None]:
        async def one(number: int) -> Item:
            await asyncio.sleep(0)
            if number == 2:
                raise ResolverError("not two")
            return Item(number=number)

        return [one(number) for number in (1, 2, 3)]  # type: ignore[misc]

    @strawberry.field
    def streamed(self) -> list[int] | None:
        async def numbers() -> AsyncIterator[int]:
            yield 1
            yield 2

        return numbers()  # type: ignore[return-value]

    @strawberry.field
    def generated(self) -> list[int]:
        return (number for number in range(3))  # type: ignore[return-value]

    @strawberry.field
    def nothing(self) -> Item | None:
        return None

    @strawberry.field
    def must(self) -> Item:
        raise ResolverError("nothing there")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add(self, info: strawberry.Info, name: str, ticks: int = 0) -> Item | None:
        for _ in range(ticks):
            await asyncio.sleep(0)
        info.context.mutations.append(name)
        return Item(number=len(info.context.mutations))

    @strawberry.mutation
    def fail(self, info: strawberry.Info) -> int:
        info.context.mutations.append("fail")
        raise ResolverError("failed")


schema = strawberry.Schema(Query, Mutation, types=[Item, Bag])
