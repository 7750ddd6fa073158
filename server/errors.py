"""Refusals: why a request is not served, and the forms in which its client is told."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from execution.errors import ErrorCode, internal_error
from server.responses import NO_HEADERS, Response, encoded


class HttpErrorCode(StrEnum):
    """Values of ``extensions.code`` in addition to those of `execution.errors.ErrorCode`: what
    fails before an operation runs, or around it. Clients branch on them: they never change
    meaning."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"


class RequestRefusedError(Exception):
    """An expected refusal of a whole request. Status, code, message, extensions and headers reach
    the client, in the error format of the endpoint."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        extensions: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = str(code)
        self.message = message
        self.extensions = extensions or {}
        self.headers = headers


def bad_request(
    message: str, status: int = 400, headers: Mapping[str, str] = NO_HEADERS
) -> RequestRefusedError:
    """400 BAD_REQUEST, or another status of the kind: the client has to be corrected."""
    return RequestRefusedError(status, ErrorCode.BAD_REQUEST, message, headers=headers)


def unauthenticated(message: str, challenge: str = "Bearer") -> RequestRefusedError:
    """401: no credential, or a bad one. `challenge` is the value of `WWW-Authenticate`."""
    headers = {"www-authenticate": challenge}
    return RequestRefusedError(401, HttpErrorCode.UNAUTHENTICATED, message, headers=headers)


def forbidden(message: str) -> RequestRefusedError:
    """403: the credential is good and does not allow this."""
    return RequestRefusedError(403, ErrorCode.FORBIDDEN, message)


def method_not_allowed(message: str, allow: str) -> RequestRefusedError:
    """405. `allow` lists the methods that are allowed."""
    return bad_request(message, 405, {"allow": allow})


def limit_exceeded(
    status: int,
    limit: str,
    message: str,
    *,
    actual: float,
    maximum: float,
    headers: Mapping[str, str] = NO_HEADERS,
) -> RequestRefusedError:
    """LIMIT_EXCEEDED: the request is larger than the limit of that name allows."""
    return RequestRefusedError(
        status,
        ErrorCode.LIMIT_EXCEEDED,
        f"{message} (limit: {limit}).",
        extensions={"limit": limit, "actual": actual, "maximum": maximum},
        headers=headers,
    )


def header_too_long(name: str, actual: int, maximum: int) -> RequestRefusedError:
    """431: the header is too long to be parsed."""
    message = f"The header {name} has {actual} characters, at most {maximum} are allowed"
    return limit_exceeded(431, "header", message, actual=actual, maximum=maximum)


def rate_limited(
    message: str,
    retry_seconds: int,
    *,
    limit: str,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
) -> RequestRefusedError:
    """429: the same request is served `retry_seconds` later."""
    return RequestRefusedError(
        429,
        HttpErrorCode.RATE_LIMITED,
        message,
        extensions={"limit": limit, **(details or {}), "retryAfterSeconds": retry_seconds},
        headers={**headers, "retry-after": str(retry_seconds)},
    )


def unavailable(message: str, retry_seconds: int) -> RequestRefusedError:
    """503: the same request may succeed `retry_seconds` later."""
    headers = {"retry-after": str(retry_seconds)}
    return RequestRefusedError(503, HttpErrorCode.UNAVAILABLE, message, headers=headers)


class ErrorFormat(Protocol):
    """How an endpoint writes its errors."""

    def refusal(self, refused: RequestRefusedError) -> Response:
        """An expected refusal."""
        ...

    def failure(self, request_id: str) -> Response:
        """Any other failure: it is masked."""
        ...


class GraphQLErrors:
    """``{"errors": [{"message", "extensions": {"code", …}}]}``"""

    def refusal(self, refused: RequestRefusedError) -> Response:
        extensions = {"code": refused.code, **refused.extensions}
        error = {"message": refused.message, "extensions": extensions}
        return Response(refused.status, encoded({"errors": [error]}), refused.headers)

    def failure(self, request_id: str) -> Response:
        return Response(500, encoded({"errors": [internal_error(request_id)]}))


class OAuthErrors:
    """``{"error", "error_description"}``: RFC 6749, 5.2."""

    def refusal(self, refused: RequestRefusedError) -> Response:
        body = {"error": oauth_code(refused), "error_description": refused.message}
        # The RFC has 400 for whatever it does not state otherwise.
        status = 400 if refused.status == 415 else refused.status
        return Response(status, encoded(body), refused.headers)

    def failure(self, request_id: str) -> Response:
        message = "The server failed; try again later."
        return Response(500, encoded({"error": "server_error", "error_description": message}))


def oauth_code(refused: RequestRefusedError) -> str:
    """The RFC's code of a refusal: its own if it has one, and otherwise the nearest."""
    if refused.code.islower():
        return refused.code
    is_limited = refused.code == HttpErrorCode.RATE_LIMITED
    return "temporarily_unavailable" if is_limited else "invalid_request"


GRAPHQL_ERRORS = GraphQLErrors()
OAUTH_ERRORS = OAuthErrors()
