"""A connection's limits: what may come before a request is known, how much of it at once, and in
what time."""

import gc
import hashlib
import inspect
import io
import json
import pickle
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from commands.serving import server_config
from server.http_protocol import (
    LINGER_SECONDS,
    LONGEST_FORWARDED,
    LONGEST_PATH,
    PIECE,
    SLOWEST_READER,
)
from server.limits import ServerLimits
from server.logs import configure_logging
from settings import Settings
from tests.execution.support import logging_restored
from tests.server.connections import Answer, Connection

GET = b"GET /a HTTP/1.1\r\n\r\n"
WAIT = b"GET /wait HTTP/1.1\r\n\r\n"
CHUNKED = b"POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n"
LIMITS = ServerLimits()
# It is not known where in a piece the body has ended.
MORE = b"x" * (LIMITS.header_bytes + PIECE)


def head(size: int) -> bytes:
    """A whole request of so many bytes, all of them of its head."""
    start, end = b"GET /a HTTP/1.1\r\nx: ", b"\r\n\r\n"
    return start + b"y" * (size - len(start) - len(end)) + end


def only(connection: Connection) -> Answer:
    [answer] = connection.answers()
    return answer


def limit_of(answer: Answer) -> dict[str, Any]:
    """The extensions of the single error of a refusal, after which the connection ends."""
    assert answer.headers["connection"] == "close"
    assert answer.headers["content-type"] == "application/json"
    [error] = json.loads(answer.body)["errors"]
    extensions: dict[str, Any] = error["extensions"]
    return extensions


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    with logging_restored():
        stream = io.BytesIO()
        configure_logging(stream=stream)
        yield stream
        structlog.reset_defaults()


@pytest.mark.parametrize("by", [None, 1000, 7])
async def test_a_head_may_have_as_many_bytes_as_the_limit_and_not_one_more(by: int | None) -> None:
    connection = Connection()
    await connection.send(head(LIMITS.header_bytes), by=by)
    await connection.send(head(LIMITS.header_bytes), by=by)
    assert connection.statuses == [200, 200]
    await connection.send(head(LIMITS.header_bytes + 1), by=by)
    *_, last = connection.answers()
    assert last.status == 431
    assert limit_of(last) == {
        "code": "LIMIT_EXCEEDED",
        "limit": "headerBytes",
        "actual": LIMITS.header_bytes + 1,
        "maximum": LIMITS.header_bytes,
    }
    assert len(connection.app.begun) == 2


@pytest.mark.parametrize("is_whole", [True, False])
async def test_a_request_may_have_as_many_headers_as_the_limit_and_not_one_more(
    is_whole: bool,
) -> None:
    lines = b"a: b\r\n" * LIMITS.headers
    connection = Connection()
    await connection.send(b"GET /a HTTP/1.1\r\n" + lines + b"\r\n")
    assert connection.statuses == [200]
    end = b"\r\n" if is_whole else b"c"
    await connection.send(b"GET /a HTTP/1.1\r\n" + lines + b"a: b\r\n" + end)
    *_, last = connection.answers()
    assert last.status == 431
    assert limit_of(last)["limit"] == "headers"
    assert len(connection.app.begun) == 1


async def test_a_request_line_beyond_the_limit_gets_414() -> None:
    connection = Connection()
    await connection.send(b"GET /a?" + b"x" * LIMITS.header_bytes)
    assert only(connection).status == 414
    assert limit_of(only(connection))["limit"] == "headerBytes"


