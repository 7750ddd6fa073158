"""Breadth-first execution equals graphql-core: order of mutations, merged fragments, failures."""

import asyncio
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import pytest
import strawberry

from execution.documents import DocumentCache
from execution.errors import ApiError
from execution.executor import create_executor
from execution.limits import Limits
from execution.permissions import NOTHING_FORBIDDEN
from tests.execution.differential import compare, execute_by


class ResolverError(Exception):
    """Raised by resolvers."""


@dataclass
class Till:
    """The context: a counter that mutations change, and the resolvers' actions in order."""

    total: int = 0
    done: list[str] = field(default_factory=list)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    def __deepcopy__(self, memo: Any) -> "Till":
        return Till(self.total, list(self.done))


Info = strawberry.Info[Till, None]


@strawberry.type
class Receipt:
    till: strawberry.Private[Till]
    number: int

    @strawberry.field
    def total(self) -> int:
        self.till.done.append(f"total of {self.number}")
        return self.till.total

    @strawberry.field
    async def total_later(self) -> int:
        await asyncio.sleep(0)
        self.till.done.append(f"total of {self.number}, later")
        return self.till.total

    @strawberry.field
    def torn(self) -> int:
        raise ResolverError(f"receipt {self.number} is torn")

    @strawberry.field
    async def maybe_torn(self) -> int | None:
        raise ResolverError(f"receipt {self.number} is torn, perhaps")

    @strawberry.field
    def copy(self, number: int | None = None) -> "Receipt | None":
        return Receipt(till=self.till, number=self.number if number is None else number)


def _booked(info: Info, amount: int) -> Receipt:
    till = info.context
    till.total += amount
    till.done.append(f"booked {amount}")
    if amount == 13:
        raise ResolverError("not 13")
    return Receipt(till=till, number=amount)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def book(self, info: Info, amount: int) -> Receipt | None:
        return _booked(info, amount)

    @strawberry.mutation
    async def book_later(self, info: Info, amount: int) -> Receipt | None:
        for _ in range(3):
            await asyncio.sleep(0)
        return _booked(info, amount)

    @strawberry.mutation
    def must_book(self, info: Info, amount: int) -> Receipt:
        return _booked(info, amount)


@strawberry.type
class Query:
    @strawberry.field
    def receipt(self, info: Info, number: int = 1) -> Receipt | None:
        return Receipt(till=info.context, number=number)

    @strawberry.field
    async def waiting(self, info: Info) -> int | None:
        try:
            await info.context.opened.wait()
        finally:
            info.context.done.append("waited")
        return 1


schema = strawberry.Schema(Query, Mutation)


async def in_series(document: str, variables: dict[str, Any] | None = None) -> list[str]:
    """The actions in order, asserted to be the same under both executors."""
    by_levels, by_core = Till(), Till()
    levels = await execute_by(schema, "levels", document, variables, context=by_levels)
    core = await execute_by(schema, "core", document, variables, context=by_core)
    assert levels.keys == core.keys
    assert sorted(map(repr, levels.errors)) == sorted(map(repr, core.errors))
    assert by_levels.total == by_core.total
    assert _bookings(by_levels) == _bookings(by_core)
    return by_levels.done


def _bookings(till: Till) -> list[str]:
    return [action for action in till.done if action.startswith("booked")]


@pytest.mark.parametrize("amounts", list(permutations((1, 13, 2))))
@pytest.mark.parametrize("ways", [("book", "bookLater", "book"), ("bookLater",) * 3])
async def test_a_mutation_that_fails_does_not_stop_the_next(
    ways: tuple[str, ...], amounts: tuple[int, ...]
) -> None:
    fields = "".join(
        f" a{amount}: {way}(amount: {amount}) {{ total totalLater }}"
        for way, amount in zip(ways, amounts, strict=True)
    )
    done = await in_series(f"mutation {{ {fields} }}")
    assert [action for action in done if action.startswith("booked")] == [
        f"booked {amount}" for amount in amounts
    ]


async def test_fields_below_a_mutation_are_resolved_before_the_next_mutation() -> None:
    done = await in_series(
        """mutation { a: book(amount: 1) { totalLater copy { totalLater } }
        b: book(amount: 2) { total } }"""
    )
    assert done == [
        "booked 1",
        "total of 1, later",
        "total of 1, later",
        "booked 2",
        "total of 2",
    ]


@pytest.mark.parametrize(
    "document",
    [
        "mutation { a: book(amount: 1) { torn total } b: book(amount: 2) { total } }",
        "mutation { a: bookLater(amount: 1) { maybeTorn } b: book(amount: 2) { total maybeTorn } }",
        (
            "mutation { a: book(amount: 1) { total } mustBook(amount: 13) { total } "
            "b: book(amount: 2) { total } }"
        ),
        "mutation { mustBook(amount: 1) { torn } b: book(amount: 2) { total } }",
        "mutation { mustBook(amount: 1) { copy { torn } } b: book(amount: 2) { total } }",
        (
            "mutation { ...B a: book(amount: 1) { total } ...B } fragment B on Mutation { "
            "b: bookLater(amount: 2) { total } a: book(amount: 1) { number } }"
        ),
    ],
)
async def test_mutations_with_failing_fields_below_are_equal(document: str) -> None:
    await in_series(document)


