"""The load generator, against a minimal server."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load import LoadError, Plan, generate, http_request, run


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


def _plan(server: _Server, *, connections: int, most: int, per_second: float | None = None) -> Plan:
    return Plan(
        port=server.server_port,
        requests=tuple(http_request("/graphql", "key", body=body) for body in ("first", "second")),
        connections=connections,
        seconds=30,
        most=most,
        per_second=per_second,
    )


@pytest.mark.parametrize("connections", [1, 4])
def test_every_request_is_measured_and_no_more_are_sent_than_planned(
    server: _Server, connections: int
) -> None:
    measured = run(_plan(server, connections=connections, most=20))
    assert measured.requests == 20
    assert sorted(server.bodies) == [b"first"] * 10 + [b"second"] * 10
    assert measured.seconds >= measured.p99 / 1000 > 0


def test_an_answer_with_errors_ends_the_measurement(server: _Server) -> None:
    server.answer = b'{"data":null,"errors":[{"message":"no"}]}'
    with pytest.raises(LoadError, match="no"):
        run(_plan(server, connections=1, most=5))


def test_requests_are_begun_at_the_rate_of_the_plan(server: _Server) -> None:
    measured = run(_plan(server, connections=2, most=11, per_second=50))
    assert measured.requests == 11
    # The eleventh request is due after 10 / 50 s.
    assert measured.seconds >= 0.2


def test_a_process_of_its_own_reports_many_requests_in_a_few_figures(server: _Server) -> None:
    measured = generate(_plan(server, connections=4, most=200))
    assert measured.requests == 200
    assert 0 < measured.p50 <= measured.p95 <= measured.p99
