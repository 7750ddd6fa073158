"""Entity tags over HTTP: what a client may keep, and when it is told that it still holds."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from graphql import ExecutionResult

from execution.executor import ExecutorName
from execution.input_permissions import Needs
from server.etags import UNCHANGED_COST
from server.limits import ServerLimits
from server.logs import configure_logging
from server.negotiation import GRAPHQL_RESPONSE, JSON
from server.persisted import hash_of
from tests.execution.support import (
    CLIENT,
    KEY,
    OTHER_KEY,
    Caller,
    Context,
    Served,
    code,
    data,
    logging_restored,
    serve,
)

HELLO = "{ hello }"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class Changing:
    """An application whose state a test sets."""

    content: bytes | None = b"first"
    moment: datetime = NOON
    ends: datetime | None = None
    needed: list[frozenset[str]] = field(default_factory=list)
    vary: str = "Authorization, Accept"

    async def state(self, context: Context, needed: frozenset[str]) -> bytes | None:
        self.needed.append(needed)
        context.statements += 1
        return self.content

    def now(self, context: Context) -> datetime:
        return self.moment

    def until(self, context: Context) -> datetime | None:
        return self.ends


@pytest.fixture
def world() -> Changing:
    return Changing()


@pytest.fixture(params=["levels", "core"])
def served(world: Changing, request: pytest.FixtureRequest) -> Served:
    by: ExecutorName = request.param
    return serve(etags=world, by=by)


async def get(
    served: Served, query: str = HELLO, tag: str | None = None, **more: Any
) -> httpx.Response:
    headers = {**more.pop("headers", {}), **({} if tag is None else {"If-None-Match": tag})}
    return await served.http.get("/graphql", params={"query": query, **more}, headers=headers)


async def test_what_has_not_changed_is_not_executed_again(served: Served) -> None:
    full = await get(served)
    assert (full.status_code, data(full)) == (200, {"hello": "hello world"})
    served.events.clear()
    unchanged = await get(served, tag=full.headers["etag"])
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert served.events == ["authenticated", "opened", "closed"]


async def test_what_has_changed_is_answered_anew(served: Served, world: Changing) -> None:
    full = await get(served)
    world.content = b"second"
    anew = await get(served, tag=full.headers["etag"])
    assert anew.status_code == 200
    assert anew.content == full.content
    assert anew.headers["etag"] != full.headers["etag"]


async def test_both_say_how_the_answer_may_be_kept(served: Served) -> None:
    full = await get(served)
    unchanged = await get(served, tag=full.headers["etag"])
    for response in (full, unchanged):
        assert response.headers["cache-control"] == "private, no-cache"
        assert response.headers["vary"] == "Authorization, Accept"
        assert response.headers["etag"].startswith('W/"')
        assert response.headers["ratelimit"]
        assert response.headers["x-request-id"]
    assert unchanged.headers["etag"] == full.headers["etag"]
    assert "content-type" not in unchanged.headers
    assert "content-length" not in unchanged.headers


async def test_a_tag_is_found_in_any_list_of_them(served: Served) -> None:
    tag = (await get(served)).headers["etag"]
    strong = tag.removeprefix("W/")
    for sent in (strong, f'"a", {tag}', f'W/"a,b" ,{strong},"c"', f"{tag},{tag}", f"  {tag} "):
        assert (await get(served, tag=sent)).status_code == 304, sent
    lines = [("If-None-Match", '"a"'), ("If-None-Match", tag)]
    url = httpx.URL("/graphql", params={"query": HELLO})
    assert (await served.http.get(url, headers=lines)).status_code == 304


async def test_whatever_is_no_tag_of_ours_is_answered_in_full(served: Served) -> None:
    tag = (await get(served)).headers["etag"].removeprefix("W/")
    for sent in ("", '"', '""', '"x"', "W/", tag.strip('"'), f'{tag[:-2]}x"', '"-."', "**"):
        assert (await get(served, tag=sent)).status_code == 200, sent


async def test_any_tag_is_one_of_whatever_can_be_answered(served: Served) -> None:
    assert (await get(served, tag="*")).status_code == 304
    broken = await get(served, "{ leak }", tag="*")
    assert (broken.status_code, code(broken)) == (200, "INTERNAL_SERVER_ERROR")


async def test_a_tag_is_of_one_question(served: Served) -> None:
    named = "query A($name: String) { hello(name: $name) } query B { hello }"
    questions: list[dict[str, Any]] = [
        {},
        {"headers": {"Accept": GRAPHQL_RESPONSE}},
        {"query": "{ hello } "},
        {"query": named, "operationName": "A"},
        {"query": named, "operationName": "B"},
        {"query": named, "operationName": "A", "variables": '{"name": "Ada"}'},
    ]
    tags = [(await get(served, **dict(question))).headers["etag"] for question in questions]
    assert len(set(tags)) == len(questions)
    for tag in tags:
        answers = [(await get(served, tag=tag, **dict(each))).status_code for each in questions]
        assert sorted(answers) == [200] * (len(questions) - 1) + [304]


async def test_how_a_question_is_spelled_makes_no_other(served: Served) -> None:
    query = "query A($a: Even!, $b: [Even!]!) { even(value: $a) evens(values: $b) }"
    one = await get(served, query, variables='{"a": 2, "b": [4]}', headers={"Accept": JSON})
    tag = one.headers["etag"]
    other = await get(served, query, tag, variables='{ "b":[4], "a":2 }', operationName="A")
    assert other.status_code == 304


async def test_a_persisted_document_has_the_tag_of_its_text(served: Served) -> None:
    text = (await get(served)).headers["etag"]
    sha256 = hash_of(HELLO)
    extensions = orjson.dumps({"persistedQuery": {"version": 1, "sha256Hash": sha256}}).decode()
    await served.http.get("/graphql", params={"query": HELLO, "extensions": extensions})
    for by_hash in ({"extensions": extensions}, {"documentId": f"sha256:{sha256}"}):
        headers = {"If-None-Match": text}
        response = await served.http.get("/graphql", params=by_hash, headers=headers)
        assert response.status_code == 304


async def test_nothing_else_has_a_tag(served: Served) -> None:
    tag = (await get(served)).headers["etag"]
    headers = {"If-None-Match": tag}
    answers = {
        "by POST": await served.http.post("/graphql", json={"query": HELLO}, headers=headers),
        "an error": await get(served, "{ hello leak }", tag),
        "no data": await get(served, "{ must }", tag),
        "refused": await get(served, "{ hello refused }", tag),
        "invalid": await get(served, "{ nothing }", tag),
        "a mutation": await get(served, "mutation { touch }", tag),
        "wrong variables": await get(served, "query ($a: Even!) { even(value: $a) }", tag),
    }
    for what, response in answers.items():
        assert response.status_code != 304, what
        assert "etag" not in response.headers, what
        assert response.headers["cache-control"] == "no-store", what


async def test_where_the_state_is_not_known_nothing_has(served: Served, world: Changing) -> None:
    tag = (await get(served)).headers["etag"]
    world.content = None
    for sent in (None, tag, "*"):
        response = await get(served, tag=sent)
        assert response.status_code == 200
        assert "etag" not in response.headers


async def test_nobody_is_told_that_nothing_has_changed_without_a_credential(
    served: Served,
) -> None:
    tag = (await get(served)).headers["etag"]
    for key in ("wrong", ""):
        response = await get(served, tag=tag, headers={"Authorization": f"Bearer {key}"})
        assert response.status_code == 401
        assert "etag" not in response.headers


async def test_an_answer_holds_until_the_time_it_says(served: Served, world: Changing) -> None:
    world.ends = NOON + timedelta(seconds=10)
    tag = (await get(served)).headers["etag"]
    # What the next answer would say of its time is not known before it is made.
    world.ends = None
    for later, status in ((0, 304), (10, 304), (10.000001, 200), (3600, 200)):
        world.moment = NOON + timedelta(seconds=later)
        assert (await get(served, tag=tag)).status_code == status, later


async def test_the_time_in_a_tag_cannot_be_put_off(served: Served, world: Changing) -> None:
    world.ends = NOON + timedelta(seconds=10)
    tag = (await get(served)).headers["etag"]
    _, _, digest = tag.partition(".")
    world.moment = NOON + timedelta(seconds=11)
    for until in ("-", "f" * 13, "7" * 14):
        assert (await get(served, tag=f'W/"{until}.{digest}')).status_code == 200


async def test_what_tells_the_very_moment_has_no_tag(served: Served, world: Changing) -> None:
    world.ends = NOON
    assert "etag" not in (await get(served)).headers


SLOWLY = ServerLimits(rate_points=1_000, rate_seconds=10**9)
"""Points that do not come back while a test runs."""


async def test_an_unchanged_answer_costs_a_point(world: Changing) -> None:
    served = serve(SLOWLY, etags=world)
    many = "{ " + " ".join(f"a{n}: thing {{ name }}" for n in range(20)) + " }"
    full = await get(served, many)
    requested = full.json()["extensions"]["cost"]["requested"]
    assert requested > 10 * UNCHANGED_COST
    left = _left(full)
    unchanged = await get(served, many, full.headers["etag"])
    assert (unchanged.status_code, _left(unchanged)) == (304, left - UNCHANGED_COST)


async def test_a_changed_answer_costs_what_it_always_does(world: Changing) -> None:
    served = serve(SLOWLY, etags=world)
    many = "{ " + " ".join(f"a{n}: thing {{ name }}" for n in range(20)) + " }"
    full = await get(served, many)
    world.content = b"second"
    left = _left(full)
    anew = await get(served, many, full.headers["etag"])
    assert anew.json()["extensions"] == full.json()["extensions"]
    assert left - _left(anew) == full.json()["extensions"]["cost"]["actual"]


async def test_whoever_has_no_points_left_is_refused_whatever_they_know(
    world: Changing,
) -> None:
    served = serve(replace(SLOWLY, rate_points=25), etags=world)
    full = await get(served)
    answers = [(await get(served, tag=full.headers["etag"])).status_code for _ in range(40)]
    assert {304, 429} == set(answers)


async def test_the_log_says_that_nothing_had_changed(served: Served) -> None:
    with logging_restored():
        configure_logging(stream=served.log)
        full = await get(served)
        await get(served, tag=full.headers["etag"])
    lines = served.lines("operation")
    kept = [(each["status"], each["statements"], each["cost"]) for each in lines]
    # The statement is the state's own; a full answer sends two more.
    assert kept == [(200, 3, 1), (304, 1, 1)]
    assert lines[1]["executor"] is None


async def test_the_state_is_told_what_the_operation_needs(world: Changing) -> None:
    needs: Needs = {
        ("Query", "hello"): frozenset({"a:read"}),
        ("Thing", "name"): frozenset({"b:read"}),
        ("Query", "hello", "name"): frozenset({"c:read"}),
    }
    caller = Caller(CLIENT, scopes=frozenset({"a:read", "b:read", "c:read"}))
    served = serve(etags=world, needs=needs, keys={KEY: caller})
    await get(served, "{ hello thing { name } }")
    await get(served, "{ thing { child { __typename } } }")
    await get(served, '{ hello(name: "you") }')
    assert world.needed == [
        frozenset({"a:read", "b:read"}),
        frozenset(),
        # What inputs compare with is in the answer, too.
        frozenset({"a:read", "c:read"}),
    ]


async def test_without_a_source_nothing_has_a_tag() -> None:
    response = await get(serve(), tag="*")
    assert response.status_code == 200
    assert "etag" not in response.headers


async def test_other_clients_of_the_same_state_are_told_apart_by_it(
    served: Served, world: Changing
) -> None:
    """Who asks is a part of the state: execution knows nothing of that."""
    tag = (await get(served)).headers["etag"]
    other = {"Authorization": f"Bearer {OTHER_KEY}"}
    assert (await get(served, tag=tag, headers=other)).status_code == 304
    world.content = b"other: first"
    assert (await get(served, tag=tag, headers=other)).status_code == 200


async def test_a_failure_is_never_nothing_new(
    served: Served, monkeypatch: pytest.MonkeyPatch, world: Changing
) -> None:
    tag = (await get(served)).headers["etag"]

    async def fail(*_: object) -> ExecutionResult:
        raise RuntimeError

    monkeypatch.setattr(world, "state", fail)
    for sent in (None, tag):
        response = await get(served, tag=sent)
        assert (response.status_code, code(response)) == (500, "INTERNAL_SERVER_ERROR")


def _left(response: httpx.Response) -> int:
    """The points that the client has left."""
    return int(response.headers["ratelimit"].partition("r=")[2].partition(";")[0])
