"""Attacks by clients without a credential, on a server in a process of its own.

Each is refused, or served at its turn, and costs no memory. Times are short, so that the server's
limits end what the attacker does not.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

import httptools
import httpx
import pytest

from tests.support.databases import Databases
from tests.support.processes import memory, served

ROOT = Path(__file__).parents[2]
SECONDS = "0.5"
MEGABYTE = 1_000_000
FORM = b"content-type: application/x-www-form-urlencoded\r\n"
CHUNKED = b"POST /oauth/token HTTP/1.1\r\ntransfer-encoding: chunked\r\n" + FORM + b"\r\n1\r\na\r\n"


@dataclass
class Server:
    """A running server."""

    process: "subprocess.Popen[str]"
    url: str
    lines: "Queue[str]"
    """What it has logged, and no test has read yet."""

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines up to the first one with this event, which the server may yet have to write."""
        lines: list[dict[str, Any]] = []
        while not lines or lines[-1]["event"] != event:
            line = self.lines.get(timeout=10)
            assert "Traceback" not in line
            lines.append(json.loads(line))
        return lines

    def connect(self) -> socket.socket:
        address = httpx.URL(self.url)
        return socket.create_connection((address.host, address.port or 0), timeout=10)


@pytest.fixture(scope="module")
def server(databases: Databases) -> Iterator[Server]:
    with databases.empty("sqlite") as url:
        environment = os.environ | {
            "PARTNERGRAPH_DATABASE_URL": url,
            "PARTNERGRAPH_LIMITS_HEADER_SECONDS": SECONDS,
            "PARTNERGRAPH_LIMITS_IDLE_SECONDS": SECONDS,
            "PARTNERGRAPH_LIMITS_BODY_SECONDS": SECONDS,
            "PARTNERGRAPH_LIMITS_WRITE_SECONDS": SECONDS,
        }
        command = [sys.executable, "-m", "partnergraph", "serve", "--host", "127.0.0.1"]
        with served(command, cwd=ROOT, environment=environment) as (process, origin):
            lines: Queue[str] = Queue()
            threading.Thread(target=_read, args=(process, lines), daemon=True).start()
            # Warm: what every process allocates once is not the attack's.
            for _ in range(20):
                httpx.get(f"{origin}/healthz")
                httpx.post(f"{origin}/oauth/token")
            yield Server(process, origin, lines)


def _read(process: "subprocess.Popen[str]", lines: "Queue[str]") -> None:
    assert process.stderr
    for line in process.stderr:
        lines.put(line)


@pytest.fixture(autouse=True)
def frugal(server: Server) -> Iterator[None]:
    """No attack costs memory, ends the server, or keeps it from serving others, and none leaves a
    traceback in the log."""
    before = memory(server.process)
    yield
    assert memory(server.process) - before < 8 * MEGABYTE
    assert httpx.post(f"{server.url}/graphql").status_code == 401
    server.logged("operation")