@pytest.mark.parametrize(("length", "status"), [(LONGEST_PATH, 200), (LONGEST_PATH + 1, 414)])
async def test_a_path_is_bounded_before_it_is_decoded(length: int, status: int) -> None:
    connection = Connection()
    path = b"/" + b"x" * (length - 1)
    await connection.send(b"GET " + path + b"?" + b"y" * 5000 + b" HTTP/1.1\r\n\r\n")
    assert only(connection).status == status


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 431)])
async def test_a_chain_of_proxies_is_bounded_before_it_is_parsed(more: int, status: int) -> None:
    connection = Connection()
    half = b"x-forwarded-for: " + b"," * (LONGEST_FORWARDED // 2)
    await connection.send(b"GET /a HTTP/1.1\r\n%b\r\n%b%b\r\n\r\n" % (half, half, b"," * more))
    assert only(connection).status == status


@pytest.mark.parametrize(
    "more",
    [
        b"0\r\n" + b"a: b\r\n" * (LIMITS.headers + 2),
        b"0\r\na: " + MORE,
        b"0\r\na" + MORE,
        b"1;" + MORE,
        b"1;x=" + MORE,
    ],
)
async def test_what_surrounds_a_body_has_the_same_limits(more: bytes) -> None:
    connection = Connection()
    await connection.send(CHUNKED + more)
    assert only(connection).status == 431
    assert connection.app.left == 1


async def test_many_chunks_are_no_overhead() -> None:
    connection = Connection()
    await connection.send(CHUNKED + b"1\r\ny\r\n" * 10_000 + b"0\r\n\r\n" + GET)
    assert connection.statuses == [200, 200]


async def test_the_fields_of_a_trailer_are_no_headers() -> None:
    connection = Connection()
    await connection.send(CHUNKED + b"0\r\nx-tenant: T\r\n\r\n" + GET)
    assert connection.statuses == [200, 200]
    assert connection.app.begun[0]["headers"] == [(b"transfer-encoding", b"chunked")]


@pytest.mark.parametrize(
    "data", [b"HELO x\r\n\r\n", b"\x16\x03\x01", b"GET /a HTTP/1.1\r\na b: c\r\n\r\n", b"GET ?a b"]
)
async def test_what_is_no_request_gets_400(data: bytes, log: io.BytesIO) -> None:
    connection = Connection()
    await connection.send(data + b"\r\n\r\n")
    assert only(connection).status == 400
    assert limit_of(only(connection)) == {"code": "BAD_REQUEST"}
    assert len(log.getvalue().splitlines()) == 1


async def test_a_body_that_cannot_be_read_gets_400_in_place_of_its_answer() -> None:
    connection = Connection()
    await connection.send(GET + CHUNKED + b"zz\r\n")
    assert connection.statuses == [200, 400]
    assert len(connection.app.begun) == 1


async def test_the_rest_of_a_large_body_that_cannot_be_read_is_dropped() -> None:
    connection = Connection()
    await connection.send(CHUNKED + b"18000\r\n" + b"y" * 0x18000 + b"zz\r\n")
    assert connection.statuses == [400]
    assert connection.transport.reads


async def test_what_follows_an_answer_to_a_body_that_cannot_be_read_is_no_second_answer() -> None:
    connection = Connection()
    await connection.send(b"POST /early HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
    await connection.send(b"zz\r\n")
    assert connection.statuses == [200]
    assert not connection.is_open()


async def test_an_answer_that_has_begun_is_completed_and_ends_the_connection() -> None:
    connection = Connection()
    await connection.send(b"POST /begun HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
    await connection.send(b"zz\r\n")
    connection.app.go.set()
    await connection.settle()
    assert only(connection).body == b"/begun"
    assert not connection.is_open()


async def test_a_refusal_is_one_line_in_the_log(log: io.BytesIO) -> None:
    connection = Connection()
    await connection.send(head(2 * LIMITS.header_bytes))
    [line] = [json.loads(line) for line in log.getvalue().splitlines()]
    del line["timestamp"]
    assert line == {
        "event": "request refused",
        "level": "info",
        "status": 431,
        "code": "LIMIT_EXCEEDED",
        "limit": "headerBytes",
        "address": "192.0.2.1",
        "request_id": only(connection).headers["x-request-id"],
    }


async def test_a_refused_client_may_read_why_before_the_connection_ends() -> None:
    connection = Connection()
    await connection.send(head(2 * LIMITS.header_bytes))
    assert connection.transport.has_ended
    connection.loop.pass_time(LINGER_SECONDS - 0.1)
    assert connection.is_open()
    # Dropped: it is neither parsed nor kept.
    await connection.send(GET * 1000)
    assert connection.statuses == [431]
    connection.loop.pass_time(0.1)
    assert connection.transport.is_aborted


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


async def test_an_upgrade_is_ignored_and_what_follows_it_is_not_read() -> None:
    connection = Connection()
    upgrade = b"GET /a HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"
    await connection.send(upgrade + GET)
    await connection.send(GET)
    assert connection.statuses == [200]
    assert not connection.is_open()


async def test_a_body_behind_an_upgrade_is_refused_and_never_taken_for_a_request() -> None:
    connection = Connection()
    await connection.send(
        b"POST /a HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n"
        b"content-length: %d\r\n\r\n%b" % (len(GET), GET)
    )
    assert connection.statuses == [400]
    assert connection.app.begun == []


async def test_a_connection_that_never_sends_is_closed_in_time() -> None:
    connection = Connection()
    connection.loop.pass_time(LIMITS.idle_seconds)
    assert not connection.is_open()


async def test_a_silent_connection_is_closed_in_time() -> None:
    connection = Connection()
    connection.loop.pass_time(LIMITS.idle_seconds - 1)
    assert connection.is_open()
    await connection.send(GET)
    connection.loop.pass_time(LIMITS.idle_seconds - 1)
    assert connection.is_open()
    connection.loop.pass_time(1)
    assert not connection.is_open()
    assert connection.statuses == [200]


@pytest.mark.parametrize("before", [b"", GET])
async def test_a_head_that_trickles_gets_408(before: bytes, log: io.BytesIO) -> None:
    connection = Connection()
    await connection.send(before + b"GET /a HTTP/1.1\r\nx: ")
    for _ in range(10):
        connection.loop.pass_time(LIMITS.header_seconds / 10)
        await connection.send(b"y")
    *_, last = connection.answers()
    assert last.status == 408
    assert limit_of(last)["limit"] == "headerSeconds"
    assert len(log.getvalue().splitlines()) == 1


async def test_empty_lines_are_overhead_too() -> None:
    connection = Connection()
    await connection.send(b"\r\n" * LIMITS.header_bytes)
    assert only(connection).status == 431


async def test_empty_lines_are_no_request_and_do_not_keep_a_connection() -> None:
    connection = Connection()
    for _ in range(10):
        await connection.send(b"\r\n")
        connection.loop.pass_time(LIMITS.header_seconds / 10)
    assert not connection.is_open()
    assert connection.statuses == []


async def test_a_request_in_progress_has_no_limit_of_the_connection() -> None:
    connection = Connection()
    await connection.send(WAIT)
    connection.loop.pass_time(1000)
    connection.app.go.set()
    await connection.settle()
    assert connection.statuses == [200]


@pytest.mark.parametrize("rest", [b"", b"y" * 9])
async def test_a_body_that_was_answered_early_must_end_in_time(rest: bytes) -> None:
    connection = Connection()
    await connection.send(b"POST /early HTTP/1.1\r\ncontent-length: 10\r\n\r\n")
    assert connection.statuses == [200]
    connection.loop.pass_time(LIMITS.body_seconds - 1)
    await connection.send(rest)
    connection.loop.pass_time(1)
    assert not connection.is_open()


async def test_a_body_that_was_answered_early_may_end_and_another_request_follow() -> None:
    connection = Connection()
    await connection.send(b"POST /early HTTP/1.1\r\ncontent-length: 10\r\n\r\n")
    await connection.send(b"y" * 10)
    connection.loop.pass_time(LIMITS.body_seconds)
    await connection.send(GET)
    assert connection.statuses == [200, 200]


async def test_a_client_that_does_not_read_its_answer_is_cut_off() -> None:
    connection = Connection()
    connection.transport.unsent = 100_000
    connection.protocol.pause_writing()
    connection.loop.pass_time(LIMITS.write_seconds)
    assert connection.transport.is_aborted


async def test_a_client_that_has_read_most_of_its_answer_is_not_watched() -> None:
    connection = Connection()
    connection.transport.unsent = 100_000
    connection.protocol.pause_writing()
    connection.transport.unsent = 0
    connection.protocol.resume_writing()
    connection.transport.unsent = 100_000
    connection.loop.pass_time(LIMITS.write_seconds)
    assert not connection.transport.is_aborted


async def test_a_client_that_reads_its_answer_slowly_is_served() -> None:
    connection = Connection()
    connection.transport.unsent = 1_000_000
    connection.protocol.pause_writing()
    while connection.transport.unsent > 0:
        taken = int(SLOWEST_READER * LIMITS.write_seconds)
        connection.transport.unsent = max(0, connection.transport.unsent - taken)
        connection.loop.pass_time(LIMITS.write_seconds)
    connection.protocol.resume_writing()
    assert not connection.transport.is_aborted


async def test_an_answer_that_ends_its_connection_must_be_read_in_time() -> None:
    connection = Connection()
    connection.transport.unsent = 100
    await connection.send(b"GET /a HTTP/1.1\r\nconnection: close\r\n\r\n")
    assert not connection.is_open()
    connection.loop.pass_time(LIMITS.write_seconds)
    assert connection.transport.is_aborted


async def test_limits_below_a_piece_hold_exactly() -> None:
    connection = Connection(ServerLimits(header_bytes=100))
    await connection.send(head(100))
    await connection.send(head(101))
    assert connection.statuses == [200, 431]


def test_worker_processes_get_the_limits() -> None:
    settings = Settings(limits=ServerLimits(headers=7))
    config = server_config("app:from_environment", settings, factory=True)
    http = pickle.loads(pickle.dumps(config)).http  # noqa: S301 - our own
    assert http.keywords == {"limits": settings.limits}


def test_uvicorn_is_the_one_that_the_connection_extends() -> None:
    """If this fails after an upgrade, compare the changed source with `server/http_protocol.py`,
    which takes the place of `data_received` and relies on the rest; then set the new digest."""
    parts = (HttpToolsProtocol, RequestResponseCycle, FlowControl)
    source = "".join(inspect.getsource(part) for part in parts)
    assert hashlib.sha256(source.encode()).hexdigest()[:16] == "1f0ad26f71ba02a7"
