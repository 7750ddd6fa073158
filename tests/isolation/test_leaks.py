"""Nobody is told anything of others whom they may not see, not even that there is somebody.

The whole schema is asked, from its printed form, so that a new field is covered on the day it is
added: every field and argument, with the numbers, ids, references and cursors of others. It is
asked from each of the seats (`seats.SEATS`), so a new kind of credential is covered by a line.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.graph.client import serve
from tests.graph.walk import PLAIN, Lesson, Question
from tests.isolation import walking, worlds
from tests.isolation.actors import ACTORS, Actor, Asking, believed, believing, one_cache
from tests.isolation.walking import Told
from tests.isolation.worlds import Everybody
from tests.support.databases import Databases, Engine

pytestmark = pytest.mark.long

COMPARED = [seat for seat in ACTORS if seat.compared]
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
    "Viewer.customer",
    "Viewer.tenant",
}
# What is seen of a tenant without sub-tenants is the same for the tenant and for its customer.
OF_THE_TENANT = {
    "Query.tenant",
    "Query.tenants",
    "Tenant.children",
    "Tenant.parent",
    "TenantConnection.edges",
    "TenantConnection.nodes",
    "TenantConnection.pageInfo",
    "TenantEdge.node",
}
# Columns whose values no answer holds, beside the keys.
HIDDEN = {"PortalUser.created_at", "PortalSubject.subject", "Site.created_at"}
KEYS = re.compile(r"(.+_)?id|search_.+")
World = Mapping[str, Asking]
"""Who asks, by the name of the seat."""


@asynccontextmanager
async def _world(databases: Databases, engine: Engine, people: Everybody) -> AsyncIterator[World]:
    """The application over what these own, and everybody's place in it."""
    with databases.empty(engine) as url:
        async with believed() as provider, serve(url, **believing(provider)) as client:
            await client.fill(people.book)
            yield {seat.name: Asking(client, people, seat, provider) for seat in ACTORS}


@pytest.fixture(scope="module", autouse=True)
def _one_cache() -> Iterator[None]:
    with one_cache():
        yield


@pytest.fixture(scope="module")
async def everybody(databases: Databases, engine: Engine) -> AsyncIterator[World]:
    async with _world(databases, engine, worlds.everybody()) as world:
        yield world


@pytest.fixture(scope="module")
async def questions(everybody: World) -> list[Question]:
    """All that can be asked, with something of everybody."""
    lesson = Lesson(worlds.taught(worlds.everybody()), "tests/isolation/worlds.py")
    shown = [everybody[name] for name in ("partner by key", "stranger by token")]
    return await walking.questions(lesson, shown)


class Answers:
    """What is told to each seat in the world of everybody; asked when it is first wanted."""

    def __init__(self, everybody: World, questions: Sequence[Question]) -> None:
        self._everybody = everybody
        self._questions = questions
        self._told: dict[str, list[Told]] = {}

    async def to(self, seat: Actor) -> list[Told]:
        if seat.name not in self._told:
            self._told[seat.name] = [
                await walking.ask(self._everybody[seat.name], question)
                for question in self._questions
                if seat.asked_all or _is_short(question)
            ]
        return self._told[seat.name]


@pytest.fixture(scope="module")
def answers(everybody: World, questions: list[Question]) -> Answers:
    return Answers(everybody, questions)


@pytest.mark.parametrize("seat", COMPARED, ids=str)
async def test_an_answer_has_the_same_bytes_where_the_others_do_not_exist(
    seat: Actor, answers: Answers, databases: Databases, engine: Engine
) -> None:
    told = await answers.to(seat)
    async with _world(databases, engine, worlds.alone(seat)) as world:
        alone = [await walking.ask(world[seat.name], each.question) for each in told]
    assert _differing(told, alone) == set()


@pytest.mark.parametrize("seat", COMPARED, ids=str)
async def test_a_mistake_about_something_of_others_has_the_same_answer_too(
    seat: Actor, everybody: World, databases: Databases, engine: Engine
) -> None:
    given = await worlds.mistakes(everybody["sub-tenant by its partner"])
    async with _world(databases, engine, worlds.alone(seat)) as alone:
        for document, value in given:
            answers = [
                await world[seat.name].ask(document, {"it": value}) for world in (everybody, alone)
            ]
            assert answers[0].response.content == answers[1].response.content
            assert set(answers[0].codes) <= {"BAD_USER_INPUT", "LIMIT_EXCEEDED"}
            assert not answers[0].response.is_server_error


