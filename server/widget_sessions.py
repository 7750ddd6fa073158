"""`POST /widget/sessions`: an API client's credential becomes a session for its portal's page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from auth.jwt import InvalidTokenError
from auth.oauth_scopes import (
    CUSTOMER_USER_SCOPES,
    WIDGET_SCOPES,
    OAuthScope,
    UnknownScopeError,
    parse,
)
from auth.principal import Principal, PrincipalKind
from auth.widget_sessions import Subject, UnknownSubjectError
from server.admission import Admission, Reservation
from server.authentication import Authentication
from server.bodies import read_json
from server.endpoint import AuthenticatedEndpoint, Exchange
from server.errors import (
    HttpErrorCode,
    RequestRefusedError,
    bad_request,
    forbidden,
    unauthenticated,
)
from server.limits import ServerLimits
from server.requests import Request
from server.responses import Response, encoded

_log = structlog.get_logger("auth")


@dataclass(slots=True)
class SessionExchange(Exchange):
    """A request for a widget session."""

    made: dict[str, Any] = field(default_factory=dict)
    """What the log says of the session."""


class WidgetSessionEndpoint(AuthenticatedEndpoint[SessionExchange, Principal]):
    """Makes widget sessions for backends. No page may read its responses, so it has no CORS."""

    def __init__(
        self, authentication: Authentication, *, limits: ServerLimits, admission: Admission
    ) -> None:
        super().__init__(limits, admission)
        self._authentication = authentication

    def exchange(self, request: Request) -> SessionExchange:
        return SessionExchange(request)

    def log(self, exchange: SessionExchange) -> None:
        if exchange.made:
            _log.info("widget session made", **exchange.made)
        elif exchange.refused is not None:
            refused = exchange.refused
            _log.info("widget session refused", code=refused.code, reason=refused.message)

    async def authenticate(self, request: Request) -> Principal:
        try:
            return await self._authentication.authenticate_backend(request)
        except RequestRefusedError as refused:
            if refused.code == HttpErrorCode.UNAVAILABLE:
                # A token of the identity provider: good or not, no API client has one.
                message = "Send an API key or an access token of this server."
                raise unauthenticated(message) from None
            raise

    async def handle(
        self, exchange: SessionExchange, principal: Principal, reservation: Reservation
    ) -> Response:
        needed = OAuthScope.WIDGET_SESSIONS_CREATE
        if principal.kind is not PrincipalKind.API_CLIENT or needed not in principal.scopes:
            raise forbidden(f"This needs an API client with the scope {needed}.")
        client = await self._authentication.acting(principal, exchange.request)
        await reservation.take(1)
        seconds = self.limits.body_seconds
        # A number with a NUL is as good as any other that does not exist.
        body = _checked(await read_json(exchange.request, seconds=seconds, allow_nul=True))
        origin: str = body["origin"]
        if client.client_id not in await self._authentication.origins.clients(origin):
            message = "The origin is not registered for this client."
            raise RequestRefusedError(403, "ORIGIN_NOT_REGISTERED", message)
        subject = _subject(client, body)
        scopes = _granted(client, subject, body.get("scopes"))
        what = "customer" if subject.is_customer else "tenant"
        try:
            session = await self._authentication.widget_sessions.issue(
                client, subject, origin, scopes
            )
        except UnknownSubjectError:
            message = f"There is no such {what} that you may see."
            raise RequestRefusedError(404, "NOT_FOUND", message) from None
        except InvalidTokenError as error:
            raise unauthenticated(f"The credential {error}.") from None
        exchange.made = {
            "client": client.account,
            "credential": client.credential,
            "token_id": session.id,
            "origin": origin,
            "scope": sorted(scopes),
            what: subject.number,
        }
        answer = {
            "token": session.text,
            "expiresAt": f"{session.expires_at:%Y-%m-%dT%H:%M:%SZ}",
            "expiresIn": session.seconds,
            "origin": origin,
            what: subject.number,
            "scopes": sorted(scopes),
        }
        return Response(200, encoded(answer))


def _checked(body: Any) -> dict[str, Any]:
    """The body if it has the members that it may have, and no others.

    Unknown members and nulls are refused, not ignored: a portal that misspells `customer`, or has
    no number at hand, must not get a session for the whole tenant.
    """
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.")
    for name, value in body.items():
        if name == "scopes":
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise bad_request("`scopes` must be a list of strings.")
        elif name not in {"origin", "customer", "tenant"}:
            raise bad_request("The body may hold `origin`, `customer` or `tenant`, and `scopes`.")
        elif not isinstance(value, str) or not value:
            raise bad_request(f"`{name}` must be a string that is not empty.")
    if "origin" not in body:
        raise bad_request("`origin` is missing.")
    if "customer" in body and "tenant" in body:
        raise bad_request("A session is for a `customer` or for a `tenant`, not for both.")
    return body


def _subject(client: Principal, body: Mapping[str, Any]) -> Subject:
    if "customer" in body:
        return Subject(number=body["customer"], is_customer=True)
    return Subject(number=body.get("tenant") or client.tenant_number or "", is_customer=False)


def _granted(client: Principal, subject: Subject, names: list[str] | None) -> frozenset[OAuthScope]:
    """The scopes of the request if they may all be granted; by default all that may be."""
    possible = client.scopes & WIDGET_SCOPES
    if subject.is_customer:
        possible &= CUSTOMER_USER_SCOPES
    try:
        scopes = possible if names is None else parse(names)
    except UnknownScopeError:
        raise bad_request("A requested scope does not exist.") from None
    if not scopes:
        raise forbidden("The session would have no scope.")
    if not scopes <= possible:
        refused = ", ".join(sorted(scopes - possible))
        raise forbidden(f"A session of this client cannot have {refused}.")
    return scopes
