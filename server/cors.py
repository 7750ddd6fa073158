"""CORS for the pages that hold widget sessions (https://fetch.spec.whatwg.org/#http-cors-protocol).

Starlette's middleware answers a list that is fixed when it starts, to whoever asks. Here origins
are registered while the server runs, and an API key or an access token has no business in a page:
an answer to one must not be readable there.
"""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.jwt import issuer_of
from auth.origins import Origins

KEPT_SECONDS = 600
"""How long a browser may keep what a preflight answered."""

_METHODS = "GET, POST"
_SENT = ", ".join(
    (
        "Authorization",
        "Content-Type",
        "Accept",
        "Accept-Language",
        "X-Tenant",
        "X-Request-Id",
        "If-None-Match",
    )
)
_SHOWN = "RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, ETag"
_BEARER = re.compile(r"Bearer +(\S+) *", re.IGNORECASE)


class Cors:
    """Lets pages of registered origins read the answers of an ASGI application."""

    def __init__(self, app: ASGIApp, origins: Origins, *, issuer: str) -> None:
        """`issuer` is that of widget sessions."""
        self._app = app
        self._origins = origins
        self._issuer = issuer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        readable = await self._readable(origin, headers.get("authorization"))
        if readable and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await Response(status_code=204, headers=_preflight(origin or ""))(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                # Also where there is no Origin: whoever keeps answers must tell them apart.
                answered.add_vary_header("Origin")
                if readable:
                    answered["Access-Control-Allow-Origin"] = origin or ""
                    answered["Access-Control-Expose-Headers"] = _SHOWN
            await send(message)

        await self._app(scope, receive, send_with_headers)

    async def _readable(self, origin: str | None, authorization: str | None) -> bool:
        """Whether a page of the origin may read the answer to that credential.

        A page may learn why its session, or none at all, is refused. Data it gets from its own
        origin's session alone: the bearers of another origin are nobody (`auth.bearer`).
        """
        if not await self._origins.clients(origin):
            return False
        if authorization is None:
            return True
        bearer = _BEARER.fullmatch(authorization)
        return bearer is not None and issuer_of(bearer[1]) == self._issuer


def _preflight(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": _SENT,
        "Access-Control-Max-Age": str(KEPT_SECONDS),
        "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        "Cache-Control": "no-store",
    }
