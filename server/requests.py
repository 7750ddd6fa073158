"""An HTTP request with its headers decoded once, and the id that joins its log lines."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from os import urandom
from types import MappingProxyType

from starlette.types import Receive, Scope

from auth.jwt import LONGEST_TOKEN

REQUEST_ID = "x-request-id"

# The id of a caller stands in our logs: it must need no escaping and little room.
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

LONGEST: Mapping[str, int | None] = MappingProxyType(
    {
        # Parsed at a cost that grows with their length.
        "accept": 1_000,
        "accept-encoding": 1_000,
        "accept-language": 500,
        "authorization": LONGEST_TOKEN + 100,
        "content-encoding": 100,
        "content-length": 20,
        "content-type": 255,
        "host": 300,
        "if-modified-since": 100,
        "if-none-match": 4_000,
        "if-range": 100,
        "range": 1_000,
        # Only compared or looked for.
        "access-control-request-method": None,
        "forwarded": None,
        "origin": None,
        "sec-fetch-site": None,
        "x-forwarded-for": None,
        # Their own rules check their length first.
        "x-on-behalf-of": None,
        "x-request-id": None,
        "x-tenant": None,
    }
)
"""The headers that are read, and how many characters each may have; None for as many as all headers
together. A request does not show any other header, so none can be read without an entry here."""

_DECODED = {name.encode(): name for name in LONGEST}
# Headers whose value is a list, which may be sent in several lines (RFC 9110, 5.3).
_LISTS = frozenset({"accept", "accept-language", "if-none-match"})

_current_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_request_id() -> str | None:
    """The id of the request being served; None outside of one."""
    return _current_id.get()


class Request:
    """One HTTP request. Entering it makes its id the current one until it is left."""

    __slots__ = (
        "_client",
        "_reset",
        "headers",
        "id",
        "method",
        "path",
        "query_string",
        "receive",
        "too_long",
    )

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query_string: bytes = scope["query_string"]
        self.receive = receive
        self.headers = decoded(scope["headers"])
        """Those of `LONGEST`, by lower-case name. A list that was sent in several lines is one
        list; of any other header that was repeated this is the first."""
        self.too_long = too_long(self.headers)
        """The name of a header that is longer than it may be; it must not be parsed."""
        sent = self.headers.get(REQUEST_ID)
        self.id = sent if sent is not None and _SANE_ID.fullmatch(sent) else urandom(16).hex()
        self._client: tuple[str, int] | None = scope.get("client")

    def __enter__(self) -> "Request":
        self._reset = _current_id.set(self.id)
        return self

    def __exit__(self, *_: object) -> None:
        _current_id.reset(self._reset)

    @property
    def source(self) -> str | None:
        """The client's address, of IPv6 its network of 64 bits; None if it is not known.

        It is not known if a proxy sent the request that uvicorn was not told to trust
        (FORWARDED_ALLOW_IPS): that address is shared by all clients of the proxy. For a trusted
        proxy uvicorn has put the client's address in place, without a port.
        """
        host, port = self._client or ("", 0)
        if port and ("x-forwarded-for" in self.headers or "forwarded" in self.headers):
            return None
        return _network(host)


def decoded(raw: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """The headers of an ASGI scope that are read (`LONGEST`), as text."""
    headers: dict[str, str] = {}
    for encoded_name, encoded_value in raw:
        name = _DECODED.get(encoded_name)
        if name is None:
            continue
        if name not in headers:
            headers[name] = encoded_value.decode("latin-1")
        elif name in _LISTS:
            headers[name] = f"{headers[name]},{encoded_value.decode('latin-1')}"
    return headers


def too_long(headers: Mapping[str, str]) -> str | None:
    """The name of the first header that is longer than it may be, or None."""
    for name, value in headers.items():
        longest = LONGEST[name]
        if longest is not None and len(value) > longest:
            return name
    return None


@lru_cache(maxsize=1_000)
def _network(host: str) -> str | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address), 64), strict=False))
