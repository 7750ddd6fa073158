"""`POST /oauth/token`: client credentials become an access token (RFC 6749, 4.4)."""

from collections.abc import Mapping
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from auth.access_tokens import AccessTokens
from auth.client_authentication import ClientAuthentication, OAuthError
from auth.credentials import Credential, Credentials
from auth.login_throttle import TooManyAttemptsError
from auth.oauth_scopes import OAuthScope, UnknownScopeError, parse
from server.forms import FormError, read_form

GRANT_TYPE = "client_credentials"

# What says who may ask, and who may not, is kept by nobody on the way.
_HEADERS = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="partnergraph", charset="UTF-8"'}
_log = structlog.get_logger("auth")


class TokenEndpoint:
    """An ASGI application; route POST to it."""

    def __init__(
        self,
        authentication: ClientAuthentication,
        tokens: AccessTokens,
        credentials: Credentials,
        *,
        body_seconds: float,
    ) -> None:
        self._authentication = authentication
        self._tokens = tokens
        self._credentials = credentials
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answer(scope, receive)
        except ClientDisconnect:
            return
        except OAuthError as error:
            _log.info("token refused", error=error.code, reason=error.description)
            response = _refusal(error.code, error.description)
        except TooManyAttemptsError as error:
            _log.info("token refused", error="temporarily_unavailable", reason=str(error))
            retry = {"Retry-After": str(error.retry_seconds)}
            response = _refusal("temporarily_unavailable", str(error), 429, retry)
        except FormError as error:
            _log.info("token refused", error="invalid_request", reason=str(error))
            response = _refusal("invalid_request", str(error), error.status, error.headers)
        except Exception:
            # The boundary: masked for the client, logged whole.
            _log.exception("a token could not be issued")
            response = _refusal("server_error", "The server failed; try again later.", 500)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> JSONResponse:
        if scope["query_string"]:
            # A secret there would stand in the logs of every proxy on the way.
            raise FormError("Send parameters in the body, not in the URL.")
        headers = Headers(scope=scope)
        form = await read_form(headers, receive, seconds=self._body_seconds)
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise OAuthError("invalid_request", "grant_type is missing.")
        if grant_type != GRANT_TYPE:
            raise OAuthError("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}.")
        client = await self._authentication.client(headers.get("authorization"), form)
        scopes = _granted(client, form.get("scope"))
        token = await self._tokens.issue(client, scopes)
        self._credentials.record_use(client)
        _log.info(
            "token issued",
            client=client.client.account,
            client_id=client.identifier,
            token_id=token.id,
            scope=sorted(scopes),
        )
        answer = {
            "access_token": token.text,
            "token_type": "Bearer",
            "expires_in": token.seconds,
            "scope": " ".join(sorted(scopes)),
        }
        return JSONResponse(answer, headers=_HEADERS)


def _granted(client: Credential, scope: str | None) -> frozenset[OAuthScope]:
    """What is asked for, if the client has all of it; all that the client has by default."""
    if not client.scopes:
        raise OAuthError("unauthorized_client", "The client may not read anything.")
    if scope is None:
        return client.scopes
    try:
        wanted = parse(name for name in scope.split(" ") if name)
    except UnknownScopeError:
        raise OAuthError("invalid_scope", "A scope that is asked for does not exist.") from None
    if not wanted:
        raise OAuthError("invalid_scope", "scope names nothing.")
    if not wanted <= client.scopes:
        raise OAuthError("invalid_scope", "The client was not granted a scope it asks for.")
    return wanted


def _refusal(
    code: str,
    description: str,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    unknown = code == "invalid_client"
    body: dict[str, Any] = {"error": code, "error_description": description}
    return JSONResponse(
        body,
        status or (401 if unknown else 400),
        {**_HEADERS, **(_CHALLENGE if unknown else {}), **(headers or {})},
    )
