"""A bound on guessing credentials, which never refuses the one that is right for others' mistakes.

What is wrong is counted: by the client it names, and by the address it comes from, each wrong
credential once an hour, so that a client that repeats its own mistake is no guesser. An address
with too many is refused before anything is looked up, unless this process has found that very
credential right within the hour. A name with too many is not: whoever shall be kept out by a
stranger's guesses would be the client itself. Wrong answers then say when to come back.

Tokens are not counted. Nobody guesses a signature, and honest clients show expired ones.
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
    """Too much was wrong. The message is for the client."""

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
        """Before it is looked up; raises TooManyAttemptsError."""
        source = _source.get()
        if source is None:
            return
        exhausted = self._buckets.exhausted(_by(source))
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
            quota = await self._buckets.take(_by(each), 1)
            if quota.refused:
                raise TooManyAttemptsError(quota)


def set_source(source: str | None) -> None:
    """Set the address that the credentials of this request come from; None if it is not known."""
    _source.set(source)


def _by(name: str) -> str:
    # No account of a client has such a name: these have a slash behind their tenant's number.
    return f"attempts:{name}"


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode()).digest()
