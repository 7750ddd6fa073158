"""The keys of the portal's identity provider: fetched, kept, and fetched again in time.

OpenID Connect Discovery 1.0 says where they are, RFC 7517 what they look like. A request waits for
them only where it cannot be answered without; nobody makes the server ask more often than every
`ASKED_AGAIN_AFTER` seconds, whatever ids of keys they make up.
"""

import asyncio
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import orjson
import structlog
from joserfc import jwk
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519"),
)
"""What a provider may sign with: nothing with a shared secret, and never `none`."""

FETCH_SECONDS = 5.0
"""How long both documents may take together."""
ASKED_AGAIN_AFTER = 5.0
REFRESHED_AFTER = 300.0
"""The age at which keys are fetched again, beside the requests. A key that the provider withdrew is
believed until then."""
TRUSTED_FOR = 3_600.0
"""How long the last good keys go on working while the provider is away. It issues no tokens
meanwhile, and those that it had issued have mostly expired by then."""

_DISCOVERY = "/.well-known/openid-configuration"
_LARGEST = 262_144
_MOST_KEYS = 100
_RSA_BITS = range(2048, 8193)
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_PAST_ANY_PROXY = {
    "all://localhost": None,
    "all://127.0.0.1": None,
    "all://[::1]": None,
}
_log = structlog.get_logger("auth")


class ProviderUnavailableError(Exception):
    """It cannot be told now whether a token is good: the provider's keys cannot be had."""

    retry_seconds = int(ASKED_AGAIN_AFTER)


class _UnusableError(Exception):
    """What the provider answered is of no use; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """Who signs the portal's users in, and what of its tokens is believed."""

    issuer: str
    audience: str
    jwks_url: str | None
    """Where the keys are; None where the provider's own discovery document says it."""
    algorithms: frozenset[str]
    user_claim: Literal["sub", "email"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderKey:
    kid: str
    key: Key
    algorithms: frozenset[str]
    """What it may have signed by."""


class ProviderKeys:
    """What one process knows of a provider's keys. `close` it at the end."""

    def __init__(self, provider: IdentityProvider, monotonic: Callable[[], float]) -> None:
        self._provider = provider
        self._monotonic = monotonic
        self._keys: Sequence[ProviderKey] = ()
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None
        self._client: httpx.AsyncClient | None = None

    async def find(self, kid: str) -> Sequence[ProviderKey]:
        """The keys of that id, none if the provider has none; raises ProviderUnavailableError."""
        found = self._known(kid)
        if not found or self._older_than(REFRESHED_AFTER):
            self.fetch()
        if not found and self._fetching is not None:
            # Unlike awaiting it: a request that is cancelled leaves it to the others.
            await asyncio.wait([self._fetching])
            found = self._known(kid)
        if not found and self._failed:
            raise ProviderUnavailableError
        return found

    def fetch(self) -> None:
        """Begin to fetch the keys, unless that is under way or was tried a moment ago."""
        now = self._monotonic()
        if self._fetching is not None:
            return
        if self._tried_at is not None and now - self._tried_at < ASKED_AGAIN_AFTER:
            return
        self._tried_at = now
        self._fetching = asyncio.create_task(self._fetch())

    async def close(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])
        if self._client is not None:
            await self._client.aclose()

    def _known(self, kid: str) -> Sequence[ProviderKey]:
        if self._older_than(TRUSTED_FOR):
            return ()
        return [key for key in self._keys if key.kid == kid]

    def _older_than(self, seconds: float) -> bool:
        return self._fetched_at is None or self._monotonic() - self._fetched_at >= seconds

    async def _fetch(self) -> None:
        # What it is told is as old as the question.
        asked_at = self._monotonic()
        self._failed = True
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                self._keys = await self._download()
        except TimeoutError:
            self._complain(f"no answer within {FETCH_SECONDS:g} seconds")
        except (httpx.HTTPError, _UnusableError) as error:
            self._complain(str(error) or type(error).__name__)
        except Exception:
            # Nobody waits for what this raises.
            _log.exception("the keys of the identity provider could not be fetched")
        else:
            self._fetched_at = asked_at
            self._failed = False
        finally:
            self._fetching = None

    def _complain(self, reason: str) -> None:
        _log.warning("the keys of the identity provider could not be fetched", reason=reason)

    async def _download(self) -> Sequence[ProviderKey]:
        url = self._provider.jwks_url or await self._discovered()
        keys = usable_keys(await self._json(url), self._provider.algorithms)
        if not keys:
            # Rather than to forget those that are known.
            raise _UnusableError(f"{url} has no key that can be used")
        return keys

    async def _discovered(self) -> str:
        url = self._provider.issuer.rstrip("/") + _DISCOVERY
        document = await self._json(url)
        if document.get("issuer") != self._provider.issuer:
            raise _UnusableError(f"{url} is of another issuer than {self._provider.issuer}")
        found = document.get("jwks_uri")
        if not isinstance(found, str) or not is_safe(found):
            raise _UnusableError(f"{url} names no jwks_uri that can be asked")
        return found

    async def _json(self, url: str) -> dict[str, Any]:
        if self._client is None:
            # Redirects are not followed. The environment may name a proxy for all but this machine.
            self._client = httpx.AsyncClient(timeout=FETCH_SECONDS, mounts=_PAST_ANY_PROXY)
        # Uncompressed, so that the bytes that are counted are all there are.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        body = bytearray()
        async with self._client.stream("GET", url, headers=headers) as response:
            if response.status_code != httpx.codes.OK:
                raise _UnusableError(f"{url} answered {response.status_code}")
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _LARGEST:
                    raise _UnusableError(f"{url} answered more than {_LARGEST} bytes")
        try:
            document = orjson.loads(body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise _UnusableError(f"{url} answered no JSON object")
        return document


def is_safe(url: str) -> bool:
    """Whether what is fetched there comes from whom the URL names: https, or this very machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    # A user or password in it would stand in logs.
    if not host or "@" in parts.netloc or parts.fragment or not url.isprintable() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)


def usable_keys(document: dict[str, Any], algorithms: frozenset[str]) -> Sequence[ProviderKey]:
    """The keys of a JWK Set that can verify one of the algorithms; others are passed over."""
    members = document.get("keys")
    if not isinstance(members, list):
        return ()
    found = (_usable(member, algorithms) for member in members[:_MOST_KEYS])
    return [key for key in found if key is not None]


def _usable(member: Any, algorithms: frozenset[str]) -> ProviderKey | None:
    # Compared with a tuple: a value may be a list, which is in no set.
    if not isinstance(member, dict) or member.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    kid, algorithm = member.get("kid"), member.get("alg")
    # One with its private part is anybody's by now.
    if not isinstance(kid, str) or member.get("use", "sig") != "sig" or "d" in member:
        return None
    if not isinstance(algorithm, str | None):
        return None
    allowed = algorithms if algorithm is None else algorithms & {algorithm}
    try:
        with warnings.catch_warnings():
            # Of keys that are too short; these are refused below.
            warnings.simplefilter("ignore", SecurityWarning)
            key = jwk.import_key(member)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, jwk.RSAKey) and key.raw_value.key_size not in _RSA_BITS:
        return None
    return ProviderKey(kid=kid, key=key, algorithms=allowed) if allowed else None