@pytest.mark.parametrize("skipped", [True, False])
async def test_an_excluded_mutation_is_not_executed(skipped: bool) -> None:
    document = """mutation ($s: Boolean!) {
      a: book(amount: 1) @skip(if: $s) { total }
      ... @include(if: $s) { b: book(amount: 2) { total } }
    }"""
    done = await in_series(document, {"s": skipped})
    assert done == (["booked 2", "total of 2"] if skipped else ["booked 1", "total of 1"])


@pytest.mark.parametrize(
    "document",
    [
        "{ receipt { total ...A number } } fragment A on Receipt { copy { number } total }",
        (
            "{ receipt { ...A ...B } ...C } fragment A on Receipt { x: number y: total } "
            "fragment B on Receipt { z: number x: number y: total } "
            "fragment C on Query { receipt { w: number } before: receipt { number } }"
        ),
        (
            "{ receipt { copy { ...A } ... { copy { total ...A } } copy { z: total } } } "
            "fragment A on Receipt { number copy { number copy { total } } copy { total } }"
        ),
        (
            "{ ... on Query { receipt { number } } b: receipt(number: 2) { ...A } } "
            "fragment A on Receipt { copy(number: 3) { ...B } } "
            "fragment B on Receipt { number total }"
        ),
        "{ a: __typename receipt { a: __typename ... on Receipt { b: __typename } } }",
        "query Named { receipt { number } }",
        "{ receipt { torn copy { torn } } other: receipt { maybeTorn copy { torn maybeTorn } } }",
    ],
)
async def test_merged_fragments_are_equal(document: str) -> None:
    await compare(schema, document, context=Till(), ordered=False)


@pytest.mark.parametrize("a", [True, False])
@pytest.mark.parametrize("b", [True, False])
async def test_merged_fragments_with_conditions_are_equal(a: bool, b: bool) -> None:
    document = """query ($a: Boolean!, $b: Boolean!) {
      ...A @skip(if: $b) receipt @include(if: $a) { total ...B @skip(if: $a) } ...A
      ... @skip(if: $a) @include(if: $b) { last: receipt { number } receipt { y: number } }
    }
    fragment A on Query { receipt { x: number @skip(if: $a) ...B } first: __typename }
    fragment B on Receipt { copy @include(if: $b) { number } copy { total } }"""
    await compare(schema, document, {"a": a, "b": b}, context=Till())


async def test_an_operation_is_chosen_by_its_name() -> None:
    prepared = DocumentCache(schema, Limits()).get(
        "query A { receipt { number } } mutation B { book(amount: 1) { number } }"
    )
    execute = create_executor(schema, Limits(), "levels")
    for name, data in [
        ("A", {"receipt": {"number": 1}}),
        ("B", {"book": {"number": 1}}),
    ]:
        result = await execute(prepared.operation(name), {}, Till(), NOTHING_FORBIDDEN)
        assert result.data == data
    for unknown in ("C", "", None):
        with pytest.raises(ApiError):
            prepared.operation(unknown)


async def test_a_plan_is_used_again_for_other_variables() -> None:
    prepared = DocumentCache(schema, Limits()).get(
        """query ($n: Int = 1, $s: Boolean!) {
          receipt(number: $n) { number @skip(if: $s) copy(number: $n) { number } } }"""
    )
    execute = create_executor(schema, Limits(), "levels")
    answers = [
        (await execute(prepared.operation(None), variables, Till(), NOTHING_FORBIDDEN)).data
        for variables in ({"n": 5, "s": True}, {"s": False}, {"n": 6, "s": False}, {"s": True})
    ]
    assert answers == [
        {"receipt": {"copy": {"number": 5}}},
        {"receipt": {"number": 1, "copy": {"number": 1}}},
        {"receipt": {"number": 6, "copy": {"number": 6}}},
        {"receipt": {"copy": {"number": 1}}},
    ]


async def test_a_failed_field_waits_for_its_siblings() -> None:
    till = Till()
    document = "{ receipt { torn } a: waiting b: waiting }"
    answer = asyncio.ensure_future(execute_by(schema, "levels", document, context=till))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not answer.done()
    till.opened.set()
    assert (await answer).data == {"receipt": None, "a": 1, "b": 1}
    assert till.done == ["waited", "waited"]


@pytest.mark.parametrize("document", ["{ waiting }", "{ a: waiting b: waiting receipt { total } }"])
async def test_an_operation_that_is_cancelled_leaves_nothing_behind(document: str) -> None:
    till = Till()
    before = asyncio.all_tasks()
    answer = asyncio.ensure_future(execute_by(schema, "levels", document, context=till))
    for _ in range(5):
        await asyncio.sleep(0)
    answer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answer
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    assert till.done.count("waited") == document.count("waiting")
