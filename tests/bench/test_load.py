"""The load generator, against a server of two lines."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load import LoadError, Plan, run


class _Server(ThreadingHTTPServer):
    answer = b'{"data":{}}'
    bodies: list[bytes]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.bodies = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _plan(server: _Server, *, connections: int, most: int) -> Plan:
    return Plan(
        port=server.server_port,
        path="/graphql",
        key="key",
        bodies=("first", "second"),
        connections=connections,
        seconds=30,
        most=most,
    )


@pytest.mark.parametrize("connections", [1, 4])
def test_every_request_is_measured_and_no_more_are_sent_than_planned(
    server: _Server, connections: int
) -> None:
    measured = run(_plan(server, connections=connections, most=20))
    assert len(measured.latencies) == 20
    assert sorted(server.bodies) == [b"first"] * 10 + [b"second"] * 10
    assert measured.seconds >= max(measured.latencies) / 1000


def test_an_answer_with_errors_ends_the_measurement(server: _Server) -> None:
    server.answer = b'{"data":null,"errors":[{"message":"no"}]}'
    with pytest.raises(LoadError, match="no"):
        run(_plan(server, connections=1, most=5))
