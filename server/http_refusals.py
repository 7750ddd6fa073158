"""Refusals of requests that never begin (`server.http_protocol`), and their responses as bytes."""

from collections.abc import Sequence

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from server.errors import (
    GRAPHQL_ERRORS,
    RequestRefusedError,
    header_too_long,
    limit_exceeded,
)
from server.limits import ServerLimits
from server.responses import JSON, Field, HeaderTable

_HEADERS = HeaderTable(varies_by_origin=False)


def too_long(limits: ServerLimits, *, is_url: bool) -> RequestRefusedError:
    """431, or 414 if the URL alone is too long."""
    most = limits.header_bytes
    what = "request line has" if is_url else "request line and headers have"
    message = f"The {what} more than {most} bytes"
    status = 414 if is_url else 431
    return limit_exceeded(status, "headerBytes", message, actual=most + 1, maximum=most)


def too_many(limits: ServerLimits, actual: int) -> RequestRefusedError:
    """431: too many headers."""
    message = f"The request has more than {limits.headers} headers"
    return limit_exceeded(431, "headers", message, actual=actual, maximum=limits.headers)


def path_too_long(maximum: int, actual: int) -> RequestRefusedError:
    """414: no path is as long."""
    message = f"The path has more than {maximum} bytes"
    return limit_exceeded(414, "path", message, actual=actual, maximum=maximum)


def forwarded_too_long(maximum: int, actual: int) -> RequestRefusedError:
    """431: no chain of proxies is as long."""
    return header_too_long("x-forwarded-for", actual, maximum)


def too_slow(limits: ServerLimits) -> RequestRefusedError:
    """408: the head did not arrive in time."""
    seconds = limits.header_seconds
    message = f"The request line and headers did not arrive within {seconds:g} seconds"
    return limit_exceeded(408, "headerSeconds", message, actual=seconds, maximum=seconds)


def encoded_refusal(
    refusal: RequestRefusedError, request_id: str, defaults: Sequence[Field]
) -> bytes:
    """The response, after which its connection ends. `defaults` are uvicorn's own headers."""
    response = GRAPHQL_ERRORS.refusal(refusal)
    fields = _HEADERS.fields(
        response, content_type=JSON, request_id=request_id, quota=None, readable_by=None
    )
    fields = [*defaults, *fields, (b"connection", b"close")]
    lines = [b"%b: %b\r\n" % field for field in fields]
    return b"".join([STATUS_LINE[response.status], *lines, b"\r\n", response.body])
