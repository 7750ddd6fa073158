"""A connection of the server without a network, whose time passes by hand."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import httptools
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from server.http_protocol import LimitedHttpProtocol
from server.limits import ServerLimits

LIMITS = ServerLimits()
GET = b"GET /a HTTP/1.1\r\n\r\n"
WAIT = b"GET /wait HTTP/1.1\r\n\r\n"
CHUNKED = b"POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n"
"""The beginning of a request whose body goes on."""


def head(size: int) -> bytes:
    """A whole request of so many bytes, all of them of its head."""
    start, end = b"GET /a HTTP/1.1\r\nx: ", b"\r\n\r\n"
    return start + b"y" * (size - len(start) - len(end)) + end


class Transport(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 4711)})
        self.written = bytearray()
        self.unsent = 0
        self.reads = True
        self.has_ended = False
        """No more is written."""
        self.is_closed = False
        self.is_aborted = False

    def write(self, data: Any) -> None:
        assert not self.has_ended
        self.written += data

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.has_ended = True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True


def _nothing() -> None:
    pass


@dataclass
class _Timer:
    due: float
    call: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        # Nothing of the call is kept, as in the event loop.
        self.is_cancelled, self.call = True, _nothing


class Loop:
    """Begins tasks in the loop that runs, and timers when the test says so."""

    def __init__(self) -> None:
        self._now = 0.0
        self._timers: list[_Timer] = []

    def create_task(self, work: Any, **options: Any) -> Any:
        return asyncio.get_running_loop().create_task(work, **options)

    def call_later(self, seconds: float, call: Callable[..., None], *arguments: Any) -> _Timer:
        timer = _Timer(self._now + seconds, lambda: call(*arguments))
        self._timers.append(timer)
        return timer

    def pass_time(self, seconds: float) -> None:
        end = self._now + seconds
        while due := [t for t in self._timers if not t.is_cancelled and t.due <= end]:
            timer = min(due, key=lambda t: t.due)
            self._now = timer.due
            self._timers.remove(timer)
            timer.call()
        self._now = end


@dataclass
class App:
    """Answers with its path and the body, when that has come.

    `/wait` waits for `go` too, `/early` for nothing, and `/begun` for `go` in the midst of its
    answer.
    """

    go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[Scope] = field(default_factory=list)
    left: int = 0
    """Requests whose client has left."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun.append(scope)
        path = scope["path"]
        received = b""
        while path not in {"/early", "/begun"}:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left += 1
                return
            received += message["body"]
            if not message["more_body"]:
                break
        if path == "/wait":
            await self.go.wait()
        body = path.encode() + received
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if path == "/begun":
            await self.go.wait()
        await send({"type": "http.response.body", "body": body})


@dataclass
class Answer:
    """One response, as a client reads it."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Connection:
    """One connection: what is sent to it, and what it answers."""

    def __init__(self, limits: ServerLimits | None = None) -> None:
        self.app = App()
        self.loop = Loop()
        self.transport = Transport()
        config = uvicorn.Config(
            self.app, ws="none", lifespan="off", log_config=None, access_log=False
        )
        self.protocol = LimitedHttpProtocol(
            config,
            ServerState(),
            {},
            cast("asyncio.AbstractEventLoop", self.loop),
            limits=limits or ServerLimits(),
        )
        self.protocol.connection_made(self.transport)

    async def send(self, data: bytes, *, by: int | None = None) -> None:
        """Send the data, in pieces of `by` bytes, and let requests do what they can."""
        size = by or len(data) or 1
        for start in range(0, len(data), size):
            self.protocol.data_received(data[start : start + size])
        await self.settle()

    async def settle(self) -> None:
        """Let requests do what they can."""
        before = -1
        while before != (before := len(self.transport.written)):
            for _ in range(50):
                await asyncio.sleep(0)

    def is_open(self) -> bool:
        return not self.transport.is_closed

    def answers(self) -> list[Answer]:
        """The responses so far."""
        reader = _Reader()
        parser = httptools.HttpResponseParser(reader)
        reader.parser = parser
        parser.feed_data(bytes(self.transport.written))
        return reader.answers

    @property
    def statuses(self) -> list[int]:
        return [answer.status for answer in self.answers()]


def only(connection: Connection) -> Answer:
    """The single answer of a connection."""
    [answer] = connection.answers()
    return answer


def limit_of(answer: Answer) -> dict[str, Any]:
    """The extensions of the single error of a refusal, after which the connection ends."""
    assert answer.headers["connection"] == "close"
    assert answer.headers["content-type"] == "application/json"
    [error] = json.loads(answer.body)["errors"]
    extensions: dict[str, Any] = error["extensions"]
    return extensions


class _Reader:
    parser: httptools.HttpResponseParser

    def __init__(self) -> None:
        self.answers: list[Answer] = []

    def on_message_begin(self) -> None:
        self.answers.append(Answer())

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answers[-1].headers[name.decode().lower()] = value.decode()

    def on_headers_complete(self) -> None:
        self.answers[-1].status = self.parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.answers[-1].body += body
