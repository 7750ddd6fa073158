"""The load generator: a process of its own, so that it never waits for the server's interpreter.

    python -m bench.load < plan.json > round.json

It keeps N connections to the loopback busy, each with one request after the other, until the time
or the number of requests is used up. uvloop and httptools make it light: the share of a core that
it took is part of its result.
"""

import asyncio
import sys
import time
from dataclasses import asdict, dataclass
from typing import cast

import httptools
import orjson
import uvloop

from bench.figures import Round

HOST = "127.0.0.1"
FAILED_TAIL = b'"errors":['


class LoadError(Exception):
    """The server did not answer as it must; what was measured is worth nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send. Bounded by time and by number, whichever is first."""

    port: int
    path: str
    key: str
    bodies: tuple[str, ...]
    """Sent in turn. A request without a body is a GET."""
    connections: int
    seconds: float
    most: int


def run(plan: Plan) -> Round:
    """Generate the load of a plan in this process."""
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
        # A connection that failed would otherwise be waited for by a server that still serves it.
        for connection in connections:
            connection.close()
    seconds = work.last - work.first
    return Round(
        seconds=seconds,
        latencies=tuple(work.latencies),
        generator_cpu=(time.process_time() - cpu) / seconds,
        response_bytes=work.largest,
    )


class _Work:
    """What all connections share: the requests to be sent, and what was measured."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._requests = [_encoded(plan, body) for body in plan.bodies]
        self._sent = 0
        self.first = self.last = 0.0
        self.latencies: list[float] = []
        self.largest = 0

    def begin(self) -> None:
        self.first = time.perf_counter()

    def next(self) -> bytes | None:
        """The next request; None when there is nothing more to do."""
        ended = time.perf_counter() - self.first >= self._plan.seconds
        if ended or self._sent >= self._plan.most:
            return None
        self._sent += 1
        return self._requests[self._sent % len(self._requests)]

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
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def send(self) -> None:
        request = self._work.next()
        if request is None:
            self.ended.set_result(None)
            return
        self._parser = httptools.HttpResponseParser(self)
        self._received.clear()
        self._answered = False
        self._sent = time.perf_counter()
        self._transport.write(request)

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
            if self._parser.get_status_code() != 200 or FAILED_TAIL in received:
                self._fail(LoadError(received[:2000].decode(errors="replace")))
            else:
                self.send()

    def on_message_complete(self) -> None:
        self._answered = True

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(error or LoadError("the server closed a connection"))

    def _fail(self, error: Exception) -> None:
        if not self.ended.done():
            self.ended.set_exception(error)


def _encoded(plan: Plan, body: str) -> bytes:
    content = body.encode()
    lines = [
        f"{'POST' if content else 'GET'} {plan.path} HTTP/1.1",
        f"Host: {HOST}:{plan.port}",
        f"Authorization: Bearer {plan.key}",
        "Accept: application/graphql-response+json",
    ]
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def main() -> None:
    """One round, from a plan on standard input to its measurements on standard output."""
    plan = orjson.loads(sys.stdin.buffer.read())
    try:
        measured = run(Plan(**plan))
    except (LoadError, OSError, TimeoutError) as error:
        sys.exit(f"the load generator gave up: {type(error).__name__} {error}")
    sys.stdout.buffer.write(orjson.dumps(asdict(measured)))


if __name__ == "__main__":
    main()
