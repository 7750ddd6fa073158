"""Persisted documents: a client sends the hash of a query's text in place of the text.

- **Automatic** (Apollo's protocol, `extensions.persistedQuery`): a hash that is not known is
  answered by PERSISTED_QUERY_NOT_FOUND; the client sends text and hash once, and the hash from then
  on. Only documents that are valid are kept.
- **Trusted**: documents that were registered beforehand. They are never forgotten, and with
  `trusted_only` nothing else is served.

The hash is the SHA-256 of the text in UTF-8. Since it is checked, nobody can put a document in
another's place; whoever knows a hash may ask for the document as whoever they are.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import orjson

from execution.errors import ApiError, ErrorCode
from ratelimit.redis_server import RedisServer
from server.requests import GraphQLRequest, RequestRefusedError

KEPT_DOCUMENTS = 4_000
LONGEST_KEPT = 16 * 1024
"""Characters. A longer text is served whenever it comes, and not kept."""
KEPT_SECONDS = 7 * 24 * 3600
"""How long Redis keeps a document that nobody asks for."""

_HASH = re.compile(r"[0-9a-f]{64}")


class DocumentStore(Protocol):
    """Texts by their hash. What it keeps may be forgotten at any time."""

    async def get(self, sha256: str) -> str | None: ...

    async def put(self, sha256: str, text: str) -> None: ...


class LocalDocuments:
    """The texts that were asked for last, in the memory of this process."""

    def __init__(self, most: int = KEPT_DOCUMENTS) -> None:
        self._most = most
        self._texts: OrderedDict[str, str] = OrderedDict()

    async def get(self, sha256: str) -> str | None:
        text = self._texts.get(sha256)
        if text is not None:
            self._texts.move_to_end(sha256)
        return text

    async def put(self, sha256: str, text: str) -> None:
        self._texts[sha256] = text
        self._texts.move_to_end(sha256)
        if len(self._texts) > self._most:
            self._texts.popitem(last=False)


# The newest texts are kept: the index says which were used last, by the server's own clock.
_PUT = """
local time = redis.call('TIME')
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[4])
redis.call('ZADD', KEYS[1], time[1] + time[2] / 1000000, ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[4])
local surplus = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[3])
if surplus > 0 then
    for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, surplus - 1)) do
        redis.call('DEL', ARGV[5] .. hash)
        redis.call('ZREM', KEYS[1], hash)
    end
end
return 1
"""
_GET = """
local text = redis.call('GET', KEYS[2])
if text then
    local time = redis.call('TIME')
    redis.call('ZADD', KEYS[1], time[1] + time[2] / 1000000, ARGV[1])
    redis.call('EXPIRE', KEYS[1], ARGV[2])
    redis.call('EXPIRE', KEYS[2], ARGV[2])
end
return text
"""
_INDEX = "partnergraph:{documents}:index"
_PREFIX = "partnergraph:{documents}:"


class RedisDocuments:
    """Texts that all workers share; each of them remembers those that it has seen."""

    def __init__(
        self, server: RedisServer, local: LocalDocuments, most: int = KEPT_DOCUMENTS
    ) -> None:
        self._server = server
        self._local = local
        self._most = most
        self._get = server.client.register_script(_GET)
        self._put = server.client.register_script(_PUT)

    async def get(self, sha256: str) -> str | None:
        text = await self._local.get(sha256)
        if text is None:
            keys = [_INDEX, _PREFIX + sha256]
            text = await self._server.ask(lambda: self._get(keys, [sha256, KEPT_SECONDS]))
            # Whoever can write to the server still cannot put one document in another's place.
            if text is None or hash_of(text) != sha256:
                return None
            await self._local.put(sha256, text)
        return text

    async def put(self, sha256: str, text: str) -> None:
        await self._local.put(sha256, text)
        arguments: list[str | int] = [sha256, text, self._most, KEPT_SECONDS, _PREFIX]
        await self._server.ask(lambda: self._put([_INDEX, _PREFIX + sha256], arguments))


class PersistedDocuments:
    """Finds the text of each request."""

    def __init__(
        self,
        store: DocumentStore | None = None,
        *,
        trusted: Mapping[str, str] | None = None,
        trusted_only: bool = False,
    ) -> None:
        """`trusted` are texts by their hash."""
        self._store = store if store is not None else LocalDocuments()
        self._trusted = dict(trusted or {})
        self._trusted_only = trusted_only

    async def text(self, request: GraphQLRequest) -> str:
        """The text to serve; raises what the client is told where there is none."""
        if request.sha256 is None:
            if self._trusted_only and hash_of(request.query) not in self._trusted:
                raise _not_trusted()
            return request.query
        if not _HASH.fullmatch(request.sha256):
            raise _mistaken("The hash of a document is 64 hexadecimal digits in lower case.")
        if request.query:
            if hash_of(request.query) != request.sha256:
                raise _mistaken("The hash is not the SHA-256 of the query.")
            if self._trusted_only and request.sha256 not in self._trusted:
                raise _not_trusted()
            return request.query
        text = self._trusted.get(request.sha256)
        if text is not None:
            return text
        if self._trusted_only:
            raise _not_trusted()
        text = await self._store.get(request.sha256)
        if text is None:
            # Clients compare the message, and some of them nothing else.
            raise ApiError("PersistedQueryNotFound", code=ErrorCode.PERSISTED_QUERY_NOT_FOUND)
        return text

    async def keep(self, request: GraphQLRequest) -> None:
        """Keep the text of a request that was valid, if it came with its hash."""
        if request.sha256 is None or request.sha256 in self._trusted:
            return
        if 0 < len(request.query) <= LONGEST_KEPT:
            await self._store.put(request.sha256, request.query)


def read_trusted(path: Path) -> dict[str, str]:
    """The documents of a manifest, by their hash; raises ValueError with what is wrong.

    A manifest is JSON: an object of texts by their hash, as Relay's compiler and others write it,
    or Apollo's `apollo-persisted-query-manifest`.
    """
    try:
        manifest = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ValueError(f"names a file that cannot be read: {error.strerror}") from None
    except orjson.JSONDecodeError:
        raise ValueError("names a file that is not JSON") from None
    try:
        if manifest.get("format") == "apollo-persisted-query-manifest":
            documents = {each["id"]: each["body"] for each in manifest["operations"]}
        else:
            documents = dict(manifest)
        for sha256, text in documents.items():
            if hash_of(text) != sha256:
                raise ValueError(f"has a document whose SHA-256 is not {sha256[:12]}…")
    except (AttributeError, KeyError, TypeError):
        raise ValueError("names a file that is no manifest of documents by their hash") from None
    return documents


def hash_of(text: str) -> str:
    """What a text is known by."""
    return hashlib.sha256(text.encode()).hexdigest()


def _mistaken(message: str) -> RequestRefusedError:
    return RequestRefusedError(400, ApiError(message, code=ErrorCode.BAD_REQUEST))


def _not_trusted() -> RequestRefusedError:
    message = "Only documents that were registered beforehand are served here."
    return RequestRefusedError(403, ApiError(message, code=ErrorCode.DOCUMENT_NOT_TRUSTED))
