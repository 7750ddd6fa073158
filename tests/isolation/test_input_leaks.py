"""No input tells a value that the outputs hide.

For each scope in turn, two partners' order books that differ only in the data of that scope are
asked by a credential that lacks it: every field, with every argument and with the values of both
books. The answers must have the same bytes.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

import schema
from auth.oauth_scopes import READ_SCOPES, OAuthScope
from execution.input_permissions import Needs
from tests.graph.client import BOUNDLESS, Answer, Client, serve
from tests.graph.scoped_inputs import USES
from tests.graph.walk import Lesson, Place, Question, outline, places, questions
from tests.isolation.actors import one_cache
from tests.isolation.scoped_worlds import taught, world
from tests.support.databases import Databases, Engine

pytestmark = pytest.mark.long


def _some(every: Iterable[Place]) -> Iterator[Place]:
    """All places but those of lists that several others lead to: the same input is asked there."""
    seen: Counter[str] = Counter()
    for place in every:
        if place.is_connection and place.target is not None:
            seen[place.target.name] += 1
            if seen[place.target.name] > MOST_PLACES:
                continue
        yield place


MOST_PLACES = 3
"""Of lists of one type. No scope forbids all of them."""
PLACES = [*_some(place for place in places() if place.field.args)]
ROOTS = [place for place in PLACES if place.parent == "Query"]
SCOPES = sorted(READ_SCOPES)


@dataclass(frozen=True)
class World:
    """An application over one of the books."""

    client: Client

    async def ask(self, question: Question, without: OAuthScope) -> Answer:
        answer = await self.client.query(
            question.document, question.variables, granted=READ_SCOPES - {without}
        )
        assert set(answer.codes) <= {"FORBIDDEN", "LIMIT_EXCEEDED"}, str(question.place)
        return answer


@asynccontextmanager
async def opened(
    databases: Databases, engine: Engine, scope: OAuthScope | None
) -> AsyncIterator[World]:
    with databases.empty(engine) as url:
        async with serve(url, limits=BOUNDLESS) as client:
            await client.fill(world(scope))
            yield World(client)


@pytest.fixture(scope="module", autouse=True)
def _one_cache() -> Iterator[None]:
    with one_cache():
        yield


@pytest.fixture(scope="module")
async def base(databases: Databases, engine: Engine) -> AsyncIterator[World]:
    async with opened(databases, engine, None) as base:
        yield base


@pytest.mark.parametrize("scope", SCOPES)
async def test_no_input_tells_what_the_outputs_hide(
    scope: OAuthScope, base: World, databases: Databases, engine: Engine
) -> None:
    found = await leaks(PLACES, base, scope, databases, engine)
    assert sorted(found) == []


@pytest.mark.parametrize("scope", sorted({OAuthScope(use.scope) for use in USES}))
async def test_the_walk_finds_a_leak_at_every_input_if_inputs_need_no_scopes(
    scope: OAuthScope,
    databases: Databases,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs = schema.needs

    def of_fields_alone(built: Any) -> Needs:
        types = built._schema.type_map
        return {
            place: scopes
            for place, scopes in needs(built).items()
            if len(place) == 2 and hasattr(types[place[0]], "interfaces")
        }

    monkeypatch.setattr(schema, "needs", of_fields_alone)
    async with opened(databases, engine, None) as base:
        found = await leaks(ROOTS, base, scope, databases, engine)
    expected = {
        f"{use.place}.{'.'.join(use.path)}"
        for use in USES
        if use.scope == scope and use.place.parent == "Query"
    }
    assert expected <= found


async def leaks(
    asked_places: Sequence[Place],
    base: World,
    scope: OAuthScope,
    databases: Databases,
    engine: Engine,
) -> set[str]:
    """The inputs whose use has another answer if only the data of the scope differs."""
    lesson = Lesson(taught(world(), world(scope)), "tests/isolation/scoped_worlds.py")
    async with opened(databases, engine, scope) as other:
        found: set[str] = set()
        for place in asked_places:
            for question in await asked(place, lesson, base, scope):
                answers = [await each.ask(question, scope) for each in (base, other)]
                if answers[0].response.content != answers[1].response.content:
                    found |= differing(question, *answers)
        return found


async def asked(place: Place, lesson: Lesson, base: World, scope: OAuthScope) -> list[Question]:
    if place.is_connection:
        cursors = await shown_cursors(place, lesson, base, scope)
        lesson = lesson | {"after": cursors, "before": cursors}
    plain, *variants = lesson.variants(place)
    selection = None if place.target is None else outline(place.target)
    return [
        *questions(place, [plain], lesson),
        *questions(place, variants, lesson, selection),
    ]


async def shown_cursors(place: Place, lesson: Lesson, base: World, scope: OAuthScope) -> list[str]:
    """Some cursor of the list, if the credential reads it."""
    [question] = questions(place, [lesson.plain(place)], lesson, "nodes: edges { cursor }")
    data: Mapping[str, Any] = (await base.ask(question, scope)).json["data"]
    [(_, lists)] = question.found(data)
    return [edge["cursor"] for edges in lists for edge in edges][:2] or ["-"]


def differing(question: Question, one: Answer, other: Answer) -> set[str]:
    """The inputs of the question whose answers differ."""
    told = [[*question.found(answer.json["data"])] for answer in (one, other)]
    paths = {
        f"{question.place}.{variant.path}"
        for (variant, values), (_, others) in zip(*told, strict=True)
        if values != others
    }
    return paths or {f"{question.place} (counts or errors)"}
