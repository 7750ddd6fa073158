"""A bound on guessing credentials, which never refuses the one that is right for others' mistakes.

What is wrong is counted: by the client it names, and by the address it comes from, each wrong
credential once an hour, so that a client that repeats its own mistake is no guesser. An address
with too many is refused before anything is looked up, unless this process has found that very
credential right within the hour. A name with too many is not: whoever shall be kept out by a
stranger's guesses would be the client itself. Wrong answers then say when to come back.

Tokens are not counted. Nobody guesses a signature, and honest clients show expired ones.
"""

import hashlib
import ipaddress
import re
from collections.abc import Callable
from contextvars import ContextVar

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from auth.points import Points, Quota
from auth.ttl_cache import TTLCache

_REMEMBERED = 10_000
_REMEMBERED_SECONDS = 3600.0
_NAME = re.compile(r"pgk_[0-9A-Za-z]{8}|pgc_[0-9a-f]{20}")

_source: ContextVar[str | None] = ContextVar("source", default=None)


class TooManyAttemptsError(Exception):
    """Too much was wrong. The message is for the client."""

    def __init__(self, quota: Quota) -> None:
        super().__init__(
            f"Too many credentials were wrong. Come back in {quota.retry_seconds} seconds."
        )
        self.retry_seconds = quota.retry_seconds


class LoginThrottle:
    """Counts what is wrong. One for each process; `points` may be shared by all of them."""

    def __init__(self, points: Points, monotonic: Callable[[], float]) -> None:
        self._points = points
        # By digest: memory holds no credential.
        self._right: TTLCache[bytes, None] = TTLCache(
            _REMEMBERED, monotonic, seconds=_REMEMBERED_SECONDS
        )
        self._wrong: TTLCache[bytes, None] = TTLCache(
            _REMEMBERED, monotonic, seconds=_REMEMBERED_SECONDS
        )

    def check(self, credential: str) -> None:
        """Before it is looked up; raises TooManyAttemptsError."""
        source = _source.get()
        if source is None:
            return
        exhausted = self._points.exhausted(_by(source))
        if exhausted is not None and _digest(credential) not in self._right:
            raise TooManyAttemptsError(exhausted)

    def right(self, credential: str) -> None:
        """It was right, whoever may have come from there before."""
        self._right.put(_digest(credential), None)

    async def wrong(self, credential: str, name: str) -> None:
        """It was wrong; raises TooManyAttemptsError if others were, too often."""
        digest = _digest(credential)
        if digest in self._wrong:
            return
        self._wrong.put(digest, None)
        source = _source.get()
        counted = [source] if source is not None else []
        # Whether there is such a client does not matter, or the answers would tell.
        if _NAME.fullmatch(name):
            counted.append(name)
        for each in counted:
            quota = await self._points.take(_by(each), 1)
            if quota.refused:
                raise TooManyAttemptsError(quota)


class SourceMiddleware:
    """Notes where a request comes from, as far as that can be known."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            _source.set(source_of(scope))
        await self._app(scope, receive, send)


def source_of(scope: Scope) -> str | None:
    """The address of whoever sends the request: of IPv6 the network of one customer, a /64.

    None where a proxy sends it that uvicorn was not told to trust (FORWARDED_ALLOW_IPS): its
    address is everybody's. For one that it trusts uvicorn has put the client's address there,
    without a port.
    """
    host, port = scope.get("client") or ("", 0)
    headers = Headers(scope=scope)
    if port and ("x-forwarded-for" in headers or "forwarded" in headers):
        return None
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


def _by(name: str) -> str:
    # No account of a client has such a name: these have a slash behind their tenant's number.
    return f"attempts:{name}"


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode()).digest()
