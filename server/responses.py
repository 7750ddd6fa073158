"""Responses, and the one table of the headers they are sent with."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from ratelimit.buckets import Quota
from server.requests import REQUEST_ID

Field = tuple[bytes, bytes]
"""The name and the value of a header, as ASGI takes them."""

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

JSON = b"application/json"

_SECURITY = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_EXPOSED = "RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, ETag"
_WITHOUT_BODY = frozenset({204, 304})


class Response(NamedTuple):
    """What an endpoint returns. Its headers override those of the endpoint's table."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = NO_HEADERS


def encoded(payload: Any) -> bytes:
    """A value as JSON. It may hold datetimes in UTC."""
    return orjson.dumps(payload, option=orjson.OPT_UTC_Z)


def quota_headers(quota: Quota) -> dict[str, str]:
    """https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (revision 10)"""
    return {
        "ratelimit-policy": f'"points";q={quota.limit};w={quota.window_seconds}',
        "ratelimit": f'"points";r={quota.remaining};t={quota.reset_seconds}',
    }


class HeaderTable:
    """The headers of one endpoint's responses. Those that never vary are encoded once."""

    def __init__(self, headers: Mapping[str, str] = NO_HEADERS, *, varies_by_origin: bool) -> None:
        """`headers` are the endpoint's own, in lower case."""
        self._varies_by_origin = varies_by_origin
        self._headers = self._with_origin({"cache-control": "no-store", **_SECURITY, **headers})
        self._fields = _encoded_fields(self._headers.items())

    def fields(
        self,
        response: Response,
        *,
        content_type: bytes,
        request_id: str,
        quota: Quota | None,
        readable_by: str | None,
    ) -> list[Field]:
        """The head of a response. `readable_by` is the origin whose pages may read it (CORS)."""
        own = {name.lower(): value for name, value in response.headers.items()}
        if own:
            fields = _encoded_fields(self._with_origin({**self._headers, **own}).items())
        else:
            fields = self._fields.copy()
        if response.status not in _WITHOUT_BODY:
            fields.append((b"content-length", b"%d" % len(response.body)))
            fields.append((b"content-type", content_type))
        if quota is not None and "ratelimit" not in own:
            fields += _encoded_fields(quota_headers(quota).items())
        if readable_by is not None:
            fields.append((b"access-control-allow-origin", readable_by.encode("latin-1")))
            fields.append((b"access-control-expose-headers", _EXPOSED.encode()))
        fields.append((b"x-request-id", request_id.encode()))
        return fields

    def _with_origin(self, headers: dict[str, str]) -> dict[str, str]:
        """A cache must tell answers to different origins apart, even if none was sent."""
        vary = headers.get("vary", "")
        if self._varies_by_origin and "Origin" not in vary:
            headers["vary"] = f"{vary}, Origin" if vary else "Origin"
        return headers


def completed(fields: Iterable[Field], request_id: str) -> list[Field]:
    """The head of a page: its own fields, the request's id, and what browsers are told always."""
    own = [field for field in fields if field[0] != b"x-request-id"]
    names = {name for name, _ in own}
    own += [field for field in _SECURITY_FIELDS if field[0] not in names]
    own.append((REQUEST_ID.encode(), request_id.encode()))
    return own


def _encoded_fields(headers: Iterable[tuple[str, str]]) -> list[Field]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


_SECURITY_FIELDS = _encoded_fields(_SECURITY.items())
