"""The load generator. Runs in a process of its own, so that it never waits for the server's GIL.

    python -m bench.load < plan.json > round.json

It keeps connections to the loopback interface busy, with one request at a time on each, until the
time or the number of requests is used up. It reports percentiles instead of single latencies, so
its output always fits into a pipe. With PYTHONUNBUFFERED set, Python writes standard output by one
system call and ignores how much was written; after uvloop has run, a longer write may be cut short.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import cast

import httptools
import orjson
import uvloop

from bench.figures import Round, percentile

HOST = "127.0.0.1"
ERRORS = b'"errors":['


class LoadError(Exception):
    """The server gave an unexpected answer, so that the measurement means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send. Ends after `seconds` or `most` requests, whichever comes first."""

    port: int
    requests: tuple[str, ...]
    """Whole HTTP requests, sent in turn (`http_request`)."""
    connections: int
    seconds: float
    most: int
    status: int = 200
    """Status that every response must have."""
    per_second: float | None = None
    """Rate at which to begin requests; as fast as possible if None."""


def http_request(
    path: str, key: str, *, body: str = "", headers: Mapping[str, str] | None = None
) -> str:
    """Return the text of a request: a POST of JSON, or a GET if there is no body."""
    lines = [
        f"{'POST' if body else 'GET'} {path} HTTP/1.1",
        f"Host: {HOST}",
        f"Authorization: Bearer {key}",
        "Accept: application/graphql-response+json",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    if body:
        length = len(body.encode())
        lines += ["Content-Type: application/json", f"Content-Length: {length}"]
    return "\r\n".join([*lines, "", body])


def generate(plan: Plan) -> Round:
    """Run a plan in a new process. Exits with a message if the generator failed."""
    finished = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=orjson.dumps(asdict(plan)),
        stdout=subprocess.PIPE,
        timeout=plan.seconds + 60,
        check=False,
    )
    if finished.returncode:
        sys.exit("The measurement failed: see the message above.")
    return Round(**orjson.loads(finished.stdout))


def run(plan: Plan) -> Round:
    """Run a plan in this process. Raises LoadError, OSError or TimeoutError."""
    return uvloop.run(_run(plan))


async def _run(plan: Plan) -> Round:
    work = _Work(plan)
    loop = asyncio.get_running_loop()
    connections = []
    try:
        for _ in range(plan.connections):
            _, connection = await loop.create_connection(lambda: _Connection(work), HOST, plan.port)
            connections.append(connection)
        work.begin()
        cpu = time.process_time()
        for connection in connections:
            connection.send()
        async with asyncio.timeout(plan.seconds + 30):
            await asyncio.gather(*(connection.ended for connection in connections))
    finally:
        # Otherwise the server would go on to serve the connections that did not fail.
        for connection in connections:
            connection.close()
    seconds = work.last - work.first
    return Round(
        requests=len(work.latencies),
        seconds=seconds,
        p50=percentile(work.latencies, 50),
        p95=percentile(work.latencies, 95),
        p99=percentile(work.latencies, 99),
        generator_cpu=(time.process_time() - cpu) / seconds,
        response_bytes=work.largest,
    )


class _Work:
    """What all connections share: the requests to send, and the measurements."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._requests = [request.encode() for request in plan.requests]
        self._sent = 0
        self.first = self.last = 0.0
        self.latencies: list[float] = []
        self.largest = 0

    def begin(self) -> None:
        self.first = time.perf_counter()

    def next(self) -> tuple[bytes, float] | None:
        """Return the next request and the seconds until it is due; None at the end."""
        elapsed = time.perf_counter() - self.first
        if elapsed >= self.plan.seconds or self._sent >= self.plan.most:
            return None
        due = self._sent / self.plan.per_second if self.plan.per_second else elapsed
        request = self._requests[self._sent % len(self._requests)]
        self._sent += 1
        return request, due - elapsed

    def answered(self, sent: float, received: int) -> None:
        self.last = time.perf_counter()
        self.latencies.append((self.last - sent) * 1000)
        self.largest = max(self.largest, received)


class _Connection(asyncio.Protocol):
    def __init__(self, work: _Work) -> None:
        self._work = work
        self._sent = 0.0
        self._received: list[bytes] = []
        self._answered = False
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()

    def send(self) -> None:
        following = self._work.next()
        if following is None:
            self.ended.set_result(None)
            return
        request, wait = following
        if wait > 0:
            self._loop.call_later(wait, self._write, request)
        else:
            self._write(request)

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._received.append(data)
        self._parser.feed_data(data)
        if self._answered:
            received = b"".join(self._received)
            self._work.answered(self._sent, len(received))
            status = self._parser.get_status_code()
            if status != self._work.plan.status or ERRORS in received:
                self._fail(LoadError(received[:2000].decode(errors="replace")))
            else:
                self.send()

    def on_message_complete(self) -> None:
        self._answered = True

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(error or LoadError("the server closed a connection"))

    def _write(self, request: bytes) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._received.clear()
        self._answered = False
        self._sent = time.perf_counter()
        self._transport.write(request)

    def _fail(self, error: Exception) -> None:
        if not self.ended.done():
            self.ended.set_exception(error)


def main() -> None:
    """Read a plan from standard input and write its round to standard output."""
    plan = orjson.loads(sys.stdin.buffer.read())
    try:
        measured = run(Plan(**plan))
    except (LoadError, OSError, TimeoutError) as error:
        sys.exit(f"the load generator gave up: {type(error).__name__} {error}")
    sys.stdout.buffer.write(orjson.dumps(asdict(measured)))


if __name__ == "__main__":
    main()
