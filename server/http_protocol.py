"""HTTP/1.1 connections: uvicorn's, with limits on what a client can do before it is
authenticated.

uvicorn bounds neither the head of a request nor the requests that are sent ahead of their answers
(pipelining), and httptools, its parser, collects a header at a cost that grows with its square.
Here the parser gets a connection's bytes in small pieces, and what it has taken in is checked after
each. A connection has a time limit whenever it waits for its client.

The rules hold for each connection, whether a client or a proxy has opened it.
"""

import asyncio
from collections import deque
from enum import Enum, auto
from os import urandom
from typing import Any

import httptools
import structlog
from uvicorn import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from server.errors import RequestRefusedError, bad_request
from server.http_refusals import (
    encoded_refusal,
    forwarded_too_long,
    path_too_long,
    too_long,
    too_many,
    too_slow,
)
from server.limits import ServerLimits

PIECE = 4096
"""Bytes that are parsed at once. They hold at most some 200 requests, and 1,000 headers."""
LONGEST_PATH = 1024
"""Bytes of a URL before its query string. They are decoded before the client is authenticated; no
path of the server is nearly as long."""
LONGEST_FORWARDED = PIECE
"""Bytes of `X-Forwarded-For`, which uvicorn parses before the server's own code sees a request."""
LINGER_SECONDS = 2.0
"""How long a refused client may go on sending. Without that time the connection would be reset
before the client has read why it is refused."""
SLOWEST_READER = 1000
"""Bytes of an answer that a client must take each second, on average over `write_seconds`."""

_BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
_LONGEST_METHOD = 32
"""More than any method that the parser knows, and the space behind it."""

log = structlog.get_logger("request")


class _Stage(Enum):
    """How far the parser is in a request."""

    HEAD = auto()
    BODY = auto()


class _Awaited(Enum):
    """What a connection waits for."""

    REQUEST = auto()
    HEAD = auto()
    """The rest of a request line and headers."""
    BODY = auto()
    """The rest of a body that was answered already."""
    END = auto()
    """The end of what a refused client still sends."""