@pytest.mark.parametrize("seat", ACTORS, ids=str)
async def test_an_answer_says_nothing_of_others(seat: Actor, answers: Answers) -> None:
    _, others = worlds.divided(seat)
    assert len(others) > 100
    told = await answers.to(seat)
    leaks = {each.place: said for each in told if (said := each.says(others))}
    assert leaks == {}


@pytest.mark.parametrize("seat", ACTORS, ids=str)
async def test_the_answers_say_everything_that_the_seat_may_see(
    seat: Actor, answers: Answers
) -> None:
    own, _ = worlds.divided(seat)
    said = {marker for each in await answers.to(seat) for marker in each.says(own)}
    unsaid = {
        f"{column}: {marker}"
        for marker, column in own.items()
        if marker not in said and str(column) not in HIDDEN and not KEYS.fullmatch(column.name)
    }
    assert unsaid == set()


@pytest.mark.parametrize("name", ["sub-tenant by key", "sub-tenant by its partner"])
async def test_a_sub_tenant_is_at_the_top_of_all_that_it_sees(name: str, everybody: World) -> None:
    asking = everybody[name]
    number = worlds.documents_of(worlds.everybody(), asking.seat.at).tenant.number
    answer = await asking.ask(
        "query ($number: String!) { viewer { tenant { number parent { number } } } "
        "tenant(number: $number) { parent { number } } "
        "tenants { totalCount nodes { number parent { number } } } }",
        {"number": number},
    )
    assert answer.data == {
        "viewer": {"tenant": {"number": number, "parent": None}},
        "tenant": {"parent": None},
        "tenants": {"totalCount": 1, "nodes": [{"number": number, "parent": None}]},
    }


@pytest.mark.parametrize(
    "name", ["sub-tenant by key", "customer's user", "page of a customer", "customer granted all"]
)
async def test_acting_for_a_tenant_shows_no_more_than_the_seat_does(
    name: str, everybody: World
) -> None:
    asking = everybody[name]
    number = worlds.documents_of(worlds.everybody(), asking.seat.at).tenant.number
    document = "{ orders { nodes { number } } customers { nodes { number } } }"
    whole = await asking.ask(document)
    key, headers = await asking.credential()
    for tenant in worlds.everybody().all:
        acting_for = {**headers, "X-Tenant": tenant.tenant.number}
        answer = await asking.client.query(document, key=key, headers=acting_for)
        if tenant.tenant.number == number:
            assert answer.response.content == whole.response.content
        else:
            assert answer.codes == ["FORBIDDEN"]
            assert "data" not in answer.json


async def test_the_walk_finds_a_leak_at_every_field_if_a_session_forgets_its_scope(
    answers: Answers, everybody: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = everybody["sub-tenant by key"]
    unnoticed = await _unnoticed(asking, answers, monkeypatch, lambda _: TenantScope.carrier())
    assert unnoticed == COMMON


async def test_the_walk_finds_a_leak_at_every_field_if_a_customer_sees_as_much_as_its_tenant(
    answers: Answers, everybody: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = everybody["customer granted all"]
    unnoticed = await _unnoticed(
        asking, answers, monkeypatch, lambda scope: replace(scope, customer_id=None)
    )
    assert unnoticed - COMMON == OF_THE_TENANT
    assert unnoticed >= COMMON


async def _unnoticed(
    asking: Asking,
    answers: Answers,
    monkeypatch: pytest.MonkeyPatch,
    widened: Callable[[TenantScope], TenantScope],
) -> set[str]:
    """The fields that answer the same if sessions see more than they were opened for."""
    scoped = [each for each in await answers.to(asking.seat) if _is_short(each.question)]
    read = Database.read
    monkeypatch.setattr(Database, "read", lambda self, scope: read(self, widened(scope)))
    wide = [await walking.ask(asking, each.question) for each in scoped]
    return {each.place for each in scoped} - _differing(scoped, wide)


def _is_short(question: Question) -> bool:
    """At the root everything is asked, since only there something must be named."""
    return question.place.parent == "Query" or question.variants[0].path == PLAIN


def _differing(told: Sequence[Told], expected: Sequence[Told]) -> set[str]:
    """The fields that were answered otherwise."""
    pairs = zip(told, expected, strict=True)
    return {one.place for one, other in pairs if one.answer != other.answer}
