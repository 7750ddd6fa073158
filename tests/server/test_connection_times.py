"""How long a connection waits for its client, for each thing that it may wait for."""

import io

import pytest

from server.http_protocol import LINGER_SECONDS, SLOWEST_READER
from tests.server.connections import GET, LIMITS, WAIT, Connection, head, limit_of


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
    assert not connection.is_open()


async def test_answers_before_a_refusal_may_be_read_as_slowly_as_others() -> None:
    connection = Connection()
    connection.transport.unsent = 1_000_000
    await connection.send(GET + b"nonsense\r\n\r\n")
    connection.loop.pass_time(LINGER_SECONDS)
    connection.transport.unsent = 500_000
    connection.loop.pass_time(LIMITS.write_seconds)
    assert not connection.transport.is_aborted
    connection.loop.pass_time(LIMITS.write_seconds)
    assert connection.transport.is_aborted


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
