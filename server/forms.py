"""Request bodies, within bounds: small ones, of forms and of JSON."""

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive

MOST_BYTES = 16 * 1024
_MOST_FIELDS = 32


class FormError(Exception):
    """A body that is not what is asked for. The message is for whoever sent it."""

    def __init__(
        self, message: str, status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


async def read_form(headers: Headers, receive: Receive, *, seconds: float) -> dict[str, str]:
    """The parameters of a form; one without a value counts as left out (RFC 6749, 3.2)."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise FormError("Send the body as application/x-www-form-urlencoded.")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise FormError("Send the body uncompressed.")
    body = await read_body(receive, seconds=seconds)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise FormError("The body is not a URL-encoded form in UTF-8.") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        raise FormError("A parameter was sent more than once.")
    if any("\0" in part for pair in pairs for part in pair):
        raise FormError("A parameter has a NUL character.")
    return {name: value for name, value in pairs if value}


async def read_body(receive: Receive, *, seconds: float) -> bytes:
    """The whole body; raises FormError where it is too large or too slow."""
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
                if size > MOST_BYTES:
                    raise FormError(f"The body has more than {MOST_BYTES} bytes.", 413)
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError:
        late = f"The body did not arrive within {seconds:g} seconds."
        raise FormError(late, 408, {"Connection": "close"}) from None
