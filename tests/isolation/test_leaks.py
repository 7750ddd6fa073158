"""Nobody is told anything of a tenant whom they may not see, not even that there is one.

The whole schema is asked, from its printed form, so that a new field is covered on the day it is
added: every field and argument, with the numbers, ids, references and cursors of other tenants.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from db.scope import Scope
from db.session import Database
from tests.databases import Databases, Engine
from tests.graph.client import BOUNDLESS, Client, serve
from tests.graph.partners import Partners
from tests.graph.walk import PLAIN, Lesson, Question
from tests.isolation import walking, worlds
from tests.isolation.walking import Told
from tests.isolation.worlds import SEEN, documents_of

# Somebody else, and a part of a partner: they are asked everything, the others what is short.
COMPARED = ("stranger", "nested")
# What is the same for everybody: the catalogue, the guide, what things are called, who is asking.
COMMON = {
    "BusinessCaseCount.label",
    "PhaseCount.label",
    "ProcessingTime.product",
    "Product.description",
    "Product.documents",
    "Product.familyLabel",
    "ProductConnection.edges",
    "ProductConnection.nodes",
    "ProductConnection.pageInfo",
    "ProductEdge.node",
    "Query.product",
    "Query.products",
    "Query.statusGuide",
    "Query.viewer",
    "StatusCount.label",
    "StatusGuide.phases",
    "Viewer.tenant",
}
# Columns whose values no answer holds, beside the keys.
HIDDEN = {"PortalUser.created_at", "Site.created_at"}
KEYS = re.compile(r"(.+_)?id|search_text")


@dataclass(frozen=True)
class World:
    """A client over an order book, and what each tenant's rows there say."""

    client: Client
    numbers: Mapping[str, str]
    """Of the tenants, by what `Partners` calls them."""
    markers: Mapping[str, Mapping[str, worlds.Column]]

    def marked(self, names: Sequence[str]) -> dict[str, worlds.Column]:
        return {text: column for name in names for text, column in self.markers[name].items()}


@asynccontextmanager
async def _world(databases: Databases, engine: Engine, partners: Partners) -> AsyncIterator[World]:
    tenants = {name: documents_of(partners, name).tenant for name in (*SEEN["partner"], "stranger")}
    rows = partners.book.rows
    markers = {name: worlds.markers(rows, [tenant.id]) for name, tenant in tenants.items()}
    numbers = {name: tenant.number for name, tenant in tenants.items()}
    with databases.empty(engine) as url:
        async with serve(url, limits=BOUNDLESS) as client:
            await client.fill(partners.book)
            yield World(client, numbers, markers)


@pytest.fixture(scope="module")
async def everybody(databases: Databases, engine: Engine) -> AsyncIterator[World]:
    async with _world(databases, engine, worlds.everybody()) as world:
        yield world


@pytest.fixture(scope="module")
async def questions(everybody: World) -> list[Question]:
    """All that can be asked, with something of every tenant."""
    lesson = Lesson(worlds.taught(worlds.everybody()))
    tenants = [everybody.numbers[name] for name in ("partner", "stranger")]
    return await walking.questions(everybody.client, lesson, tenants)


@pytest.fixture(scope="module")
async def told(everybody: World, questions: list[Question]) -> dict[str, list[Told]]:
    """What each viewer is told in the world of everybody."""
    answers: dict[str, list[Told]] = {viewer: [] for viewer in SEEN}
    for question in questions:
        for viewer, heard in answers.items():
            if viewer in COMPARED or _is_short(question):
                number = everybody.numbers[viewer]
                heard.append(await walking.ask(everybody.client, question, number))
    return answers


@pytest.mark.parametrize("viewer", COMPARED)
async def test_an_answer_has_the_same_bytes_where_the_others_do_not_exist(
    viewer: str, told: dict[str, list[Told]], databases: Databases, engine: Engine
) -> None:
    async with _world(databases, engine, worlds.alone(viewer)) as world:
        number = world.numbers[viewer]
        alone = [await walking.ask(world.client, each.question, number) for each in told[viewer]]
    assert _differing(told[viewer], alone) == set()


@pytest.mark.parametrize("viewer", COMPARED)
async def test_a_mistake_about_something_of_others_has_the_same_answer_too(
    viewer: str, everybody: World, databases: Databases, engine: Engine
) -> None:
    given = await worlds.mistakes(everybody.client, everybody.numbers["sibling"])
    async with _world(databases, engine, worlds.alone(viewer)) as alone:
        for document, value in given:
            answers = [
                await world.client.query(document, {"it": value}, tenant=world.numbers[viewer])
                for world in (everybody, alone)
            ]
            assert answers[0].response.content == answers[1].response.content
            assert set(answers[0].codes) <= {"BAD_USER_INPUT", "LIMIT_EXCEEDED"}
            assert not answers[0].response.is_server_error


@pytest.mark.parametrize("viewer", SEEN)
async def test_an_answer_says_nothing_of_others(
    viewer: str, told: dict[str, list[Told]], everybody: World
) -> None:
    others = [name for name in everybody.markers if name not in SEEN[viewer]]
    secrets = everybody.marked(others).keys() - everybody.marked(SEEN[viewer]).keys()
    assert len(secrets) > 100
    leaks = {each.place: said for each in told[viewer] if (said := each.says(secrets))}
    assert leaks == {}


@pytest.mark.parametrize("viewer", SEEN)
async def test_the_answers_say_everything_of_the_viewers_own_tenants(
    viewer: str, told: dict[str, list[Told]], everybody: World
) -> None:
    own = everybody.marked(SEEN[viewer])
    said = {marker for each in told[viewer] for marker in each.says(own)}
    unsaid = {
        f"{column}: {marker}"
        for marker, column in own.items()
        if marker not in said and str(column) not in HIDDEN and not KEYS.fullmatch(column.name)
    }
    assert unsaid == set()


@pytest.mark.parametrize("viewer", ["nested", "sibling"])
async def test_a_sub_tenant_is_at_the_top_of_all_that_it_sees(
    viewer: str, everybody: World
) -> None:
    number = everybody.numbers[viewer]
    answer = await everybody.client.query(
        "query ($number: String!) { viewer { tenant { number parent { number } } } "
        "tenant(number: $number) { parent { number } } "
        "tenants { totalCount nodes { number parent { number } } } }",
        {"number": number},
        tenant=number,
    )
    assert answer.data == {
        "viewer": {"tenant": {"number": number, "parent": None}},
        "tenant": {"parent": None},
        "tenants": {"totalCount": 1, "nodes": [{"number": number, "parent": None}]},
    }


async def test_the_walk_finds_a_leak_at_every_field_if_a_session_forgets_its_scope(
    told: dict[str, list[Told]], everybody: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Database.read
    monkeypatch.setattr(Database, "read", lambda self, _scope: read(self, Scope.carrier()))
    scoped = [each for each in told["nested"] if _is_short(each.question)]
    number = everybody.numbers["nested"]
    unscoped = [await walking.ask(everybody.client, each.question, number) for each in scoped]
    unnoticed = {each.place for each in scoped} - _differing(scoped, unscoped)
    assert unnoticed == COMMON


def _is_short(question: Question) -> bool:
    """At the root everything is asked, since only there something must be named."""
    return question.place.parent == "Query" or question.variants[0].path == PLAIN


def _differing(told: Sequence[Told], expected: Sequence[Told]) -> set[str]:
    """The fields that were answered otherwise."""
    pairs = zip(told, expected, strict=True)
    return {one.place for one, other in pairs if one.answer != other.answer}
