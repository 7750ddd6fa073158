"""Documents by their hash: kept when they were valid, in memory and in Redis, or registered."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ratelimit.redis_server import RedisServer
from server.negotiation import GRAPHQL_RESPONSE
from server.persisted import (
    LONGEST_KEPT,
    LocalDocuments,
    PersistedDocuments,
    RedisDocuments,
    read_trusted,
)
from server.protocols import Operation
from tests.execution.support import Served, code, data, only_error, serve

QUERY = "{ hello }"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}}


async def send(served: Served, **body: Any) -> httpx.Response:
    return await served.http.post("/graphql", json=body, headers={"Accept": GRAPHQL_RESPONSE})


async def by_hash(served: Served, text: str = QUERY) -> httpx.Response:
    return await send(served, extensions=persisted(text))


async def register(served: Served, text: str = QUERY) -> httpx.Response:
    return await send(served, query=text, extensions=persisted(text))


@pytest.fixture(params=["memory", "redis"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    if request.param == "memory":
        yield serve()
        return
    url: str = request.getfixturevalue("redis_url")
    async with Redis.from_url(url) as redis:
        await redis.flushall()
    server = RedisServer(url)
    # Nothing is remembered, so that each text comes out of Redis.
    documents = RedisDocuments(server, LocalDocuments(0))
    yield serve(persisted=PersistedDocuments(documents))
    await server.close()


async def test_a_text_is_sent_once_and_its_hash_from_then_on(served: Served) -> None:
    unknown = await by_hash(served)
    assert unknown.status_code == 400
    assert code(unknown) == "PERSISTED_QUERY_NOT_FOUND"
    assert only_error(unknown)["message"] == "PersistedQueryNotFound"
    assert data(await register(served)) == {"hello": "hello world"}
    assert data(await by_hash(served)) == {"hello": "hello world"}


async def test_a_context_is_told_the_operation_and_its_text_also_by_hash(served: Served) -> None:
    text = "query Greeting { hello }"
    await register(served, text)
    await by_hash(served, text)
    assert served.application.operations == [Operation("Greeting", "query", text)] * 2


async def test_a_hash_goes_by_get_with_variables(served: Served) -> None:
    text = "query($name: String!) { hello(name: $name) }"
    await send(served, query=text, extensions=persisted(text), variables={"name": "a"})
    parameters = {"extensions": json.dumps(persisted(text)), "variables": '{"name": "b"}'}
    assert data(await served.http.get("/graphql", params=parameters)) == {"hello": "hello b"}


async def test_a_hash_goes_as_the_document_id_of_graphql_over_http(served: Served) -> None:
    await register(served)
    answer = await send(served, documentId=f"sha256:{sha256(QUERY)}")
    assert data(answer) == {"hello": "hello world"}


async def test_a_client_that_knows_plain_json_alone_gets_status_200(served: Served) -> None:
    answer = await served.http.post(
        "/graphql", json={"extensions": persisted(QUERY)}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200
    assert code(answer) == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_text_that_is_not_of_its_hash_is_refused_and_not_kept(served: Served) -> None:
    answer = await send(served, query="{ locale }", extensions=persisted(QUERY))
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")
    assert code(await by_hash(served)) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("text", ["{ nothing }", "{", "{ hello } { locale }", "x" * 100])
async def test_a_document_with_errors_is_not_kept(served: Served, text: str) -> None:
    await register(served, text)
    assert code(await by_hash(served, text)) == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_very_long_text_is_served_and_not_kept(served: Served) -> None:
    text = f"{{ hello }} # {'x' * LONGEST_KEPT}"
    assert data(await register(served, text)) == {"hello": "hello world"}
    assert code(await by_hash(served, text)) == "PERSISTED_QUERY_NOT_FOUND"


async def test_mutations_by_hash_are_not_allowed_by_get_either(served: Served) -> None:
    text = "mutation { touch }"
    await register(served, text)
    touched = served.events.count("touched")
    answer = await served.http.get("/graphql", params={"extensions": json.dumps(persisted(text))})
    assert answer.status_code == 405
    assert served.events.count("touched") == touched


@pytest.mark.parametrize(
    "request_part",
    [
        {"extensions": {"persistedQuery": 1}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 5}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "../x"}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "A" * 64}}},
        {"documentId": "md5:1"},
        {"documentId": 1},
        {"documentId": ""},
    ],
)
async def test_what_is_no_hash_is_a_bad_request(
    served: Served, request_part: dict[str, Any]
) -> None:
    answer = await send(served, **request_part)
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


async def test_another_version_of_the_protocol_is_said_not_to_be_supported(
    served: Served,
) -> None:
    body = {"persistedQuery": {"version": 2, "sha256Hash": sha256(QUERY)}}
    answer = await send(served, query=QUERY, extensions=body)
    assert code(answer) == "PERSISTED_QUERY_NOT_SUPPORTED"


async def test_memory_forgets_the_text_that_was_longest_unused() -> None:
    served = serve(persisted=PersistedDocuments(LocalDocuments(2)))
    texts = [f'{{ hello(name: "{name}") }}' for name in "abc"]
    await register(served, texts[0])
    await register(served, texts[1])
    await by_hash(served, texts[0])
    await register(served, texts[2])
    codes = ["data" in (await by_hash(served, text)).json() for text in texts]
    assert codes == [True, False, True]


async def test_redis_forgets_the_text_that_was_longest_unused(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
        server = RedisServer(redis_url)
        documents = RedisDocuments(server, LocalDocuments(0), most=2)
        texts = ["{ a }", "{ b }", "{ c }"]
        await documents.put(sha256(texts[0]), texts[0])
        await documents.put(sha256(texts[1]), texts[1])
        await documents.get(sha256(texts[0]))
        await documents.put(sha256(texts[2]), texts[2])
        found = [await documents.get(sha256(text)) for text in texts]
        assert found == [texts[0], None, texts[2]]
        assert len(await redis.keys("*")) == 3
        await server.close()


async def test_workers_share_what_is_in_redis(redis_url: str) -> None:
    servers = [RedisServer(redis_url), RedisServer(redis_url)]
    one, two = (
        serve(persisted=PersistedDocuments(RedisDocuments(server, LocalDocuments())))
        for server in servers
    )
    text = "{ shared: hello }"
    await register(one, text)
    assert data(await by_hash(two, text)) == {"shared": "hello world"}
    for server in servers:
        await server.close()


async def test_a_text_in_redis_that_is_not_of_its_hash_is_not_served(redis_url: str) -> None:
    server = RedisServer(redis_url)
    served = serve(persisted=PersistedDocuments(RedisDocuments(server, LocalDocuments())))
    text = "{ forged: hello }"
    await RedisDocuments(server, LocalDocuments(0)).put(sha256(text), "{ leak }")
    assert code(await by_hash(served, text)) == "PERSISTED_QUERY_NOT_FOUND"
    await server.close()


async def test_without_redis_each_worker_keeps_texts_for_itself(tmp_path: Path) -> None:
    server = RedisServer(f"unix://{tmp_path}/nobody")
    served = serve(persisted=PersistedDocuments(RedisDocuments(server, LocalDocuments())))
    await register(served)
    assert data(await by_hash(served)) == {"hello": "hello world"}
    await server.close()


@pytest.fixture
def trusting() -> Served:
    """An application that serves one registered document and nothing else."""
    return serve(persisted=PersistedDocuments(trusted={sha256(QUERY): QUERY}, trusted_only=True))


async def test_a_registered_document_is_served_by_hash_and_by_text(trusting: Served) -> None:
    for answer in (
        await by_hash(trusting),
        await register(trusting),
        await send(trusting, query=QUERY),
    ):
        assert data(answer) == {"hello": "hello world"}


async def test_where_only_registered_documents_are_trusted_no_other_is_served(
    trusting: Served,
) -> None:
    other = "{ locale }"
    for answer in (
        await by_hash(trusting, other),
        await register(trusting, other),
        await send(trusting, query=other),
        await send(trusting, query="{ __schema { types { name } } }"),
    ):
        assert (answer.status_code, code(answer)) == (403, "DOCUMENT_NOT_TRUSTED")
    assert "opened" not in trusting.events


async def test_registered_documents_stand_beside_others_unless_they_alone_are_trusted() -> None:
    documents = PersistedDocuments(LocalDocuments(0), trusted={sha256(QUERY): QUERY})
    served = serve(persisted=documents)
    assert data(await by_hash(served)) == {"hello": "hello world"}
    assert data(await send(served, query="{ locale }")) == {"locale": "de"}


@pytest.mark.parametrize(
    "manifest",
    [
        {sha256(QUERY): QUERY},
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{"id": sha256(QUERY), "name": "A", "type": "query", "body": QUERY}],
        },
    ],
)
def test_a_manifest_is_read_as_tools_write_it(tmp_path: Path, manifest: Any) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))
    assert read_trusted(path) == {sha256(QUERY): QUERY}


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        ("{", "is not JSON"),
        ("[]", "is no manifest"),
        ("1", "is no manifest"),
        ('{"a": 1}', "is no manifest"),
        ('{"0123456789abcdef": "{ hello }"}', "SHA-256 is not 0123456789ab"),
        ('{"format": "apollo-persisted-query-manifest"}', "is no manifest"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_with_the_reason(
    tmp_path: Path, content: str, mistake: str
) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=mistake):
        read_trusted(path)


def test_a_manifest_that_is_not_there_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        read_trusted(tmp_path / "none.json")
