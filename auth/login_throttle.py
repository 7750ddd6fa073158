"""Limits the guessing of credentials, without locking out clients that send the right one.

Wrong credentials are counted by source address and by the client that they name. The same wrong
credential counts once an hour, so that a client that repeats its mistake is not taken for a
guesser. An address above the limit is refused before any look-up, unless the credential was right
within the last hour in this process. A client above the limit is not refused, since strangers could
then lock it out; only wrong credentials are answered with when to retry.

Tokens are not counted: signatures cannot be guessed, and honest clients send expired tokens.
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
    """Too many wrong credentials. The message is for the client."""

    def __init__(self, quota: Quota) -> None:
        super().__init__(
            f"Too many wrong credentials were sent. Retry in {quota.retry_seconds} seconds."
        )
        self.retry_seconds = quota.retry_seconds


class LoginThrottle:
    """Counts wrong credentials. One per process; `points` may be shared by all processes."""

    def __init__(self, points: Points, monotonic: Callable[[], float]) -> None:
        self._points = points
        # By digest, so that memory holds no credential.
        self._right: TTLCache[bytes, None] = TTLCache(
            _REMEMBERED, monotonic, seconds=_REMEMBERED_SECONDS
        )
        self._wrong: TTLCache[bytes, None] = TTLCache(
            _REMEMBERED, monotonic, seconds=_REMEMBERED_SECONDS
        )

    def check(self, credential: str) -> None:
        """Call this before the look-up. Raises TooManyAttemptsError."""
        source = _source.get()
        if source is None:
            return
        exhausted = self._points.exhausted(_by(source))
        if exhausted is not None and _digest(credential) not in self._right:
            raise TooManyAttemptsError(exhausted)

    def right(self, credential: str) -> None:
        """Call this when the credential was right."""
        self._right.put(_digest(credential), None)

    async def wrong(self, credential: str, name: str) -> None:
        """Call this when it was wrong. Raises TooManyAttemptsError above the limit.

        `name` is the public part of the client that it names.
        """
        digest = _digest(credential)
        if digest in self._wrong:
            return
        self._wrong.put(digest, None)
        source = _source.get()
        counted = [source] if source is not None else []
        # Counted whether or not the client exists, so that answers do not reveal it.
        if _NAME.fullmatch(name):
            counted.append(name)
        for key in counted:
            quota = await self._points.take(_by(key), 1)
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
    # Distinct from the accounts of clients (`auth.log_names`).
    return f"attempts:{name}"


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode()).digest()
