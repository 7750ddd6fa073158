"""Limits the guessing of credentials, without locking out clients that send the right one.

Wrong credentials are counted by source address and by the client that they name. The same wrong
credential counts once an hour, so that a client that repeats its mistake is not taken for a
guesser. An address above the limit is refused before any look-up, unless the credential was right
within the last hour in this process. A client above the limit is not refused, since strangers could
then lock it out; only wrong credentials are answered with when to retry.

Tokens are not counted: signatures cannot be guessed, and honest clients send expired tokens.
"""

import hashlib
import re
from collections.abc import Callable
from contextvars import ContextVar

from auth.ttl_cache import TTLCache
from ratelimit.buckets import Buckets, Quota

_REMEMBERED = 10_000
_REMEMBERED_SECONDS = 3600.0
_NAME = re.compile(r"pgk_[0-9A-Za-z]{8}|pgc_[0-9a-f]{20}")

_source: ContextVar[str | None] = ContextVar("source", default=None)


class TooManyAttemptsError(Exception):
    """Too many wrong credentials. The message is for the client."""

    def __init__(self, quota: Quota) -> None:
        super().__init__(f"Too many wrong credentials. Retry in {quota.retry_seconds:,} seconds.")
        self.retry_seconds = quota.retry_seconds


class LoginThrottle:
    """Counts wrong credentials. One for each process; all of them may share the `buckets`."""

    def __init__(self, buckets: Buckets, monotonic: Callable[[], float]) -> None:
        self._buckets = buckets
        # By digest: memory holds no credential.
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
        exhausted = self._buckets.exhausted(_by(source))
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
            quota = await self._buckets.take(_by(key), 1)
            if quota.refused:
                raise TooManyAttemptsError(quota)


def set_source(source: str | None) -> None:
    """Set the address that the credentials of this request come from; None if it is not known."""
    _source.set(source)


def _by(name: str) -> str:
    # Distinct from the accounts of clients (`auth.log_names`).
    return f"attempts:{name}"


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode()).digest()
