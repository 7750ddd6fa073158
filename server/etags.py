"""Conditional requests: an answer that has not changed is not made again (RFC 9110, 13.1.2).

An entity tag names all that an answer is made from: the operation and its variables, the media
type, and the state of the application, which says itself what that is. So a tag that a client
sends back can be told to be good or not without the answer: the state is read, and the tag made
anew. Whoever cannot know the state cannot make up a tag.

Answers may depend on the time of day. The part of a tag before its dot says until when the answer
is what it was, and the part behind it vouches for that.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

import orjson
from starlette.datastructures import Headers

ContextT = TypeVar("ContextT")
ContextT_contra = TypeVar("ContextT_contra", contravariant=True)

UNCHANGED_COST = 1
"""Points: what it costs to be told that nothing has changed, whatever the answer would cost."""
LOOKED_AT = 20
"""Tags of one request; a client keeps one for each question."""

_TAG = re.compile(r'"([^"]*)"')
_OURS = re.compile(r"(?P<until>-|[0-9a-f]{1,16})\.[A-Za-z0-9_-]{32}")
_FOR_EVER = "-"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT = timedelta(microseconds=1)


class EtagSource(Protocol[ContextT_contra]):
    """How an application says what its answers are made from, and how long they hold."""

    @property
    def vary(self) -> str:
        """The headers of a request that its answer depends on."""
        ...

    async def state(self, context: ContextT_contra, needed: frozenset[str]) -> bytes | None:
        """All that an operation may show in that context, told by something that is never the same
        for two states: who asks and what they may see, and the newest change in it, in the very
        snapshot that the operation reads. None where nothing may be kept.

        `needed` are the scopes that the operation's fields need.
        """
        ...

    def now(self, context: ContextT_contra) -> datetime:
        """The instant for which the context answers."""
        ...

    def until(self, context: ContextT_contra) -> datetime | None:
        """The last instant at which what was executed in the context would say the same; None if
        that does not end."""
        ...


class ConditionalRequest(Generic[ContextT]):
    """One operation that may be asked again, and the tags that whoever asks has of it already."""

    def __init__(
        self,
        freshness: EtagSource[ContextT],
        headers: Headers,
        *,
        asked: Sequence[Any],
        needed: frozenset[str],
    ) -> None:
        """`asked` is all of the request that its answer depends on, and `needed` the scopes that
        the operation's fields need."""
        said = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
        self._asked = hashlib.sha256(said).digest()
        self._freshness = freshness
        self._needed = needed
        self._state: bytes | None = None
        self._is_known = False
        sent = ",".join(headers.getlist("if-none-match")).strip()
        # Tags are compared weakly, so that it says W/ or does not means nothing.
        self._tags = [] if sent == "*" else _TAG.findall(sent)[:LOOKED_AT]
        self._any = sent == "*"
        self.is_conditional = any(_OURS.fullmatch(tag) for tag in self._tags)
        """Whether it may be answered without being executed."""

    async def unchanged(self, context: ContextT) -> dict[str, str] | None:
        """The headers that tell a client that what it has still holds; None if nothing does."""
        state = await self._read(context)
        if state is None:
            return None
        now = _count(self._freshness.now(context))
        for tag in self._tags:
            ours = _OURS.fullmatch(tag)
            if ours is None or tag != self._tag(state, ours["until"]):
                continue
            if ours["until"] == _FOR_EVER or now <= int(ours["until"], 16):
                return self._headers(tag)
        return None

    async def answered(self, context: ContextT) -> tuple[dict[str, str], bool]:
        """Of an answer that was made in the context, and would be made again: the headers that let
        it be kept, and whether the client has it."""
        state = await self._read(context)
        until = self._freshness.until(context)
        if state is None or (until is not None and until <= self._freshness.now(context)):
            return {}, False
        tag = self._tag(state, _FOR_EVER if until is None else f"{_count(until):x}")
        return self._headers(tag), self._any or tag in self._tags

    async def _read(self, context: ContextT) -> bytes | None:
        if not self._is_known:
            self._state = await self._freshness.state(context, self._needed)
            self._is_known = True
        return self._state

    def _tag(self, state: bytes, until: str) -> str:
        digest = hashlib.sha256(b"%b %b %b" % (self._asked, until.encode(), state)).digest()
        return f"{until}.{urlsafe_b64encode(digest[:24]).decode()}"

    def _headers(self, tag: str) -> dict[str, str]:
        # Weak: what stands between may pack the same answer differently.
        return {
            "ETag": f'W/"{tag}"',
            "Cache-Control": "private, no-cache",
            "Vary": self._freshness.vary,
        }


def _count(instant: datetime) -> int:
    return (instant - _EPOCH) // _UNIT
