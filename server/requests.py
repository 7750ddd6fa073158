"""From an HTTP request to the GraphQL request in it, or to the reason why there is none."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from execution.errors import ApiError, ErrorCode, LimitExceededError
from execution.limits import Limits


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The parameters of one operation, checked for their types only."""

    query: str
    """Empty where the hash stands in its place."""
    sha256: str | None
    """What the client says the query's hash is (`server.persisted`)."""
    operation_name: str | None
    variables: dict[str, Any]


class RequestRefusedError(Exception):
    """The HTTP request is answered with ``status`` whatever media type the client accepts."""

    def __init__(
        self, status: int, error: ApiError, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


def bad_request(message: str, status: int = 400) -> RequestRefusedError:
    """A refusal with code BAD_REQUEST."""
    return RequestRefusedError(status, ApiError(message, code=ErrorCode.BAD_REQUEST))


def forbidden(message: str) -> RequestRefusedError:
    """A refusal with code FORBIDDEN: it is known who asks, and what they ask for is not theirs."""
    return RequestRefusedError(403, ApiError(message, code=ErrorCode.FORBIDDEN))


def unavailable(message: str, retry_seconds: int) -> RequestRefusedError:
    """A refusal with code UNAVAILABLE: the same request may succeed a little later."""
    error = ApiError(message, code=ErrorCode.UNAVAILABLE)
    return RequestRefusedError(503, error, {"Retry-After": str(retry_seconds)})


def too_many_attempts(message: str, retry_seconds: int) -> RequestRefusedError:
    """A refusal of whoever has shown too many wrong credentials."""
    extensions = {"limit": "attempts", "retryAfterSeconds": retry_seconds}
    error = ApiError(message, code=ErrorCode.RATE_LIMITED, extensions=extensions)
    return RequestRefusedError(429, error, {"Retry-After": str(retry_seconds)})


def read_get(scope: Scope, limits: Limits) -> GraphQLRequest:
    """The GraphQL request in a query string."""
    query_string: bytes = scope["query_string"]
    if len(query_string) > limits.body_bytes:
        raise RequestRefusedError(414, _too_large(len(query_string), limits.body_bytes))
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20
        )
    except ValueError as error:
        raise bad_request("The query string is not URL-encoded UTF-8.") from error
    parameters: dict[str, Any] = dict(pairs)
    for name in ("variables", "extensions"):
        # Forms and URL builders write an absent parameter as an empty one.
        text = parameters.pop(name, "")
        if text:
            parameters[name] = _decode(text.encode(), f"The parameter '{name}'")
    return _checked(parameters, limits)


async def read_post(headers: Headers, receive: Receive, limits: Limits) -> GraphQLRequest:
    """The GraphQL request in a JSON body."""
    raw = await read_json(headers, receive, most=limits.body_bytes, seconds=limits.body_seconds)
    body = _decode(raw, "The body")
    if isinstance(body, list):
        raise bad_request("Batches are not supported: send one operation in each request.")
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.")
    return _checked(body, limits)


def _check_content(headers: Headers) -> None:
    media_type, *parameters = headers.get("content-type", "").split(";")
    if media_type.strip().lower() != "application/json":
        raise bad_request("Send the request as Content-Type: application/json.", 415)
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(' "').lower() not in {"utf-8", "utf8"}:
            raise bad_request("Send the request in UTF-8; no other charset is supported.", 415)
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise bad_request("Send the request uncompressed, without Content-Encoding.", 415)


async def read_json(
    headers: Headers, receive: Receive, *, most: int, seconds: float, limit: str = "bodyBytes"
) -> bytes:
    """A body that says it is JSON, of `most` bytes at most, which must arrive within `seconds`."""
    _check_content(headers)
    try:
        announced = int(headers.get("content-length", "0"))
    except ValueError:
        announced = 0
    if announced > most:
        raise RequestRefusedError(413, _too_large(announced, most, limit))
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                chunk: bytes = message.get("body", b"")
                size += len(chunk)
                if size > most:
                    raise RequestRefusedError(413, _too_large(size, most, limit))
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError as error:
        slow = LimitExceededError(
            "bodySeconds",
            message=f"The body did not arrive within {seconds:g} seconds",
            actual=seconds,
            maximum=seconds,
        )
        raise RequestRefusedError(408, slow, {"Connection": "close"}) from error


def _too_large(actual: int, maximum: int, limit: str = "bodyBytes") -> LimitExceededError:
    return LimitExceededError(
        limit,
        message=f"The request has {actual} bytes or more, at most {maximum} are allowed",
        actual=actual,
        maximum=maximum,
    )


def _decode(raw: bytes, what: str) -> Any:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"{what} is not valid JSON in UTF-8.") from error
    # Looking for the escape first keeps the walk off the usual path.
    if b"\\u0000" in raw and _contains_nul(value):
        raise bad_request(f"{what} contains a NUL character.")
    return value


def _contains_nul(value: Any) -> bool:
    """Whether a string anywhere in a JSON value has a NUL, which PostgreSQL cannot take."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if "\0" in item:
                return True
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
    return False


def _checked(parameters: dict[str, Any], limits: Limits) -> GraphQLRequest:
    query = parameters.get("query")
    if not isinstance(query, str | None):
        raise bad_request("The parameter 'query' must be a string.")
    operation_name = parameters.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise bad_request("The parameter 'operationName' must be a string.")
    for name in ("variables", "extensions"):
        if not isinstance(parameters.get(name, {}), dict | None):
            raise bad_request(f"The parameter '{name}' must be a JSON object.")
    sha256 = _hash(parameters)
    if not query and sha256 is None:
        raise bad_request("The parameter 'query' is missing.")
    variables: dict[str, Any] = parameters.get("variables") or {}
    _check_size(variables, limits.variable_values)
    return GraphQLRequest(query or "", sha256, operation_name or None, variables)


def _hash(parameters: dict[str, Any]) -> str | None:
    """The hash in the extensions, as Apollo's clients send it, or in the `documentId` of GraphQL
    over HTTP."""
    persisted = (parameters.get("extensions") or {}).get("persistedQuery")
    if persisted is not None:
        if not isinstance(persisted, dict) or not isinstance(persisted.get("sha256Hash"), str):
            raise bad_request("The extension 'persistedQuery' needs a 'sha256Hash'.")
        if persisted.get("version", 1) != 1:
            # Clients that read this go on with whole texts.
            code = ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED
            raise RequestRefusedError(400, ApiError("PersistedQueryNotSupported", code=code))
        return str(persisted["sha256Hash"])
    document_id = parameters.get("documentId")
    if document_id in (None, ""):
        return None
    if not isinstance(document_id, str) or not document_id.startswith("sha256:"):
        raise bad_request("The parameter 'documentId' must read 'sha256:' and a hash.")
    return document_id.removeprefix("sha256:")


def _check_size(variables: dict[str, Any], maximum: int) -> None:
    """Coercing values takes far longer than sending them: there must not be too many."""
    count = 0
    stack: list[Any] = [variables]
    while stack:
        item = stack.pop()
        values = item.values() if isinstance(item, dict) else item
        count += len(values)
        if count > maximum:
            raise RequestRefusedError(
                400,
                LimitExceededError(
                    "variableValues",
                    message=f"The variables hold more than {maximum} values",
                    actual=count,
                    maximum=maximum,
                ),
            )
        stack.extend(value for value in values if isinstance(value, dict | list))
