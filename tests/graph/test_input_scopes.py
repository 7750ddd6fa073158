"""Every input that needs a scope is refused without it, however it is used.

The inputs and their scopes are read from the printed schema.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    ast_from_value,
    get_named_type,
    get_nullable_type,
    print_ast,
)

from auth.oauth_scopes import READ_SCOPES, OAuthScope
from tests.graph.client import BOUNDLESS, Answer, Client, serve
from tests.graph.scoped_inputs import USES, Use, scopes_on
from tests.graph.varied import varied
from tests.graph.walk import SCHEMA, Lesson


@dataclass(frozen=True)
class Dataset:
    client: Client
    lesson: Lesson

    async def ask(self, document: str, variables: Mapping[str, Any], without: str = "") -> Answer:
        granted = READ_SCOPES - {OAuthScope(without)} if without else READ_SCOPES
        return await self.client.query(document, variables, granted=granted)


@pytest.fixture(scope="module")
async def dataset(shared_database_url: str) -> AsyncIterator[Dataset]:
    book = varied()
    async with serve(shared_database_url, limits=BOUNDLESS) as client:
        await client.fill(book.book)
        yield Dataset(client, book.lesson | {"after": ["-"], "before": ["-"]})


def value_of(use: Use, lesson: Lesson) -> Any:
    """A value of the argument in which the input is used."""
    path = ".".join(use.path)
    variant = next(each for each in lesson.variants(use.place) if each.path.startswith(path))
    return variant.arguments[use.path[0]]


def within(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


def kind_at(use: Use) -> GraphQLInputType:
    """The type of the innermost input."""
    name, *rest = use.path
    kind = use.place.field.args[name].type
    for field in rest:
        named = get_named_type(kind)
        assert isinstance(named, GraphQLInputObjectType)
        kind = named.fields[field].type
    return kind


def document(use: Use, argument: str, head: str = "") -> str:
    """A query with the argument as it is written there, and a field beside it."""
    target = use.place.target
    asked = "totalCount" if use.place.is_connection else "__typename"
    selection = f" {{ {asked} }}" if target is not None else ""
    field = f"beside: __typename a: {use.place.name}({argument}){selection}"
    for name in reversed(use.place.way):
        field = f"{name} {{ {field} }}"
    return f"query {head} {{ {field} }}"


def written(value: Any, kind: GraphQLInputType) -> str:
    nullable: Any = get_nullable_type(kind)
    node = ast_from_value(value, nullable)
    assert node is not None
    return print_ast(node)


def nested(path: tuple[str, ...], text: str) -> str:
    """The innermost input as it is written there, within literals."""
    name, *rest = path
    return f"{name}: {{{nested(tuple(rest), text)}}}" if rest else f"{name}: {text}"


def ways_to_use(use: Use, lesson: Lesson) -> dict[str, tuple[str, dict[str, Any]]]:
    name = use.path[0]
    kind = use.place.field.args[name].type
    whole = value_of(use, lesson)
    inner, inner_kind = within(whole, use.path[1:]), kind_at(use)
    literal = written(whole, kind)
    ways = {
        "literal": (document(use, f"{name}: {literal}"), {}),
        "variable": (document(use, f"{name}: $v", f"($v: {kind})"), {"v": whole}),
        "default": (document(use, f"{name}: $v", f"($v: {kind} = {literal})"), {}),
    }
    place = nested(use.path, "$v")
    head = f"($v: {inner_kind})"
    ways["nested variable"] = document(use, place, head), {"v": inner}
    default = f"($v: {inner_kind} = {written(inner, inner_kind)})"
    ways["nested default"] = document(use, place, default), {}
    return ways


@pytest.mark.parametrize("use", USES, ids=str)
async def test_an_input_without_its_scope_makes_the_field_forbidden(
    use: Use, dataset: Dataset
) -> None:
    for way, (text, variables) in ways_to_use(use, dataset.lesson).items():
        answer = await dataset.ask(text, variables, use.scope)
        assert answer.errors, way
        for error in answer.errors:
            assert error["extensions"] == {"code": "FORBIDDEN", "scope": use.scope}, way
            assert error["path"][-1] == "a", way
        assert '"a":null' in answer.response.text, way
        assert '"beside":"' in answer.response.text, way
        allowed = await dataset.ask(text, variables)
        assert allowed.errors == [], way


@pytest.mark.parametrize("use", USES, ids=str)
async def test_a_field_that_does_not_use_the_input_is_answered_as_ever(
    use: Use, dataset: Dataset
) -> None:
    name = use.path[0]
    kind = use.place.field.args[name].type
    head = f"($v: {kind_at(use)})"
    empty: Any = None
    for field in reversed(use.path[1:]):
        empty = {field: empty}
    unused: list[tuple[str, dict[str, Any]]] = [
        (document(use, nested(use.path, "null")), {}),
        (document(use, nested(use.path, "$v"), head), {}),
        (document(use, nested(use.path, "$v"), head), {"v": None}),
        (document(use, f"{name}: $v", f"($v: {kind})"), {}),
        (document(use, f"{name}: $v", f"($v: {kind})"), {"v": None}),
        (document(use, f"{name}: $v", f"($v: {kind})"), {"v": empty}),
        (
            document(use, f"{name}: $v", f"($v: {kind} = {written(empty, kind)})")
            if empty
            else document(use, f"{name}: null"),
            {},
        ),
    ]
    for text, variables in unused:
        answer = await dataset.ask(text, variables, use.scope)
        assert answer.errors == []
        whole = await dataset.ask(text, variables)
        assert answer.response.content == whole.response.content


async def test_of_two_aliases_only_the_one_with_the_input_is_forbidden(dataset: Dataset) -> None:
    text = """query ($filter: OrderFilter) {
      with: orders(filter: {customer: "K-30000"}) { totalCount }
      without: orders(filter: {status: IN_PROGRESS}) { totalCount }
      variable: orders(filter: $filter) { totalCount }
    }"""
    answer = await dataset.ask(text, {"filter": {"hasContract": True}}, "customers:read")
    assert answer.json["data"]["with"] is None
    assert answer.json["data"]["without"] == {"totalCount": 3}
    assert answer.json["data"]["variable"] == {"totalCount": 4}
    assert [error["path"] for error in answer.errors] == [["with"]]


def test_every_input_with_a_scope_is_used() -> None:
    printed = {
        (kind.name, name)
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLInputObjectType)
        for name, field in kind.fields.items()
        if scopes_on(field)
    }
    assert printed
    owners = {(use.place.field.args[use.path[0]].type, use.path[-1]) for use in USES}
    assert printed == {(get_named_type(kind).name, name) for kind, name in owners}
