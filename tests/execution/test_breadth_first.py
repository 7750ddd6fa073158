"""Breadth-first execution equals graphql-core: values, nulls, errors, fragments, conditions."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry
from strawberry.scalars import JSON

from execution.resolving import by_level
from tests.execution.differential import compare, execute_by


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
        graphql_type=Annotated["Item", strawberry.lazy("tests.execution.test_breadth_first")]
        | None,
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


@pytest.mark.parametrize(
    "document",
    [
        "{ items { number colour weight name __typename } }",
        "{ items { itself { itself { number } } } }",
        "{ items { later slow: later(after: 4) } }",
        "{ items { friend { number friend { number friend { number } } } } }",
        "{ items { tags matrix path itself { path } } }",
        "{ items(first: 0) { number friend { number } } nothing { number } }",
        "{ a: items(first: 2) { a: number } b: items { b: number a: colour } }",
        "{ generated streamed }",
        "{ shape(shape: {sides: 4, colour: BLUE}) other: shape(shape: {}, more: [1, 2]) }",
        "{ keep(value: {a: [1, {b: null}]}) }",
    ],
)
async def test_values_and_lists_are_equal(document: str) -> None:
    assert (await compare(schema, document, context=Calls())).errors == ()


@pytest.mark.parametrize(
    "document",
    [
        "{ items { number odd } }",
        "{ items { number mustBeOdd } }",
        "{ items { maybeItself { number mustBeOdd } } }",
        "{ items { maybeItself { itself { itself { mustBeOdd } } } } }",
        "{ items { maybeItself { odd mustBeOdd } } }",
        "{ items { maybeItself { mustBeOdd odd } } }",
        "{ bag { maybeItems { number mustBeOdd odd } items { number } } }",
        "{ bag { items { odd } maybeItems { mustBeOdd } } }",
        "{ items { strictTags } }",
        "{ items { maybeItself { strictTags } } }",
        "{ items { wrongNumbers noList } }",
        "{ must { number } items { number } }",
        "{ items { number } must { number } }",
        "{ nothing { number } items { odd } must { number } }",
        "{ items { square number } }",
        "{ items { maybeItself { strictSquare number } } }",
        "{ items { allFail number } }",
        "{ awaitedItems { number odd } }",
        "{ bag { strangers { name __typename } } }",
    ],
)
async def test_nulls_and_errors_are_equal(document: str) -> None:
    assert (await compare(schema, document, context=Calls())).errors != ()


@pytest.mark.parametrize(
    "document",
    [
        "{ items { weight maybeItself { odd friend { odd friend { mustBeOdd } } } } }",
        "{ items { friend { strictSquare } odd } item(number: 2) { mustBeOdd } }",
        "{ awaitedItems { later friend { friend { odd } } } items { square } }",
    ],
)
async def test_nulls_and_errors_of_awaited_fields_are_equal(document: str) -> None:
    answer = await compare(schema, document, context=Calls(), ordered=False)
    assert answer.errors != ()


@pytest.mark.parametrize(
    "document",
    [
        "{ bag { things { name ... on Item { number } ... on Bag { owner } } } }",
        "{ bag { things { ... on Named { name } ... on Bag { items { number } name } } } }",
        (
            "{ bag { ...A things { ...B } } } fragment A on Bag { owner things { name } } "
            "fragment B on Named { __typename ... on Item { colour } }"
        ),
        (
            "{ items { ...A number ...B } } fragment A on Item { itself { number } } "
            "fragment B on Item { itself { colour itself { number } } }"
        ),
        "{ items { ...A ...A x: number ...A } } fragment A on Item { number }",
        (
            "{ bag { things { ... on Item { itself { number } } ... on Named { "
            "... on Item { itself { colour } } } } } }"
        ),
    ],
)
async def test_fragments_and_types_are_equal(document: str) -> None:
    assert (await compare(schema, document, context=Calls())).errors == ()


@pytest.mark.parametrize("a", [True, False])
@pytest.mark.parametrize("b", [True, False])
@pytest.mark.parametrize(
    "document",
    [
        "{ items { number @include(if: $a) colour number @skip(if: $b) } }",
        (
            "{ items { ...F @include(if: $a) weight ...F @skip(if: $b) } } "
            "fragment F on Item { number itself { number colour @include(if: $a) } }"
        ),
        "{ items { itself @include(if: $a) { number } name itself @include(if: $b) { colour } } }",
        (
            "{ items { ... @include(if: $a) { ...F } ... @include(if: $b) { ...G } number } } "
            "fragment F on Item { colour ...G } fragment G on Item { weight name }"
        ),
        "{ bag @skip(if: $a) { things { name @skip(if: $b) } } items { number } }",
        (
            "{ items { number @include(if: $a) @skip(if: $b) colour @skip(if: true) "
            "name @include(if: false) weight @include(if: true) } }"
        ),
        "{ items @include(if: $a) { number } items @include(if: $b) { itself { odd } } }",
    ],
)
async def test_skip_and_include_are_equal(document: str, a: bool, b: bool) -> None:
    document = f"query ($a: Boolean!, $b: Boolean = true) {document}"
    await compare(schema, document, {"a": a, "b": b}, context=Calls())
    await compare(schema, document, {"a": a}, context=Calls())


@pytest.mark.parametrize(
    "variables",
    [
        {"n": 3},
        {"n": None},
        {"n": "three"},
        {},
        {"n": 1, "shape": {"sides": 5}},
        {"n": 1, "shape": {"colour": "GREEN"}},
        {"n": 1, "shape": {"colour": "RED"}, "list": 4},
        {"n": 2, "shape": {}, "list": [1, "x"]},
    ],
)
async def test_variables_are_equal(variables: dict[str, Any]) -> None:
    document = """query ($n: Int!, $shape: Shape = {sides: 6}, $list: [Int!] = [7]) {
      item(number: $n) { number }
      shape(shape: $shape, more: $list)
    }"""
    await compare(schema, document, variables, context=Calls())


async def test_a_null_variable_for_a_non_null_argument_fails_its_field_alone() -> None:
    document = "query ($n: Int = 3) { item(number: $n) { number } items(first: 1) { number } }"
    answer = await compare(schema, document, {"n": None}, context=Calls())
    assert [path for path, _, _ in answer.errors] == [("item",)]


async def test_a_condition_that_is_null_is_delegated_to_graphql_core() -> None:
    document = "query ($a: Boolean = true) { items { number @include(if: $a) } }"
    await compare(schema, document, {"a": None}, context=Calls(), delegated=True)


async def test_mutations_run_one_after_the_other() -> None:
    document = """mutation { a: add(name: "slow", ticks: 9) { number friend { number } }
      b: add(name: "quick") { number } c: add(name: "last") { number } }"""
    context = Calls()
    assert (await compare(schema, document, context=context)).errors == ()
    assert context.mutations == ["slow", "quick", "last"]


async def test_no_mutation_follows_one_that_nulls_all_data() -> None:
    document = """mutation { a: add(name: "first") { number } fail b: add(name: "b") { number } }"""
    context = Calls()
    answer = await execute_by(schema, "levels", document, context=context)
    assert answer.data is None
    assert context.mutations == ["first", "fail"]


async def test_a_resolver_by_level_is_called_once_for_all_objects() -> None:
    context = Calls()
    await execute_by(
        schema, "levels", "{ items { friend { friend { number } } } }", context=context
    )
    assert context.levels == [("friends", 5), ("friends", 3)]


async def test_a_resolver_by_level_that_returns_too_few_values_fails_each_object() -> None:
    answer = await execute_by(schema, "levels", "{ items(first: 2) { tooFew } }", context=Calls())
    assert answer.data == {"items": [{"tooFew": None}, {"tooFew": None}]}
    assert [message for _, message, _ in answer.errors] == [
        "Item.tooFew returned 0 values for 2 objects"
    ] * 2


async def test_a_forbidden_field_is_not_resolved() -> None:
    context = Calls()
    document = "{ items(first: 2) { number friend { number } strictSquare } }"
    forbidden = {("Item", "friend"): "friends:read"}
    answer = await compare(schema, document, context=context, forbidden=forbidden)
    assert ("friends", 2) not in context.levels
    assert answer.errors != ()


async def test_introspection_is_delegated_to_graphql_core() -> None:
    for document in (
        "{ items { number } __schema { types { name } } }",
        '{ ...F } fragment F on Query { __type(name: "Item") { name } }',
    ):
        await compare(schema, document, delegated=True)
