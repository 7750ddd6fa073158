"""`POST /oauth/token`: client credentials become an access token (RFC 6749, 4.4)."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import structlog

from auth.access_tokens import AccessTokens
from auth.client_authentication import Admit, ClientAuthentication, OAuthError
from auth.credentials import Credential, Credentials
from auth.login_throttle import TooManyAttemptsError
from auth.oauth_scopes import OAuthScope, UnknownScopeError, parse
from server.admission import Admission
from server.authentication import too_many_attempts
from server.bodies import read_form
from server.endpoint import Endpoint, Exchange
from server.errors import OAUTH_ERRORS, RequestRefusedError, bad_request, oauth_code
from server.requests import Request
from server.responses import HeaderTable, Response, encoded

PATH = "/oauth/token"
GRANT_TYPE = "client_credentials"

SECRET_POINTS = 20
"""Points that a token costs: its signature takes some 0.3 ms."""
ASSERTION_POINTS = 100
"""Points that a token for an assertion costs: that has a signature too, and is stored as used."""

_CHALLENGE = {"www-authenticate": 'Basic realm="partnergraph", charset="UTF-8"'}
_log = structlog.get_logger("auth")


@dataclass(slots=True)
class TokenExchange(Exchange):
    """A request for a token."""

    issued: dict[str, Any] = field(default_factory=dict)
    """What the log says of the token."""


class TokenEndpoint(Endpoint[TokenExchange]):
    """Issues access tokens. Clients authenticate here by their secret or their signature.

    A token costs points of the client that gets it. Wrong credentials cost no points: they are
    counted by `auth.login_throttle`.
    """

    errors = OAUTH_ERRORS
    # RFC 6749, 5.1: for caches of HTTP/1.0, beside Cache-Control.
    headers = HeaderTable({"pragma": "no-cache"}, varies_by_origin=False)

    def __init__(
        self,
        authentication: ClientAuthentication,
        tokens: AccessTokens,
        credentials: Credentials,
        admission: Admission,
        *,
        body_seconds: float,
    ) -> None:
        self._authentication = authentication
        self._tokens = tokens
        self._credentials = credentials
        self._admission = admission
        self._body_seconds = body_seconds

    def exchange(self, request: Request) -> TokenExchange:
        return TokenExchange(request)

    def log(self, exchange: TokenExchange) -> None:
        refused = exchange.refused
        if exchange.issued:
            _log.info("token issued", **exchange.issued)
        elif refused is not None:
            _log.info(
                "token refused",
                client=exchange.client,
                error=oauth_code(refused),
                reason=refused.message,
            )

    async def respond(self, exchange: TokenExchange) -> Response:
        request = exchange.request
        if request.query_string:
            # A secret there would stand in the logs of every proxy on the way.
            raise bad_request("Send parameters in the body, not in the URL.")
        form = await read_form(request, seconds=self._body_seconds)
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise bad_request("grant_type is missing.")
        if grant_type != GRANT_TYPE:
            raise _refused("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}.")
        points = ASSERTION_POINTS if "client_assertion" in form else SECRET_POINTS
        with ExitStack() as admitted:

            async def admit(client: Credential) -> None:
                exchange.client = client.client.account
                reservation = admitted.enter_context(self._admission.admit(exchange.client))
                exchange.reservation = reservation
                await reservation.take(points)

            client = await self._client(request, form, admit)
            scopes = _granted(client, form.get("scope"))
            token = await self._tokens.issue(client, scopes)
        self._credentials.record_use(client)
        exchange.issued = {
            "client": exchange.client,
            "client_id": client.identifier,
            "token_id": token.id,
            "scope": sorted(scopes),
        }
        body = {
            "access_token": token.text,
            "token_type": "Bearer",
            "expires_in": token.seconds,
            "scope": " ".join(sorted(scopes)),
        }
        return Response(200, encoded(body))

    async def _client(self, request: Request, form: Mapping[str, str], admit: Admit) -> Credential:
        try:
            authorization = request.headers.get("authorization")
            return await self._authentication.client(authorization, form, admit)
        except OAuthError as error:
            raise _refused(error.code, error.description) from None
        except TooManyAttemptsError as error:
            raise too_many_attempts(error) from None


def _granted(client: Credential, scope: str | None) -> frozenset[OAuthScope]:
    """The scopes of the request if the client has them all; by default all that it has."""
    if not client.scopes:
        raise _refused("unauthorized_client", "The client has no scopes.")
    if scope is None:
        return client.scopes
    try:
        scopes = parse(name for name in scope.split(" ") if name)
    except UnknownScopeError:
        raise _refused("invalid_scope", "A requested scope does not exist.") from None
    if not scopes:
        raise _refused("invalid_scope", "scope is empty.")
    if not scopes <= client.scopes:
        raise _refused("invalid_scope", "The client was not granted a requested scope.")
    return scopes


def _refused(code: str, description: str) -> RequestRefusedError:
    """A refusal by the codes of RFC 6749, 5.2."""
    if code == "invalid_client":
        return RequestRefusedError(401, code, description, headers=_CHALLENGE)
    return RequestRefusedError(400, code, description)
