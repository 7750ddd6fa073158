"""Breadth-first execution equals graphql-core: values, nulls, errors, fragments, conditions."""

from typing import Any

import pytest

from execution.permissions import Forbidden
from tests.execution.differential import compare, execute_by
from tests.execution.items import Calls, schema


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
    forbidden = Forbidden(fields={("Item", "friend"): "friends:read"})
    answer = await compare(schema, document, context=context, forbidden=forbidden)
    assert ("friends", 2) not in context.levels
    assert answer.errors != ()


async def test_introspection_is_delegated_to_graphql_core() -> None:
    for document in (
        "{ items { number } __schema { types { name } } }",
        '{ ...F } fragment F on Query { __type(name: "Item") { name } }',
    ):
        await compare(schema, document, delegated=True)
