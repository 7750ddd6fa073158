"""What may come on a connection before a request is known, and how the rest is refused."""

import hashlib
import inspect
import io
import json
import pickle

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from commands.serving import server_config
from server.http_protocol import LONGEST_FORWARDED, LONGEST_PATH, PIECE
from server.limits import ServerLimits
from settings import Settings
from tests.server.connections import CHUNKED, GET, LIMITS, Connection, head, limit_of, only

# It is not known where in a piece the body has ended.
MORE = b"x" * (LIMITS.header_bytes + PIECE)


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


async def test_empty_lines_are_overhead_too() -> None:
    connection = Connection()
    await connection.send(b"\r\n" * LIMITS.header_bytes)
    assert only(connection).status == 431


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
