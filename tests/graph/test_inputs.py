"""Every argument and every field of an input makes a difference.

They are taken from the printed schema. One that is ignored changes no answer, so its test fails; so
does that of one for which `varied` has no value.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
)

import schema.inputs
from db.conditions import EVERYTHING
from tests.graph.client import BOUNDLESS, Client, serve
from tests.graph.varied import varied
from tests.graph.walk import PLAIN, Lesson, Place, Variant, outline, places, questions

PLACES = [place for place in places() if place.field.args]


@dataclass(frozen=True)
class Dataset:
    client: Client
    lesson: Lesson


@pytest.fixture(scope="module")
async def dataset(shared_database_url: str) -> AsyncIterator[Dataset]:
    book = varied()
    async with serve(shared_database_url, limits=BOUNDLESS) as client:
        await client.fill(book.book)
        yield Dataset(client, book.lesson)


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_every_input_changes_the_answer(place: Place, dataset: Dataset) -> None:
    assert await ignored(dataset.client, place, dataset.lesson) == set()


async def test_a_condition_that_is_ignored_is_noticed(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any) -> Any:
        return EVERYTHING

    monkeypatch.setattr(schema.inputs, "where_all", nothing)
    [orders] = [place for place in PLACES if str(place) == "Query.orders"]
    kind = get_named_type(orders.field.args["filter"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    unnoticed = {f"filter.{name}" for name in kind.fields}
    found = await ignored(dataset.client, orders, dataset.lesson)
    assert {".".join(path.split(".")[:2]) for path in found} == unnoticed


async def ignored(client: Client, place: Place, lesson: Lesson) -> set[str]:
    """The paths of inputs that make no difference."""
    if place.is_connection:
        lesson = lesson | await cursors(client, place, lesson)
    plain, *variants = lesson.variants(place)
    choices = [variant for variant in variants if is_choice(place, variant.path)]
    others = [variant for variant in variants if variant not in choices]
    answers = await asked(client, place, [plain, *others], lesson)
    unchanged = [variant.path for variant in others if answers[id(variant)] == answers[id(plain)]]
    # Below other objects, a condition may hold for all rows or for none.
    every = {variant.path for variant in others}
    missing = {
        path
        for path in every
        if unchanged.count(path) == sum(variant.path == path for variant in others)
        or (place.parent == "Query" and path in unchanged)
    }
    for path, values in choices_of(place, lesson, choices).items():
        told = await asked(client, place, values, lesson)
        shown = [told[id(value)] for value in values]
        if len(values) < 2 or any(shown.count(each) > 1 for each in shown):
            missing.add(path)
    return missing


def is_choice(place: Place, path: str) -> bool:
    """Whether leaving it out is the same as one of its values, or is impossible."""
    argument = place.field.args[path.split(".", maxsplit=1)[0]]
    kind = get_nullable_type(argument.type)
    return is_required_argument(argument) or isinstance(kind, GraphQLEnumType) or is_sort(kind)


def is_sort(kind: Any) -> bool:
    return isinstance(kind, GraphQLInputObjectType) and {*kind.fields} == {"field", "direction"}


def choices_of(
    place: Place, lesson: Lesson, variants: Sequence[Variant]
) -> dict[str, list[Variant]]:
    """Values of each such argument. No two of them may have the same answer."""
    choices: dict[str, list[Variant]] = {}
    for variant in variants:
        name = variant.path.split(".")[0]
        choices.setdefault(name, []).append(variant)
    for name, values in choices.items():
        kind: Any = get_nullable_type(place.field.args[name].type)
        if is_sort(kind):
            fields = [get_named_type(field.type) for field in kind.fields.values()]
            members = product(*(field.values for field in fields))
            sorts = [dict(zip(kind.fields, pair, strict=True)) for pair in members]
            choices[name] = [Variant(name, {name: sort}) for sort in sorts]
        elif is_list_type(kind):
            [value] = values
            fewer = {**value.arguments, name: value.arguments[name][1:]}
            choices[name] = [value, Variant(name, fewer)]
    return choices


async def asked(
    client: Client, place: Place, variants: Sequence[Variant], lesson: Lesson
) -> dict[int, Any]:
    """The answer to each variant, by its identity."""
    told: dict[int, Any] = {}
    selection = outline(place.target) if place.target is not None else None
    for question in questions(place, variants, lesson, selection):
        answer = await client.query(question.document, question.variables)
        for variant, values in question.found(answer.data):
            assert any(values) or variant.path != PLAIN, f"{place} has nothing to show"
            told[id(variant)] = values
    return told


async def cursors(client: Client, place: Place, lesson: Lesson) -> dict[str, list[str]]:
    """A cursor within a list of the field, which has rows before it and after it."""
    [question] = questions(place, [lesson.plain(place)], lesson, "nodes: edges { cursor }")
    answer = await client.query(question.document, question.variables)
    [(_, lists)] = question.found(answer.data)
    longest = max(lists, key=len)
    return {"after": [longest[0]["cursor"]], "before": [longest[-1]["cursor"]]}
