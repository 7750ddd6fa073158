"""One id for each request: in its response, in its log lines, and in its masked errors."""

import re
from contextvars import ContextVar
from uuid import uuid4

import orjson
import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from execution.errors import internal_error

HEADER = "X-Request-Id"

# A caller's id ends up in our logs: nothing in it may need escaping or take much room.
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")

_current: ContextVar[str | None] = ContextVar("request_id", default=None)

log = structlog.get_logger("request")


def current_request_id() -> str | None:
    """The id of the request being served, or None outside of one."""
    return _current.get()


class RequestIdMiddleware:
    """Gives every request an id, and every response an ``X-Request-Id``.

    A sane incoming id is kept, so that a caller's own logs and ours can be joined. Make it the
    application's first middleware: an exception that nothing inside has answered becomes a masked
    500 here, because a response made further out would lack the header.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        incoming = Headers(scope=scope).get(HEADER, "")
        request_id = incoming if _ACCEPTED.fullmatch(incoming) else uuid4().hex
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] in {"http.response.start", "websocket.accept"}:
                started = True
                message.setdefault("headers", [])
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        token = _current.set(request_id)
        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            log.exception("unexpected error")
            if started or scope["type"] != "http":
                raise
            await _answer_internal_error(request_id, send_with_id)
        finally:
            _current.reset(token)


async def _answer_internal_error(request_id: str, send: Send) -> None:
    body = orjson.dumps({"errors": [internal_error(request_id)]})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})