def send(connection: socket.socket, piece: bytes, most: int) -> None:
    """Send the piece again and again, until so many bytes are sent or the server cuts off."""
    try:
        for _ in range(most // len(piece)):
            connection.sendall(piece)
    except OSError:
        return


def received(connection: socket.socket) -> bytes:
    """All that the server sends until it ends the connection."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def statuses(data: bytes) -> list[int]:
    """Of the responses in the data."""

    class Reader:
        def __init__(self) -> None:
            self.found: list[int] = []

        def on_headers_complete(self) -> None:
            self.found.append(parser.get_status_code())

    reader = Reader()
    parser = httptools.HttpResponseParser(reader)
    parser.feed_data(data)
    return reader.found


def limit(data: bytes) -> dict[str, Any]:
    """The extensions of the error that ends the data."""
    [error] = json.loads(data[data.rindex(b"\r\n\r\n") :])["errors"]
    extensions: dict[str, Any] = error["extensions"]
    return extensions


@pytest.mark.parametrize(
    ("start", "piece", "status", "name"),
    [
        (b"GET /graphql HTTP/1.1\r\nx: ", b"a" * 65_536, 431, "headerBytes"),
        (b"GET /graphql HTTP/1.1\r\n", b"a" * 65_536, 431, "headerBytes"),
        (b"GET /graphql HTTP/1.1\r\n", b"a: b\r\n" * 10_000, 431, "headers"),
        (b"GET /graphql?", b"a" * 65_536, 414, "headerBytes"),
        (b"", b"\r\n" * 30_000, 431, "headerBytes"),
        (CHUNKED + b"0\r\n", b"a: b\r\n" * 10_000, 431, "headers"),
        (CHUNKED + b"0\r\nx: ", b"a" * 65_536, 431, "headerBytes"),
        (CHUNKED + b"1;x=", b"a" * 65_536, 431, "headerBytes"),
    ],
    ids=["header", "name", "headers", "url", "empty lines", "trailers", "trailer", "extension"],
)
def test_a_head_without_an_end_is_refused(
    server: Server, start: bytes, piece: bytes, status: int, name: str
) -> None:
    with server.connect() as connection:
        connection.sendall(start)
        send(connection, piece, 150 * MEGABYTE)
        answer = received(connection)
    assert statuses(answer) == [status]
    assert limit(answer)["limit"] == name


def test_a_head_that_trickles_is_refused(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nx")
        answer = received(connection)
    assert statuses(answer) == [408]
    assert limit(answer)["limit"] == "headerSeconds"


def test_connections_that_never_send_are_closed(server: Server) -> None:
    connections = [server.connect() for _ in range(100)]
    for connection in connections:
        with connection:
            assert received(connection) == b""


def test_a_kept_alive_connection_that_falls_silent_is_closed(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n\r\n" * 2)
        assert statuses(received(connection)) == [200, 200]


@pytest.mark.parametrize(
    ("path", "found"), [(b"/graphql", [401]), (b"/oauth/token", [408]), (b"/healthz", [405])]
)
def test_a_body_that_trickles_ends_the_connection(
    server: Server, path: bytes, found: list[int]
) -> None:
    with server.connect() as connection:
        head = b"POST %b HTTP/1.1\r\ncontent-length: 1000\r\n%b\r\na" % (path, FORM)
        connection.sendall(head)
        assert statuses(received(connection)) == found


def test_a_flood_of_pipelined_requests_is_served_at_its_turn(server: Server) -> None:
    request, number = b"GET /healthz HTTP/1.1\r\n\r\n", 10_000
    with server.connect() as connection:
        writer = threading.Thread(target=connection.sendall, args=(request * number,))
        writer.start()
        answers = received(connection)
        writer.join()
    assert statuses(answers) == [200] * number


def test_pipelined_requests_whose_answers_nobody_reads_are_cut_off(server: Server) -> None:
    with server.connect() as connection:
        connection.settimeout(3)
        requests = threading.Thread(
            target=send,
            args=(connection, b"GET /schema.graphql HTTP/1.1\r\n\r\n" * 1000, 10 * MEGABYTE),
        )
        requests.start()
        server.logged("answer not read")
        # What the kernel held of the answers, and then the end.
        received(connection)
        requests.join()


def test_a_refusal_behind_a_proxy_ends_one_connection(server: Server) -> None:
    forwarded = b"x-forwarded-for: 192.0.2.7\r\n"
    with server.connect() as kept, server.connect() as other:
        kept.sendall(b"GET /healthz HTTP/1.1\r\n" + forwarded + b"\r\n")
        kept.sendall(b"GET /healthz HTTP/1.1\r\n" + forwarded + b"a: b\r\n" * 200 + b"\r\n")
        other.sendall(b"GET /healthz HTTP/1.1\r\n" + forwarded + b"\r\n")
        assert statuses(received(kept)) == [200, 431]
        assert statuses(received(other)) == [200]


def test_each_refusal_is_one_line_in_the_log(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n")
        received(connection)
    httpx.post(f"{server.url}/graphql")
    *_, logged, _ = server.logged("operation")
    assert (logged["event"], logged["status"]) == ("request refused", 431)
    assert (logged["limit"], logged["address"]) == ("headers", "127.0.0.1")