class LimitedHttpProtocol(HttpToolsProtocol):
    """A connection whose requests keep to the limits. Others are answered 400, 408, 414 or 431,
    with one line in the log, and the connection ends."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: ServerLimits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._unparsed = memoryview(b"")
        self._stage: _Stage | None = None
        """None between two requests."""
        self._overhead = 0
        """Bytes parsed since the last that were body, or ended a head or a request."""
        self._has_advanced = False
        """True if the piece that is being parsed has such bytes."""
        self._unanswered: deque[RequestResponseCycle] = deque()
        """Requests in progress and waiting, oldest first."""
        self._refusal: RequestRefusedError | None = None
        self._drops_input = False
        """True if everything that still arrives is dropped."""
        self._awaited: _Awaited | None = None
        self._reading_timer: asyncio.TimerHandle | None = None
        self._writing_timer: asyncio.TimerHandle | None = None

    # What the event loop calls.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _FlowControl(self)
        self._watch()

    def data_received(self, data: bytes) -> None:
        if self._drops_input:
            return
        # Something is left only if reading was paused a moment ago.
        self._unparsed = memoryview(self._unparsed.tobytes() + data if self._unparsed else data)
        self._parse()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # uvicorn only tells the newest request, although an older one may be in progress.
        for cycle in self._unanswered:
            _disconnect(cycle)
        for waiting, _ in self.pipeline:
            # It never runs, and would keep this connection in memory.
            waiting.on_response = _nothing
        self._unanswered.clear()
        self.pipeline.clear()
        self._unset_keepalive_if_required()
        for timer in (self._reading_timer, self._writing_timer):
            if timer is not None:
                timer.cancel()
        self._reading_timer = self._writing_timer = None
        self._unparsed = memoryview(b"")
        self._drops_input = True

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._watch_writing()

    # What the parser calls.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._stage = _Stage.HEAD

    def on_headers_complete(self) -> None:
        self._check_head()
        super().on_headers_complete()
        self._unanswered.append(self.cycle)
        self._stage = _Stage.BODY
        self._has_advanced = True
        # The fields of a trailer come after the request was begun: they are no headers of it.
        self.headers = []

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._has_advanced = True

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._stage = None
        self._has_advanced = True

    # What a request calls.

    def on_response_complete(self) -> None:
        self._unanswered.popleft()
        super().on_response_complete()
        # uvicorn's own time limit is for silent connections only.
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            self._watch_writing()
        else:
            self._parse()

    # Parsing.

    def _parse(self) -> None:
        """Parse what has arrived, as far as requests need not wait for the ones before them."""
        while self._unparsed and not self.pipeline and not self._drops_input:
            size = min(PIECE, self._limits.header_bytes - self._overhead)
            piece, self._unparsed = self._unparsed[:size], self._unparsed[size:]
            self._parse_piece(piece)
        if self._refusal is not None and not self._unanswered:
            self._send(self._refusal)
        self._watch()

    def _parse_piece(self, piece: memoryview) -> None:
        self._has_advanced = False
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            # The request is answered without the upgrade. What follows it is in the other
            # protocol: parsed as HTTP, it could be a request that the proxy has not seen.
            self.cycle.keep_alive = False
            self._drops_input = True
        except httptools.HttpParserError:
            self._refuse(bad_request("The request is not valid HTTP/1.1."))
        if self._has_advanced:
            self._overhead = 0
        else:
            self._overhead += len(piece)
            if self._overhead >= self._limits.header_bytes:
                self._refuse(too_long(self._limits, is_url=self._is_all_url()))
        if self._stage is not None and len(self.headers) > self._limits.headers:
            self._refuse(too_many(self._limits, len(self.headers)))

    def _is_all_url(self) -> bool:
        """Whether the parser has seen nothing of a head but its URL."""
        is_head = self._stage is _Stage.HEAD
        return is_head and self._overhead - len(self.url) < _LONGEST_METHOD

    def _check_head(self) -> None:
        """Refuse a request before it is begun. Raises _RefusedError, which stops the parser."""
        if len(self.headers) > self._limits.headers:
            self._refuse(too_many(self._limits, len(self.headers)))
        elif len(self.url) > LONGEST_PATH and len(self.url.partition(b"?")[0]) > LONGEST_PATH:
            self._refuse(path_too_long(LONGEST_PATH, len(self.url)))
        elif self._overhead and _forwarded(self.headers) > LONGEST_FORWARDED:
            self._refuse(forwarded_too_long(LONGEST_FORWARDED, _forwarded(self.headers)))
        elif self.parser.should_upgrade() and _has_body(self.headers):
            # The parser would take the body for the beginning of the other protocol.
            self._refuse(bad_request("Send a request with a body without the header Upgrade."))
        if self._refusal is not None:
            raise _RefusedError

    def _refuse(self, refusal: RequestRefusedError) -> None:
        """Answer this after the requests that came before. The first refusal counts."""
        if self._refusal is not None:
            return
        self._refusal = refusal
        self._drops_input = True
        if self._stage is _Stage.BODY:
            self._abandon()

    def _abandon(self) -> None:
        """Give up the request whose body cannot be read to its end."""
        if self.cycle.response_complete:
            self.transport.close()
        elif self.cycle.response_started:
            self.cycle.keep_alive = False
        else:
            _disconnect(self._unanswered.pop())
            if self.pipeline:
                # Nothing was read behind it, so it is the newest.
                self.pipeline.popleft()

    # Refusing.

    def _send(self, refusal: RequestRefusedError) -> None:
        """Send a refusal, and wait a moment for the client to read it."""
        if self._awaited is _Awaited.END or self.transport.is_closing():
            return
        self._awaited = _Awaited.END
        self._drops_input = True
        request_id = urandom(16).hex()
        defaults = self.server_state.default_headers
        self.transport.write(encoded_refusal(refusal, request_id, defaults))
        log.info(
            "request refused",
            status=refusal.status,
            code=refusal.code,
            limit=refusal.extensions.get("limit"),
            address=self.client and self.client[0],
            request_id=request_id,
        )
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._set_reading_timer(LINGER_SECONDS)

    # Time limits.

    def _watch(self) -> None:
        """Limit the time of what the connection waits for, from when it began to wait."""
        if self._awaited is _Awaited.END:
            return
        awaited: _Awaited | None
        if self._unanswered or self._drops_input:
            awaited = None
        elif self._stage is _Stage.BODY:
            awaited = _Awaited.BODY
        elif self._stage is _Stage.HEAD or self._overhead:
            awaited = _Awaited.HEAD
        else:
            awaited = _Awaited.REQUEST
        if awaited is not self._awaited:
            self._awaited = awaited
            self._set_reading_timer(self._seconds(awaited))

    def _seconds(self, awaited: _Awaited | None) -> float | None:
        match awaited:
            case _Awaited.REQUEST:
                return self._limits.idle_seconds
            case _Awaited.HEAD:
                return self._limits.header_seconds
            case _Awaited.BODY:
                return self._limits.body_seconds
            case _:
                return None

    def _set_reading_timer(self, seconds: float | None) -> None:
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None
        if seconds is not None:
            self._reading_timer = self.loop.call_later(seconds, self._waited_too_long)

    def _waited_too_long(self) -> None:
        if self._awaited is _Awaited.HEAD and self._stage is _Stage.HEAD:
            self._send(too_slow(self._limits))
        else:
            self.transport.close()
            self._watch_writing()

    def _watch_writing(self) -> None:
        """End the connection unless its client takes what is written to it, fast enough."""
        if self._writing_timer is not None:
            self._writing_timer.cancel()
            self._writing_timer = None
        unsent = self.transport.get_write_buffer_size()
        if unsent and (self.flow.write_paused or self.transport.is_closing()):
            self._writing_timer = self.loop.call_later(
                self._limits.write_seconds, self._check_written, unsent
            )

    def _check_written(self, before: int) -> None:
        written = before - self.transport.get_write_buffer_size()
        if written < min(before, SLOWEST_READER * self._limits.write_seconds):
            log.info("answer not read", address=self.client and self.client[0])
            self.transport.abort()
        else:
            self._watch_writing()


def _disconnect(cycle: RequestResponseCycle) -> None:
    """Let a request end as if its client had left."""
    cycle.disconnected = True
    cycle.message_event.set()


def _nothing() -> None:
    """What there is to do after the response of a connection that has ended."""


def _forwarded(headers: list[tuple[bytes, bytes]]) -> int:
    return sum(len(value) for name, value in headers if name == b"x-forwarded-for")


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name in _BODY_HEADERS for name, _ in headers)


class _RefusedError(Exception):
    """Stops the parser."""


class _FlowControl(FlowControl):
    """Reads nothing more while requests wait for the ones before them.

    A request in progress resumes reading whenever it looks for a body.
    """

    def __init__(self, connection: LimitedHttpProtocol) -> None:
        super().__init__(connection.transport)
        self._waiting = connection.pipeline

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()
