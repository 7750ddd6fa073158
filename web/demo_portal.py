"""The backend of the demo's page: what a portal's own backend does for its signed-in users.

It hands a widget session to every visitor of the page, so a server has it in demo mode alone.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from server.bodies import parsed_json, read_body
from server.endpoint import Endpoint, Exchange
from server.errors import RequestRefusedError, bad_request
from server.requests import Request
from server.responses import Response, encoded

PATH = "/widget/demo-token"

_VIEWS = frozenset({"partner", "customer"})


class Session(Protocol):
    """A widget session."""

    @property
    def text(self) -> str: ...
    @property
    def seconds(self) -> int: ...


MakeSession = Callable[[str, str | None], Awaitable[Session | None]]
"""A session for pages of an origin, of one customer or of the whole demo partner; None if the
origin is not registered."""


class DemoPortal(Endpoint[Exchange]):
    """Makes sessions for one page, whose address it knows."""

    def __init__(
        self, make_session: MakeSession, *, customer_number: str, url: str, body_seconds: float
    ) -> None:
        """`url` is the server's own origin, which is registered."""
        self._make_session = make_session
        self._customer_number = customer_number
        self._url = url
        self._body_seconds = body_seconds

    def exchange(self, request: Request) -> Exchange:
        return Exchange(request)

    def log(self, exchange: Exchange) -> None:
        """Nothing: the session that it makes is used in the lines of operations."""

    async def respond(self, exchange: Exchange) -> Response:
        request = exchange.request
        body = parsed_json(await read_body(request, seconds=self._body_seconds), "The body")
        view = body.get("view") if isinstance(body, dict) else None
        if not isinstance(view, str) or view not in _VIEWS:
            raise bad_request('Send {"view": "partner"} or {"view": "customer"} as JSON.')
        customer = self._customer_number if view == "customer" else None
        session = await self._make_session(request.headers.get("origin", ""), customer)
        if session is None:
            message = f"The demo's page is at {self._url}/widget/: open it there."
            raise RequestRefusedError(403, "ORIGIN_NOT_REGISTERED", message)
        answer = {
            "access_token": session.text,
            "token_type": "Bearer",
            "expires_in": session.seconds,
        }
        return Response(200, encoded(answer))
