"""The backend of the demo's page: what a portal's own does for its signed-in users.

It hands a widget session to whoever opens the page, so a server has it in demo mode alone.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from server.forms import FormError, read_body

PATH = "/widget/demo-token"

_VIEWS = {"partner", "customer"}


class Session(Protocol):
    """A widget session."""

    @property
    def text(self) -> str: ...
    @property
    def seconds(self) -> int: ...


MakeSession = Callable[[str, str | None], Awaitable[Session | None]]
"""A session for the pages of an origin, of a customer or of all that the demo's partner sees; none
where the origin is not registered."""


class DemoPortal:
    """An ASGI application; route POST to it."""

    def __init__(
        self, make_session: MakeSession, *, customer_number: str, url: str, body_seconds: float
    ) -> None:
        """`url` is the server's own, whose pages are registered."""
        self._make_session = make_session
        self._customer_number = customer_number
        self._url = url
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answer(Headers(scope=scope), receive)
        except ClientDisconnect:
            return
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _answer(self, headers: Headers, receive: Receive) -> Response:
        try:
            asked = orjson.loads(await read_body(receive, seconds=self._body_seconds))
        except FormError as error:
            return _refusal(error.status, "BAD_REQUEST", str(error))
        except orjson.JSONDecodeError:
            asked = None
        view = asked.get("view") if isinstance(asked, dict) else None
        if not isinstance(view, str) or view not in _VIEWS:
            message = 'Send {"view": "partner"} or {"view": "customer"} as JSON.'
            return _refusal(400, "BAD_REQUEST", message)
        customer = self._customer_number if view == "customer" else None
        session = await self._make_session(headers.get("origin", ""), customer)
        if session is None:
            message = f"The demo's page is at {self._url}/widget/: open it there."
            return _refusal(403, "ORIGIN_NOT_REGISTERED", message)
        return JSONResponse(
            {
                "access_token": session.text,
                "token_type": "Bearer",
                "expires_in": session.seconds,
            }
        )


def _refusal(status: int, code: str, message: str) -> Response:
    error = {"message": message, "extensions": {"code": code}}
    return JSONResponse({"errors": [error]}, status)
