"""Breadth-first execution equals graphql-core: variables, defaults and input objects.

Resolvers return a text of their arguments, so the results show them.
"""

from datetime import date
from enum import Enum
from typing import Any

import pytest
import strawberry
from strawberry import UNSET

from execution.resolving import by_level
from tests.execution.differential import compare


class Size(Enum):
    SMALL = "s"
    LARGE = None


@strawberry.input
class Inner:
    number: int
    size: Size = Size.SMALL
    tags: list[str] = strawberry.field(default_factory=lambda: ["none"])


@strawberry.input
class Outer:
    name: str | None = UNSET
    day: date | None = None
    inner: Inner | None = None
    inners: list[Inner | None] | None = UNSET
    matrix: list[list[int]] | None = UNSET
    renamed: int | None = strawberry.field(default=7, name="otherwise")


@strawberry.input(one_of=True)
class Either:
    name: str | None = UNSET
    number: int | None = UNSET
    inner: Inner | None = UNSET


def _by_level(parents: list[Any], context: Any, outer: Outer | None = None) -> list[str]:
    return [f"{outer}" for _ in parents]


@strawberry.type
class Query:
    @strawberry.field
    def outer(self, outer: Outer) -> str:
        return f"{outer}"

    @strawberry.field
    def of_each(self, info: strawberry.Info, outer: Outer | None = UNSET) -> str:
        return f"{outer}"

    at_level: str = strawberry.field(resolver=by_level(_by_level))

    @strawberry.field
    def either(self, either: Either) -> str:
        return f"{either}"

    @strawberry.field
    def numbers(
        self,
        open: list[int | None] | None = UNSET,  # noqa: A002
        strict: list[int] | None = None,
        deep: list[list[int]] | None = None,
    ) -> str:
        return f"{open} {strict} {deep}"

    @strawberry.field
    def leaves(
        self,
        *,
        number: int = 1,
        share: float | None = None,
        flag: bool = False,
        key: strawberry.ID | None = UNSET,
        size: Size | None = Size.SMALL,
        day: date | None = None,
    ) -> str:
        return f"{number!r} {share!r} {flag!r} {key!r} {size!r} {day!r}"

    @strawberry.field
    def changed(self, inner: Inner) -> list[str]:
        inner.tags.append("changed")
        return inner.tags


schema = strawberry.Schema(Query)


@pytest.mark.parametrize(
    "arguments",
    [
        "outer: {}",
        'outer: {name: "a", inner: {number: 1}}',
        "outer: {name: null, inner: null, inners: null}",
        "outer: {inners: {number: 1}, matrix: 5}",
        'outer: {inners: [{number: 1, size: LARGE, tags: "t"}, null], matrix: [[1], 2]}',
        'outer: {day: "2026-03-01", otherwise: null}',
    ],
)
async def test_input_objects_in_the_document_are_equal(arguments: str) -> None:
    for field in ("outer", "ofEach", "atLevel"):
        await compare(schema, f"{{ {field}({arguments}) again: {field}({arguments}) }}")


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"o": {}},
        {"o": None},
        {"o": {"name": "b", "inner": {"number": 2, "size": "LARGE"}}},
        {"o": {"inners": {"number": 3, "tags": None}}},
        {"o": {"inners": [{"number": 3}, None], "matrix": [[1], []]}},
        {"o": {"inners": [{"number": "x", "size": "XL"}, {"numbers": 1}]}},
        {"o": {"matrix": [[1, None]]}},
        {"o": {"matrix": 1}},
        {"o": {"unknown": 1, "otherwise": 2**31}},
        {"o": {"day": "2026-02-30"}},
        {"o": [{"name": "a list"}]},
        {"o": "text"},
        {"o": {"name": 5}},
        {"n": "c", "o": {"name": "d"}},
        {"n": None, "i": {"number": 4}},
        {"i": None, "unknown": 1},
    ],
)
async def test_input_objects_in_variables_are_equal(variables: dict[str, Any]) -> None:
    document = """query (
      $o: Outer, $strict: Outer! = {name: "by default", inner: {number: 9}}, $n: String, $i: Inner
    ) {
      outer(outer: $strict)
      ofEach(outer: $o)
      atLevel(outer: $o)
      parts: outer(outer: {name: $n, inner: $i, inners: [$i, {number: 1}]})
      level: atLevel(outer: {name: $n, inners: [$i]})
    }"""
    await compare(schema, document, variables)


