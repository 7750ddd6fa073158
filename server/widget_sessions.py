"""`POST /widget/sessions`: a client's credential becomes what a page of its portal asks with."""

from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from auth.acting_tenant import HEADER as TENANT_HEADER
from auth.acting_tenant import ActingTenants, UnknownTenantError
from auth.bearer import BearerAuthenticator, UnauthenticatedError
from auth.jwt import InvalidTokenError
from auth.login_throttle import TooManyAttemptsError
from auth.oauth_scopes import (
    CUSTOMER_USER_SCOPES,
    WIDGET_SCOPES,
    OAuthScope,
    UnknownScopeError,
    parse,
)
from auth.origins import Origins
from auth.points import Points
from auth.principal import Principal, PrincipalKind
from auth.provider_keys import ProviderUnavailableError
from auth.widget_sessions import (
    Subject,
    UnknownSubjectError,
    WidgetSessions,
)
from server.forms import FormError, read_body

_KEPT_BY_NOBODY = {"Cache-Control": "no-store"}
_log = structlog.get_logger("auth")


class _RefusedError(Exception):
    """A refusal in the form of the graph's own errors."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class WidgetEndpoint:
    """An ASGI application; route POST to it. Backends ask it: no page is answered CORS headers."""

    def __init__(
        self,
        bearers: BearerAuthenticator,
        acting_tenants: ActingTenants,
        origins: Origins,
        sessions: WidgetSessions,
        points: Points,
        *,
        body_seconds: float,
    ) -> None:
        self._bearers = bearers
        self._acting_tenants = acting_tenants
        self._origins = origins
        self._sessions = sessions
        self._points = points
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answer(Headers(scope=scope), receive)
        except ClientDisconnect:
            return
        except _RefusedError as refused:
            _log.info("widget session refused", code=refused.code, reason=str(refused))
            response = _refusal(refused)
        except Exception:
            # The boundary: masked for the client, logged whole.
            _log.exception("a widget session could not be made")
            response = _refusal(
                _RefusedError(500, "INTERNAL_SERVER_ERROR", "Internal server error")
            )
        await response(scope, receive, send)

    async def _answer(self, headers: Headers, receive: Receive) -> JSONResponse:
        client = await self._client(headers)
        quota = await self._points.take(client.account, 1)
        if quota.refused:
            seconds = quota.retry_seconds
            raise _too_much(
                f"The client's points are used up. Come back in {seconds} seconds.", seconds
            )
        asked = await self._body(headers, receive)
        origin = asked["origin"]
        if client.client_id not in await self._origins.clients(origin):
            raise _RefusedError(
                403, "ORIGIN_NOT_REGISTERED", "The origin is not registered for this client."
            )
        subject = _subject(client, asked)
        scopes = _granted(client, subject, asked.get("scopes"))
        try:
            session = await self._sessions.issue(client, subject, origin, scopes)
        except UnknownSubjectError:
            what = "customer" if subject.is_customer else "tenant"
            raise _RefusedError(
                404, "NOT_FOUND", f"There is no such {what} that you may see."
            ) from None
        except InvalidTokenError as error:
            raise _unauthenticated(f"The credential {error}.") from None
        bound = {"customer" if subject.is_customer else "tenant": subject.number}
        _log.info(
            "widget session made",
            client=client.account,
            credential=client.credential,
            token_id=session.id,
            origin=origin,
            scope=sorted(scopes),
            **bound,
        )
        answer = {
            "token": session.text,
            "expiresAt": f"{session.expires_at:%Y-%m-%dT%H:%M:%SZ}",
            "expiresIn": session.seconds,
            "origin": origin,
            **bound,
            "scopes": sorted(scopes),
        }
        return JSONResponse(answer, headers=_KEPT_BY_NOBODY)

    async def _client(self, headers: Headers) -> Principal:
        """Who asks, if that is an API client which may make sessions."""
        try:
            client = await self._bearers.principal(headers.get("authorization"))
        except UnauthenticatedError as error:
            raise _unauthenticated(str(error), error.challenge) from None
        except TooManyAttemptsError as error:
            raise _too_much(str(error), error.retry_seconds) from None
        except ProviderUnavailableError:
            # It may be good, and is no API client's.
            raise _unauthenticated("Send an API key or an access token of this server.") from None
        needed = OAuthScope.WIDGET_SESSIONS_CREATE
        if client.kind is not PrincipalKind.API_CLIENT or needed not in client.scopes:
            raise _RefusedError(
                403, "FORBIDDEN", f"This needs an API client with the scope {needed}."
            )
        try:
            return await self._acting_tenants.restrict(client, headers.get(TENANT_HEADER))
        except UnknownTenantError:
            raise _RefusedError(
                403, "FORBIDDEN", f"{TENANT_HEADER} names no tenant that you may see."
            ) from None

    async def _body(self, headers: Headers, receive: Receive) -> dict[str, Any]:
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise _RefusedError(415, "BAD_REQUEST", "Send the body as application/json.")
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise _RefusedError(415, "BAD_REQUEST", "Send the body uncompressed.")
        try:
            body = orjson.loads(await read_body(receive, seconds=self._body_seconds))
        except FormError as error:
            raise _RefusedError(error.status, "BAD_REQUEST", str(error), error.headers) from None
        except orjson.JSONDecodeError:
            raise _bad_request("The body is not valid JSON in UTF-8.") from None
        return _checked(body)


def _checked(body: Any) -> dict[str, Any]:
    """The body, if it says what it may and nothing else.

    What is not known, or null, is refused and not passed over: a portal that misspells `customer`,
    or has none at hand, must not get a session for the whole tenant.
    """
    if not isinstance(body, dict):
        raise _bad_request("The body must be a JSON object.")
    for name, value in body.items():
        if name == "scopes":
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise _bad_request("`scopes` must be a list of strings.")
        elif name not in {"origin", "customer", "tenant"}:
            raise _bad_request("The body may hold `origin`, `customer` or `tenant`, and `scopes`.")
        elif not isinstance(value, str) or not value:
            raise _bad_request(f"`{name}` must be a string that is not empty.")
    if "origin" not in body:
        raise _bad_request("`origin` is missing.")
    if "customer" in body and "tenant" in body:
        raise _bad_request("A session is for a `customer` or for a `tenant`, not for both.")
    return body


def _subject(client: Principal, asked: Mapping[str, Any]) -> Subject:
    if "customer" in asked:
        return Subject(number=asked["customer"], is_customer=True)
    return Subject(number=asked.get("tenant") or client.tenant_number or "", is_customer=False)


def _granted(
    client: Principal, subject: Subject, scopes: list[str] | None
) -> frozenset[OAuthScope]:
    """What is asked for, if it may be given; all that may be given by default."""
    most = client.scopes & WIDGET_SCOPES
    if subject.is_customer:
        most &= CUSTOMER_USER_SCOPES
    try:
        wanted = most if scopes is None else parse(scopes)
    except UnknownScopeError:
        raise _bad_request("A scope that is asked for does not exist.") from None
    if not wanted:
        raise _RefusedError(403, "FORBIDDEN", "The session would have no scope.")
    if not wanted <= most:
        refused = ", ".join(sorted(wanted - most))
        raise _RefusedError(403, "FORBIDDEN", f"A session of yours cannot have {refused}.")
    return wanted


def _bad_request(message: str) -> _RefusedError:
    return _RefusedError(400, "BAD_REQUEST", message)


def _unauthenticated(message: str, challenge: str = "Bearer") -> _RefusedError:
    return _RefusedError(401, "UNAUTHENTICATED", message, {"WWW-Authenticate": challenge})


def _too_much(message: str, retry_seconds: int) -> _RefusedError:
    return _RefusedError(429, "RATE_LIMITED", message, {"Retry-After": str(retry_seconds)})


def _refusal(refused: _RefusedError) -> JSONResponse:
    error = {"message": str(refused), "extensions": {"code": refused.code}}
    headers = {**_KEPT_BY_NOBODY, **refused.headers}
    return JSONResponse({"errors": [error]}, refused.status, headers)
