"""What a request must look like: bodies, query strings, sizes and times."""

from collections.abc import AsyncIterator, Callable

import orjson
import pytest
from starlette.types import Message

from server.limits import ServerLimits
from tests.execution.support import Served, code, data, only_error

HELLO = b'{"query": "{ hello }"}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"1",
        b'"abc"',
        b"true",
        b"{",
        b'{"query": "{ hello }"',
        b'{"query": "\xff\xfe"}',
        b'{"query": "\\ud800"}',
        b'{"query": "\x00"}',
        b"\xef\xbb\xbf" + HELLO,
        b"[" * 100_000,
        b'{"query": "{ hello }", "variables": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001,
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": ["{ hello }"]}',
        b'{"query": "{ hello }", "operationName": 1}',
        b'{"query": "{ hello }", "variables": "x"}',
        b'{"query": "{ hello }", "variables": []}',
        b'{"query": "{ hello }", "extensions": 0}',
        b'{"query": "{ hello }", "variables": {"a": [{"b": "\\u0000"}]}}',
        b'{"query": "{ hello }", "variables": {"\\u0000": 1}}',
        b'{"query": "{ hello }", "operationName": "\\u0000"}',
    ],
)
async def test_a_body_that_is_no_request_gets_a_clear_400(served: Served, body: bytes) -> None:
    response = await served.send(body)
    assert response.status_code == 400
    assert code(response) == "BAD_REQUEST"
    assert "data" not in response.json()


async def test_a_batch_is_refused_by_name(served: Served) -> None:
    response = await served.send(b"[" + HELLO + b"]")
    assert response.status_code == 400
    assert "Batches are not supported" in only_error(response)["message"]


async def test_an_escaped_backslash_before_u0000_is_not_a_nul(served: Served) -> None:
    body = {"query": "query Q($n: String!) { hello(name: $n) }", "variables": {"n": "\\u0000"}}
    response = await served.send(orjson.dumps(body))
    assert data(response) == {"hello": "hello \\u0000"}


@pytest.mark.parametrize("escape", ["\\u0000", "\\u{0}"])
async def test_a_nul_in_a_string_of_the_document_is_refused(served: Served, escape: str) -> None:
    response = await served.ask(f'{{ hello(name: "{escape}") }}')
    assert response.status_code == 400
    assert "NUL" in only_error(response)["message"]


@pytest.mark.parametrize("parameter", ["variables", "extensions", "operationName"])
async def test_a_null_parameter_counts_as_absent(served: Served, parameter: str) -> None:
    response = await served.send(orjson.dumps({"query": "{ hello }", parameter: None}))
    assert data(response) == {"hello": "hello world"}


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "", "application/graphql", "application/json; charset=iso-8859-1"],
)
async def test_another_content_type_or_charset_gets_415(served: Served, content_type: str) -> None:
    response = await served.send(HELLO, Content_Type=content_type)
    assert response.status_code == 415
    assert code(response) == "BAD_REQUEST"


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
async def test_utf_8_may_be_named(served: Served, charset: str) -> None:
    response = await served.send(HELLO, Content_Type=f"application/json; charset={charset}")
    assert response.status_code == 200


async def test_a_compressed_body_gets_415(served: Served) -> None:
    response = await served.send(HELLO, Content_Encoding="gzip")
    assert response.status_code == 415


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "query=%ff",
        "query={hello}&variables=[]",
        "query={hello}&variables={",
        "query={hello}&variables=%22x%22",
        'query={hello}&variables={"a":"%5Cu0000"}',
        "query={hello}&extensions=1",
        "&".join(f"a{i}=1" for i in range(50)),
    ],
)
async def test_a_query_string_that_is_no_request_gets_a_clear_400(
    served: Served, query_string: str
) -> None:
    response = await served.http.get(f"/graphql?{query_string}")
    assert response.status_code == 400
    assert code(response) == "BAD_REQUEST"


async def test_a_query_string_beyond_the_limit_gets_414(
    serving: Callable[[ServerLimits], Served],
) -> None:
    served = serving(ServerLimits(header_bytes=100))
    response = await served.http.get("/graphql", params={"query": "{ hello }" + " " * 100})
    assert response.status_code == 414
    assert only_error(response)["extensions"]["limit"] == "headerBytes"


async def test_an_announced_body_beyond_the_limit_gets_413_unread(
    serving: Callable[[ServerLimits], Served],
) -> None:
    served = serving(ServerLimits(body_bytes=100))
    start, body = await served.raw([], headers=[(b"content-length", b"101")])
    assert start["status"] == 413
    error = orjson.loads(body["body"])["errors"][0]
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "bodyBytes",
        "actual": 101,
        "maximum": 100,
    }
    assert "bodyBytes" in error["message"]


async def test_a_streamed_body_is_refused_at_the_chunk_that_passes_the_limit(
    serving: Callable[[ServerLimits], Served],
) -> None:
    served = serving(ServerLimits(body_bytes=100))
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b" " * 40

    response = await served.http.post(
        "/graphql", content=chunks(), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 413
    assert code(response) == "LIMIT_EXCEEDED"
    assert read == 3


async def test_a_body_of_exactly_the_limit_is_read(
    serving: Callable[[ServerLimits], Served],
) -> None:
    served = serving(ServerLimits(body_bytes=len(HELLO)))
    assert (await served.send(HELLO)).status_code == 200


async def test_a_body_that_does_not_arrive_in_time_gets_408(
    serving: Callable[[ServerLimits], Served],
) -> None:
    served = serving(ServerLimits(body_seconds=0.01))
    first: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]
    start, body = await served.raw(first)
    assert start["status"] == 408
    assert orjson.loads(body["body"])["errors"][0]["extensions"]["limit"] == "bodySeconds"


async def test_a_client_that_leaves_while_sending_is_not_answered(served: Served) -> None:
    assert await served.raw([{"type": "http.disconnect"}]) == []
    assert served.lines("operation")[0]["status"] is None