@pytest.mark.parametrize("name", ["e", "strict"])
@pytest.mark.parametrize(
    "either",
    [
        {"name": "a"},
        {"number": 1},
        {"inner": {"number": 1}},
        {"name": None},
        {"name": "a", "number": None},
        {"name": "a", "number": 1},
        {"inner": {"size": "SMALL"}},
        {},
        None,
        "name",
    ],
)
async def test_one_of_inputs_are_equal(name: str, either: Any) -> None:
    document = """query ($strict: Either!, $e: Either! = {number: 3}) {
      either(either: $strict) default: either(either: $e)
      written: either(either: {name: "here"})
    }"""
    await compare(schema, document, {"strict": {"number": 1}, name: either})


@pytest.mark.parametrize("name", [{"n": "a"}, {"n": None}, {}])
async def test_a_variable_within_a_one_of_input_is_equal(name: dict[str, Any]) -> None:
    document = "query ($n: String!) { either(either: {name: $n}) ok: numbers }"
    await compare(schema, document, name)


@pytest.mark.parametrize("value", [None, [], [None], [1, None], [1, 2], 3, "x", [[1]], True, 1.0])
async def test_lists_are_equal(value: Any) -> None:
    document = """query ($open: [Int], $default: [Int!] = [4, 5], $deep: [[Int!]!], $one: Int) {
      numbers(open: $open, strict: $default)
      deep: numbers(deep: $deep)
      within: numbers(open: [1, $one, null], strict: 6, deep: [[7], 8])
    }"""
    for name in ("open", "default", "deep", "one"):
        await compare(schema, document, {name: value})


LEAVES: list[Any] = [
    None,
    0,
    1,
    -(2**31),
    2**31,
    1.0,
    1.5,
    "1",
    "",
    True,
    [],
    {},
    "SMALL",
    "LARGE",
    "s",
]


@pytest.mark.parametrize("value", [*LEAVES, "2026-03-01", "2026-13-01", 1e400])
async def test_leaves_are_equal(value: Any) -> None:
    for variable, argument in [
        ("$v: Int! = 5", "number"),
        ("$v: Int = 5", "number"),
        ("$v: Float", "share"),
        ("$v: Boolean! = true", "flag"),
        ("$v: ID", "key"),
        ("$v: Size = LARGE", "size"),
        ("$v: Date", "day"),
    ]:
        document = f"query ({variable}) {{ leaves({argument}: $v) other: leaves }}"
        await compare(schema, document, {"v": value})
        await compare(schema, document)


@pytest.mark.parametrize(
    "arguments",
    ["", "(number: 2)", "(share: 1)", "(key: 12)", "(size: LARGE)", "(size: null, key: null)"],
)
async def test_leaves_in_the_document_are_equal(arguments: str) -> None:
    await compare(schema, f"{{ leaves{arguments} }}")


async def test_a_resolver_cannot_change_the_arguments_of_another() -> None:
    document = """query ($i: Inner!, $d: Inner! = {number: 1}) {
      a: changed(inner: $i) b: changed(inner: $i) c: changed(inner: {number: 1, tags: ["t"]})
      d: changed(inner: {number: 1, tags: ["t"]}) e: changed(inner: $d) f: changed(inner: $d)
    }"""
    answer = await compare(schema, document, {"i": {"number": 1, "tags": ["v"]}})
    assert answer.errors == ()


async def test_all_wrong_variables_are_reported() -> None:
    document = """query ($a: Int!, $b: Outer!, $d: Boolean!) {
      leaves(number: $a) @include(if: $d) outer(outer: $b) other: leaves(size: LARGE)
      ...Used @skip(if: $d)
    }
    fragment Used on Query { more: leaves(flag: $d) }"""
    variables = {"b": {"inner": {"number": None}, "name": []}, "d": "yes"}
    answer = await compare(schema, document, variables)
    assert answer.data is None
    assert len(answer.errors) > 3
