"""CORS for the pages that hold widget sessions (https://fetch.spec.whatwg.org/#http-cors-protocol).

Starlette's middleware serves a list of origins that is fixed at its start, whatever the credential.
Here origins are registered while the server runs. And an API key or an access token does not belong
in a page: the response to one must not be readable there.
"""

import re

from auth.jwt import issuer_of
from auth.origins import Origins
from server.requests import Request
from server.responses import Response

PREFLIGHT_SECONDS = 600
"""How long a browser may keep the response to a preflight."""

_METHODS = "GET, POST"
_REQUEST_HEADERS = ", ".join(
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
_BEARER = re.compile(r"Bearer +(\S+) *", re.IGNORECASE)


class Cors:
    """Decides which pages may read the responses of an endpoint."""

    def __init__(self, origins: Origins, *, issuer: str) -> None:
        """`issuer` is that of widget sessions."""
        self._origins = origins
        self._issuer = issuer

    async def readable_by(self, request: Request) -> str | None:
        """The origin of the page that may read the response; None if no page may.

        A page may learn why its session is refused, or that it sent none. It gets data only by a
        session of its own origin: for any other the session is no credential (`auth.bearer`).
        """
        origin = request.headers.get("origin")
        if origin is None or not await self._origins.clients(origin):
            return None
        authorization = request.headers.get("authorization")
        if authorization is None:
            return origin
        bearer = _BEARER.fullmatch(authorization)
        if bearer is None or issuer_of(bearer[1]) != self._issuer:
            return None
        return origin


def is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


def preflight(origin: str) -> Response:
    """The response to a preflight from an origin that is registered."""
    headers = {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": _METHODS,
        "access-control-allow-headers": _REQUEST_HEADERS,
        "access-control-max-age": str(PREFLIGHT_SECONDS),
        "vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }
    return Response(204, headers=headers)
