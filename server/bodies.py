"""Request bodies, bounded in size (`server.limits`) and time: bytes, and JSON and forms on top."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from server.errors import RequestRefusedError, bad_request, limit_exceeded
from server.requests import Request
from server.waiting import TookTooLongError, finish_within

SMALL_BODY = 16 * 1024
"""Bytes of a JSON body with a handful of values."""
LARGEST_FORM = 10 * 1024
"""Bytes of a form: a client assertion, and a handful of short parameters."""
_MOST_FIELDS = 32
_MOST_PARAMETERS = 5
_UTF_8 = frozenset({"utf-8", "utf8"})


class ClientDisconnectedError(Exception):
    """The client left before its body had arrived: nobody waits for the response."""


async def read_body(
    request: Request, *, most: int = SMALL_BODY, seconds: float, limit: str | None = None
) -> bytes:
    """The whole body.

    Raises 413 for more than `most` bytes, 408 after `seconds`, 415 for a compressed body, and
    ClientDisconnectedError. If `limit` names the limit on bytes, the first two are LIMIT_EXCEEDED
    with its figures, and otherwise BAD_REQUEST.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise bad_request("Send the body uncompressed, without Content-Encoding.", 415)
    try:
        announced = int(request.headers.get("content-length", "0"))
    except ValueError:
        announced = 0
    if announced > most:
        raise _too_large(announced, most, limit)
    try:
        return await finish_within(seconds, _received(request, most, limit))
    except TookTooLongError:
        raise _too_slow(seconds, limit) from None


async def _received(request: Request, most: int, limit: str | None) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnectedError
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise _too_large(size, most, limit)
        if not message.get("more_body", False):
            return b"".join([*chunks, chunk]) if chunks else chunk
        chunks.append(chunk)


async def read_json(
    request: Request,
    *,
    most: int = SMALL_BODY,
    seconds: float,
    limit: str | None = None,
    allow_nul: bool = False,
) -> Any:
    """The value of a JSON body; raises what its three steps raise."""
    check_json(request.headers)
    raw = await read_body(request, most=most, seconds=seconds, limit=limit)
    return parsed_json(raw, "The body", allow_nul=allow_nul)


def check_json(headers: Mapping[str, str]) -> None:
    """Raises 415 unless the headers announce JSON in UTF-8."""
    content_type = headers.get("content-type", "")
    if content_type == "application/json":
        return
    media_type, *parameters = content_type.split(";", _MOST_PARAMETERS)
    if media_type.strip().lower() != "application/json":
        raise bad_request("Send the body as Content-Type: application/json.", 415)
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(' "').lower() not in _UTF_8:
            raise bad_request("Send the body in UTF-8; no other charset is supported.", 415)


def parsed_json(raw: bytes, what: str, *, allow_nul: bool = False) -> Any:
    """The value of a JSON text, which messages call `what`. Raises 400, by default also for a NUL
    character, which PostgreSQL cannot store or compare."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"{what} is not valid JSON in UTF-8.") from error
    # Looking for the escape first keeps the walk off the usual path.
    if not allow_nul and b"\\u0000" in raw and _contains_nul(value):
        raise bad_request(f"{what} contains a NUL character.")
    return value


async def read_form(request: Request, *, seconds: float) -> dict[str, str]:
    """The parameters of a form; one without a value counts as left out (RFC 6749, 3.2)."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise bad_request("Send the body as application/x-www-form-urlencoded.", 415)
    body = await read_body(request, most=LARGEST_FORM, seconds=seconds)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise bad_request("The body is not a URL-encoded form in UTF-8.") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        raise bad_request("A parameter was sent more than once.")
    if any("\0" in part for pair in pairs for part in pair):
        raise bad_request("A parameter has a NUL character.")
    return {name: value for name, value in pairs if value}


def _too_large(actual: int, maximum: int, limit: str | None) -> RequestRefusedError:
    if limit is None:
        return bad_request(f"The body has more than {maximum} bytes.", 413)
    message = f"The body has {actual} bytes or more, at most {maximum} are allowed"
    return limit_exceeded(413, limit, message, actual=actual, maximum=maximum)


def _too_slow(seconds: float, limit: str | None) -> RequestRefusedError:
    message = f"The body did not arrive within {seconds:g} seconds"
    # What may still arrive of it is not the next request.
    headers = {"connection": "close"}
    if limit is None:
        return bad_request(f"{message}.", 408, headers)
    return limit_exceeded(
        408, "bodySeconds", message, actual=seconds, maximum=seconds, headers=headers
    )


def _contains_nul(value: Any) -> bool:
    """True if a string anywhere in a JSON value has a NUL character."""
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
