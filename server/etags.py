"""Conditional requests: a response that has not changed is not made again (RFC 9110, 13.1.2).

An entity tag stands for everything that a response is made from: the operation and its variables,
the media type, and the state of the application, which its `EtagSource` tells. So a tag that a
client sends back can be checked without the response: the state is read, and the tag made anew. A
client that does not know the state cannot make up a tag.

Responses may depend on the time of day. The part of a tag before its dot is the last instant at
which the response holds; the part behind it is a hash that covers that instant.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

import orjson

ContextT = TypeVar("ContextT")
ContextT_contra = TypeVar("ContextT_contra", contravariant=True)

UNCHANGED_COST = 1
"""Points that a 304 costs, whatever the whole response would cost."""
MOST_TAGS = 20
"""Tags of one request that are compared; a client keeps one for each question."""

_TAG = re.compile(r'"([^"]*)"')
_OURS = re.compile(r"(?P<until>-|[0-9a-f]{1,16})\.[A-Za-z0-9_-]{32}")
_NO_END = "-"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT = timedelta(microseconds=1)


def is_known(tag: str, if_none_match: str) -> bool:
    """True if the value of an `If-None-Match` header has that entity tag, compared weakly."""
    known = {entry.strip().removeprefix("W/") for entry in if_none_match.split(",")}
    return not known.isdisjoint((tag, "*"))


class EtagSource(Protocol[ContextT_contra]):
    """Tells what an application's responses are made from, and how long they hold."""

    @property
    def vary(self) -> str:
        """The request headers that a response depends on."""
        ...

    async def state(self, context: ContextT_contra, needed: frozenset[str]) -> bytes | None:
        """Bytes that are equal only if everything is that an operation may show in the context:
        the principal, and the newest change in its scope, read in the snapshot that the operation
        reads. None if the response must not be kept.

        `needed` are the scopes that the operation's fields need.
        """
        ...

    def now(self, context: ContextT_contra) -> datetime:
        """The instant for which the context answers."""
        ...

    def until(self, context: ContextT_contra) -> datetime | None:
        """The last instant for which what was executed in the context would be the same; None if
        there is none."""
        ...


class ConditionalRequest(Generic[ContextT]):
    """One operation whose response gets a tag, and the tags that its client sent."""

    def __init__(
        self,
        source: EtagSource[ContextT],
        if_none_match: str,
        *,
        request: Sequence[Any],
        needed: frozenset[str],
    ) -> None:
        """`request` is JSON of all in the request that its response depends on, `needed` the
        scopes that the operation's fields need."""
        encoded = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
        self._request = hashlib.sha256(encoded).digest()
        self._source = source
        self._needed = needed
        self._state: bytes | None = None
        self._has_state = False
        sent = if_none_match.strip()
        # Tags are compared weakly, so a W/ before one makes no difference.
        tags = () if sent == "*" else islice(_TAG.finditer(sent), MOST_TAGS)
        self._tags = [tag[1] for tag in tags]
        self._any = sent == "*"
        self.is_conditional = any(_OURS.fullmatch(tag) for tag in self._tags)
        """True if it may be answered without being executed."""

    async def unchanged(self, context: ContextT) -> dict[str, str] | None:
        """The headers of a 304 if one of the client's tags still holds; otherwise None."""
        state = await self._read_state(context)
        if state is None:
            return None
        now = _microseconds(self._source.now(context))
        for tag in self._tags:
            ours = _OURS.fullmatch(tag)
            if ours is None or tag != self._tag(state, ours["until"]):
                continue
            if ours["until"] == _NO_END or now <= int(ours["until"], 16):
                return self._headers(tag)
        return None

    async def answered(self, context: ContextT) -> tuple[dict[str, str], bool]:
        """For a response that was made in the context: the headers that let a cache keep it, and
        whether the client has it already."""
        state = await self._read_state(context)
        until = self._source.until(context)
        if state is None or (until is not None and until <= self._source.now(context)):
            return {}, False
        tag = self._tag(state, _NO_END if until is None else f"{_microseconds(until):x}")
        return self._headers(tag), self._any or tag in self._tags

    async def _read_state(self, context: ContextT) -> bytes | None:
        if not self._has_state:
            self._state = await self._source.state(context, self._needed)
            self._has_state = True
        return self._state

    def _tag(self, state: bytes, until: str) -> str:
        digest = hashlib.sha256(b"%b %b %b" % (self._request, until.encode(), state)).digest()
        return f"{until}.{urlsafe_b64encode(digest[:24]).decode()}"

    def _headers(self, tag: str) -> dict[str, str]:
        # Weak: a proxy may compress the same response differently.
        return {
            "etag": f'W/"{tag}"',
            "cache-control": "private, no-cache",
            "vary": self._source.vary,
        }


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _UNIT
