"""Several requests on one connection: few at a time, each answered in its turn."""

import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.http_protocol import PIECE
from tests.server.connections import CHUNKED, GET, LIMITS, WAIT, Connection, head


async def test_pipelined_requests_are_answered_in_order() -> None:
    connection = Connection()
    paths = [f"/{number}" for number in range(1000)]
    await connection.send(b"".join(f"GET {path} HTTP/1.1\r\n\r\n".encode() for path in paths))
    assert [answer.body.decode() for answer in connection.answers()] == paths
    assert connection.transport.reads
    assert connection.is_open()


BODIES = st.lists(st.binary(max_size=60), max_size=4)


def written(number: int, chunks: list[bytes] | None) -> tuple[bytes, bytes]:
    """A request and its answer's body: a GET, or a POST of these chunks."""
    path = b"/%d" % number
    if chunks is None:
        return b"GET %b HTTP/1.1\r\nhost: x\r\n\r\n" % path, path
    if len(chunks) % 2:
        body = b"".join(chunks)
        head = b"POST %b HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % (path, len(body))
        return head + body, path + body
    lines = b"".join(b"%x;e=1\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks if chunk)
    head = b"POST %b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" % path
    return head + lines + b"0\r\nt: 1\r\n\r\n", path + b"".join(chunks)


@given(
    requests=st.lists(st.none() | BODIES, max_size=8),
    by=st.integers(1, 300),
    piece=st.integers(1, 120),
)
async def test_requests_are_the_same_however_their_bytes_are_split(
    requests: list[list[bytes] | None], by: int, piece: int
) -> None:
    pairs = [written(number, chunks) for number, chunks in enumerate(requests)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("server.http_protocol.PIECE", piece)
        connection = Connection()
        await connection.send(b"".join(request for request, _ in pairs), by=by)
    assert [answer.body for answer in connection.answers()] == [body for _, body in pairs]
    assert connection.statuses == [200] * len(pairs)
    assert connection.is_open()


async def test_few_of_many_pipelined_requests_are_taken_in_at_once() -> None:
    connection = Connection()
    await connection.send(WAIT + GET * 2000)
    assert len(connection.protocol.pipeline) <= PIECE // len(GET)
    assert not connection.transport.reads
    connection.app.go.set()
    await connection.settle()
    assert connection.statuses == [200] * 2001
    assert connection.transport.reads


async def test_a_request_that_looks_for_its_body_lets_no_more_in_behind_it() -> None:
    connection = Connection()
    await connection.send(b"GET /early HTTP/1.1\r\n\r\n" + WAIT + GET)
    # `/wait` has looked for its body.
    assert len(connection.app.begun) == 2
    assert not connection.transport.reads
    connection.app.go.set()
    await connection.settle()
    assert connection.statuses == [200] * 3
    assert connection.transport.reads


async def test_requests_before_a_bad_one_are_answered_first() -> None:
    connection = Connection()
    await connection.send(WAIT + GET + b"nonsense\r\n\r\n")
    assert connection.statuses == []
    connection.app.go.set()
    await connection.settle()
    assert connection.statuses == [200, 200, 400]


async def test_all_requests_learn_that_their_client_has_left() -> None:
    connection = Connection()
    await connection.send(WAIT + GET)
    connection.transport.close()
    connection.protocol.connection_lost(None)
    written = len(connection.transport.written)
    connection.app.go.set()
    await connection.settle()
    assert len(connection.transport.written) == written
    connection.loop.pass_time(1000)


@pytest.mark.parametrize("data", [GET, WAIT + GET, head(2 * LIMITS.header_bytes), CHUNKED + b"z"])
async def test_a_connection_that_has_ended_leaves_nothing_for_the_garbage_collector(
    data: bytes,
) -> None:
    gc.collect()
    gc.disable()
    try:
        connection = Connection()
        await connection.send(data)
        connection.transport.close()
        connection.protocol.connection_lost(None)
        connection.app.go.set()
        await connection.settle()
        ended = weakref.ref(connection.protocol)
        del connection
        assert ended() is None
    finally:
        gc.enable()
