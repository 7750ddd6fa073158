"""What the server answers beside its products: probes, the printed schema, security headers."""

import asyncio
import hashlib

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import schema
from db.migrations import state
from db.session import Database
from web.pages import is_known

READY_SECONDS = 5.0
"""How long `/readyz` waits for the database: probes give up soon after."""

_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

log = structlog.get_logger("app")


class SecurityHeadersMiddleware:
    """Says to browsers what no answer of ours needs. A route's own header wins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


async def healthz(_request: Request) -> Response:
    """The process answers. Nothing else is asked, or a slow database would get it restarted."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


class Readiness:
    """200 while the database answers and has the tables this program expects, 503 otherwise."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = await self._reason()
        body = {"status": "unavailable", "reason": reason} if reason else {"status": "ready"}
        headers = {"Cache-Control": "no-store"}
        await JSONResponse(body, 503 if reason else 200, headers)(scope, receive, send)

    async def _reason(self) -> str | None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                applied = await state.applied(self._engine)
        except Exception:
            # What the driver says may name hosts and roles: it is for the log alone.
            log.warning("the database cannot be reached", exc_info=True)
            return "The database cannot be reached."
        if applied == state.expected():
            return None
        return (
            f"The database is at revision {applied or 'none'}, this program expects "
            f"{state.expected()}: run `partnergraph migrate`."
        )


class PrintedSchema:
    """The schema as partners' tools read it. It holds no data, so no key is asked for."""

    def __init__(self) -> None:
        self._text = schema.printed()
        self._etag = f'"{hashlib.sha256(self._text.encode()).hexdigest()[:32]}"'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"ETag": self._etag, "Cache-Control": "no-cache"}
        if is_known(self._etag, Headers(scope=scope)):
            response = Response(status_code=304, headers=headers)
        else:
            response = Response(self._text, headers=headers, media_type="text/plain")
        await response(scope, receive, send)
