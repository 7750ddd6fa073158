"""An HTTP request with its headers decoded once, and the id that joins its log lines."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from os import urandom

from starlette.types import Receive, Scope

REQUEST_ID = "x-request-id"

# The id of a caller stands in our logs: it must need no escaping and little room.
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Headers whose value is a list, which may be sent in several lines (RFC 9110, 5.3).
_LISTS = frozenset({"accept", "accept-language", "if-none-match"})

_current_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_request_id() -> str | None:
    """The id of the request being served; None outside of one."""
    return _current_id.get()


class Request:
    """One HTTP request. Entering it makes its id the current one until it is left."""

    __slots__ = ("_client", "_reset", "headers", "id", "method", "path", "query_string", "receive")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query_string: bytes = scope["query_string"]
        self.receive = receive
        self.headers = decoded(scope["headers"])
        """By lower-case name. A list that was sent in several lines is one list; of any other
        header that was repeated this is the first."""
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
    """The headers of an ASGI scope as text."""
    headers: dict[str, str] = {}
    for encoded_name, encoded_value in raw:
        name, value = encoded_name.decode("latin-1"), encoded_value.decode("latin-1")
        if name not in headers:
            headers[name] = value
        elif name in _LISTS:
            headers[name] = f"{headers[name]},{value}"
    return headers


@lru_cache(maxsize=1_000)
def _network(host: str) -> str | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address), 64), strict=False))
