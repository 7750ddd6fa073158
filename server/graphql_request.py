"""From an HTTP request to the GraphQL request in it, or to the reason why there is none."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from server.bodies import parsed_json, read_json
from server.errors import HttpErrorCode, RequestRefusedError, bad_request, limit_exceeded
from server.limits import ServerLimits
from server.requests import Request


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The parameters of one operation. Only their types have been checked."""

    query: str
    """Empty if the hash stands in its place."""
    sha256: str | None
    """The hash of the query, as the client states it (`server.persisted`)."""
    operation_name: str | None
    variables: dict[str, Any]


def read_get(request: Request, limits: ServerLimits) -> GraphQLRequest:
    """The GraphQL request in a query string."""
    query_string = request.query_string
    if len(query_string) > limits.header_bytes:
        size = len(query_string)
        message = f"The query string has {size} bytes, at most {limits.header_bytes} are allowed"
        raise limit_exceeded(414, "headerBytes", message, actual=size, maximum=limits.header_bytes)
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
            parameters[name] = parsed_json(text.encode(), f"The parameter '{name}'")
    return _checked(parameters, limits)


async def read_post(request: Request, limits: ServerLimits) -> GraphQLRequest:
    """The GraphQL request in a JSON body."""
    body = await read_json(
        request, most=limits.body_bytes, seconds=limits.body_seconds, limit="bodyBytes"
    )
    if isinstance(body, list):
        raise bad_request("Batches are not supported: send one operation in each request.")
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.")
    return _checked(body, limits)


def _checked(parameters: dict[str, Any], limits: ServerLimits) -> GraphQLRequest:
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
    if variables:
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
            # Clients that read this continue with whole texts.
            code = HttpErrorCode.PERSISTED_QUERY_NOT_SUPPORTED
            raise RequestRefusedError(400, code, "PersistedQueryNotSupported")
        return str(persisted["sha256Hash"])
    document_id = parameters.get("documentId")
    if document_id in (None, ""):
        return None
    if not isinstance(document_id, str) or not document_id.startswith("sha256:"):
        raise bad_request("The parameter 'documentId' must be 'sha256:' followed by a hash.")
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
            message = f"The variables hold more than {maximum} values"
            raise limit_exceeded(400, "variableValues", message, actual=count, maximum=maximum)
        stack.extend(value for value in values if isinstance(value, dict | list))
