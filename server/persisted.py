"""Persisted documents: a client sends the hash of a query's text in place of the text.

- **Automatic** (Apollo's protocol, `extensions.persistedQuery`): the response to an unknown hash is
  PERSISTED_QUERY_NOT_FOUND; the client then sends text and hash once, and from then on the hash
  alone. Only valid documents are kept.
- **Trusted**: documents that were registered beforehand. They are never evicted, and with
  `trusted_only` no other document is served.

The hash is the SHA-256 of the text in UTF-8. It is checked, so no client can replace the document
of another. A hash gives no access: the document runs with the permissions of the client that sends
it.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import orjson

from execution.errors import ApiError
from ratelimit.redis_server import RedisServer
from server.errors import HttpErrorCode, RequestRefusedError, bad_request
from server.graphql_request import GraphQLRequest

KEPT_DOCUMENTS = 4_000
LONGEST_KEPT = 16 * 1024
"""Characters. A longer text is served, and not kept."""
KEPT_SECONDS = 7 * 24 * 3600
"""How long Redis keeps a document that is not used."""

_HASH = re.compile(r"[0-9a-f]{64}")


class DocumentStore(Protocol):
    """Texts by their hash. It may evict any of them at any time."""

    async def get(self, sha256: str) -> str | None: ...

    async def put(self, sha256: str, text: str) -> None: ...


class LocalDocuments:
    """The most recently used texts, in the memory of this process."""

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


# The index orders texts by their last use, by the server's own clock; the oldest are evicted.
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
    """Texts that all workers share. Each worker also keeps those that it has seen."""

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
            # A writer to that server still cannot replace one document by another.
            if text is None or hash_of(text) != sha256:
                return None
            await self._local.put(sha256, text)
        return text

    async def put(self, sha256: str, text: str) -> None:
        await self._local.put(sha256, text)
        arguments: list[str | int] = [sha256, text, self._most, KEPT_SECONDS, _PREFIX]
        await self._server.ask(lambda: self._put([_INDEX, _PREFIX + sha256], arguments))


class PersistedDocuments:
    """Finds the text of a request's document."""

    def __init__(
        self,
        store: DocumentStore | None = None,
        *,
        trusted: Mapping[str, str] | None = None,
        trusted_only: bool = False,
    ) -> None:
        """`trusted` maps hashes to texts."""
        self._store = store if store is not None else LocalDocuments()
        self._trusted = dict(trusted or {})
        self._trusted_only = trusted_only

    async def text(self, request: GraphQLRequest) -> str:
        """The text to run; raises RequestRefusedError, and ApiError for an unknown hash."""
        if request.sha256 is None:
            if self._trusted_only and hash_of(request.query) not in self._trusted:
                raise _not_trusted()
            return request.query
        if not _HASH.fullmatch(request.sha256):
            raise bad_request("The hash of a document must be 64 hexadecimal digits in lower case.")
        if request.query:
            if hash_of(request.query) != request.sha256:
                raise bad_request("The hash is not the SHA-256 of the query.")
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
            # Some clients compare the message and nothing else.
            raise ApiError("PersistedQueryNotFound", code=HttpErrorCode.PERSISTED_QUERY_NOT_FOUND)
        return text

    async def keep(self, request: GraphQLRequest) -> None:
        """Keep the text of a valid request, if it came with its hash."""
        if request.sha256 is None or request.sha256 in self._trusted:
            return
        if 0 < len(request.query) <= LONGEST_KEPT:
            await self._store.put(request.sha256, request.query)


def read_trusted(path: Path) -> dict[str, str]:
    """The documents of a manifest, by their hash; raises ValueError with the mistake.

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
            documents = {entry["id"]: entry["body"] for entry in manifest["operations"]}
        else:
            documents = dict(manifest)
        for sha256, text in documents.items():
            if hash_of(text) != sha256:
                raise ValueError(f"has a document whose SHA-256 is not {sha256[:12]}…")
    except (AttributeError, KeyError, TypeError):
        raise ValueError("names a file that is no manifest of documents by their hash") from None
    return documents


def hash_of(text: str) -> str:
    """The SHA-256 of a text, as clients send it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _not_trusted() -> RequestRefusedError:
    message = "Only registered documents are served: this one is not registered."
    return RequestRefusedError(403, HttpErrorCode.DOCUMENT_NOT_TRUSTED, message)
