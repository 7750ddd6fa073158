"""Whatever is sent: no server error, nothing unexpected in the log, and not a byte about others.

Random documents, valid ones and broken ones, are sent by somebody who may see a part of an order
book, and again where only that part exists: both answers must be the same. Each run sends the same
documents; `--hypothesis-profile=thorough` sends many more, which are never the same.
"""

import io
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from db.models import Base, Contract, Customer, Offer, Order, Product, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from resolvers.ids import global_id
from server.logs import configure_logging
from tests.execution.support import logging_restored
from tests.graph.broken_documents import broken
from tests.graph.client import serve
from tests.graph.documents import Documents
from tests.graph.walk import SCHEMA, Lesson
from tests.isolation import walking, worlds
from tests.isolation.actors import ACTORS, Actor, Asking, believed, believing, one_cache
from tests.support.databases import Databases, Engine

pytestmark = pytest.mark.long

SENDING = [seat for seat in ACTORS if seat.name in ("sub-tenant by key", "customer granted all")]
SEEDS = st.integers(0, 2**32 - 1)
EXPECTED = {
    *("BAD_REQUEST", "BAD_USER_INPUT", "FORBIDDEN", "GRAPHQL_PARSE_FAILED"),
    *("GRAPHQL_VALIDATION_FAILED", "LIMIT_EXCEEDED"),
    *("PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_SUPPORTED"),
}
_LOOKED_UP = (Order, Offer, Contract, Customer, Tenant, Product)

unhurried = settings(
    # How fast the machine is, is none of these tests' business.
    deadline=None,
    max_examples=settings().max_examples // 2,
    # The worlds are only read, so examples may share them.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@dataclass
class Pair:
    """Somebody before everybody's order book, and before as much of it as they may see."""

    everybody: Asking
    alone: Asking
    documents: Documents
    log: io.BytesIO

    async def answers(self, body: bytes) -> tuple[httpx.Response, httpx.Response]:
        """Both answers; raises AssertionError for what nobody may ever be told."""
        self.log.seek(0)
        self.log.truncate()
        responses = [await _send(asking, body) for asking in (self.everybody, self.alone)]
        for response in responses:
            assert response.status_code < 500
            codes = {error["extensions"]["code"] for error in response.json().get("errors", ())}
            assert codes <= EXPECTED
        assert b"unexpected" not in self.log.getvalue()
        return responses[0], responses[1]


async def _send(asking: Asking, body: bytes) -> httpx.Response:
    key, headers = await asking.credential()
    return await asking.client.http.post(
        "/graphql",
        content=body,
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            **headers,
        },
    )


@pytest.fixture(scope="module")
def log() -> Iterator[io.BytesIO]:
    stream = io.BytesIO()
    with logging_restored():
        configure_logging(stream=stream)
        yield stream


@pytest.fixture(scope="module")
async def pairs(
    databases: Databases, engine: Engine, log: io.BytesIO
) -> AsyncIterator[Mapping[str, Pair]]:
    async with AsyncExitStack() as stack:
        stack.enter_context(one_cache())
        provider = await stack.enter_async_context(believed())

        async def asking(people: worlds.Everybody, *seats: Actor) -> list[Asking]:
            url = stack.enter_context(databases.empty(engine))
            client = await stack.enter_async_context(serve(url, **believing(provider)))
            await client.fill(people.book)
            return [Asking(client, people, seat, provider) for seat in seats]

        shown = [ACTORS[0], next(seat for seat in ACTORS if seat.at == "partner")]
        everybody = await asking(worlds.everybody(), *SENDING, *shown)
        documents = Documents(
            SCHEMA,
            await _pool(everybody[len(SENDING) :]),
            without=["Viewer.rateLimit", "Viewer.tokenId"],
        )
        yield {
            seat.name: Pair(one, (await asking(worlds.alone(seat), seat))[0], documents, log)
            for seat, one in zip(SENDING, everybody, strict=False)
        }


async def _pool(shown: list[Asking]) -> dict[str, list[Any]]:
    """Values that name something of everybody's, and cursors that these are shown."""
    people = worlds.everybody()
    taught = worlds.taught(people)
    pool = {
        **taught,
        "first": [0, *[1, 2, 3, 5, 50] * 4, -1, 251],
        "last": [0, 1, 2, 3, 5],
    }
    own = [row for row in people.book.rows if _is_own(people, row)]
    for model in _LOOKED_UP:
        # What is there for whoever asks says the most, so it is asked for more often.
        named = [row.number for row in (*people.book.rows, *own * 3) if isinstance(row, model)]
        pool[f"Query.{model.__name__.lower()}.number"] = named
    pool["id"] = [*taught["id"], *(global_id(row) for row in own if isinstance(row, _LOOKED_UP))]
    for name, cursors in (await walking.cursors(Lesson(taught), shown)).items():
        for argument in ("after", "before"):
            pool[f"{name}.{argument}"] = [*cursors, *cursors, "nothing"]
    return pool


def _is_own(people: worlds.Everybody, row: Base) -> bool:
    tenant = people.nested.tenant
    return row is tenant or getattr(row, "tenant_id", None) == tenant.id


@pytest.mark.parametrize("seat", SENDING, ids=str)
@given(seed=SEEDS)
@unhurried
async def test_a_random_document_is_answered_as_if_the_others_did_not_exist(
    seat: Actor, seed: int, pairs: Mapping[str, Pair]
) -> None:
    pair = pairs[seat.name]
    request = pair.documents.request(Random(seed))
    note(f"{request.query}\n{orjson.dumps(request.variables).decode()}\n{request.operation}")
    everybody, alone = await pair.answers(request.body)
    assert everybody.content == alone.content
    assert "data" in everybody.json()


@pytest.mark.parametrize("seat", SENDING, ids=str)
@given(seed=SEEDS)
@unhurried
async def test_a_broken_request_is_answered_as_if_the_others_did_not_exist(
    seat: Actor, seed: int, pairs: Mapping[str, Pair]
) -> None:
    pair = pairs[seat.name]
    body = broken(pair.documents, Random(seed))
    note(repr(body[:3_000]))
    everybody, alone = await pair.answers(body)
    assert everybody.content == alone.content


@pytest.mark.parametrize("seat", SENDING, ids=str)
async def test_random_documents_find_a_session_that_forgets_its_scope(
    seat: Actor, pairs: Mapping[str, Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Database.read
    monkeypatch.setattr(Database, "read", lambda self, _scope: read(self, TenantScope.carrier()))
    found = 0
    for seed in range(20):
        everybody, alone = await pairs[seat.name].answers(
            pairs[seat.name].documents.request(Random(seed)).body
        )
        found += everybody.content != alone.content
    assert found >= 5
