"""The public keys of the portal's identity provider: fetched, cached and refreshed.

They are found by OpenID Connect Discovery 1.0 and have the format of RFC 7517. A request waits for
them only if it needs a key that is not cached. Made-up key ids cannot cause more than one fetch
every `RETRY_SECONDS`.
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
"""What a provider may sign with: no algorithm with a shared secret, and never `none`."""

FETCH_SECONDS = 5.0
"""Time limit for both documents together."""
RETRY_SECONDS = 5.0
REFRESH_SECONDS = 300.0
"""The age at which keys are refreshed in the background. A key that the provider has withdrawn is
trusted until then."""
TRUST_SECONDS = 3_600.0
"""How long cached keys are trusted while the provider is unreachable. Most tokens that it issued
before have expired by then."""

_DISCOVERY = "/.well-known/openid-configuration"
_LARGEST = 262_144
_MOST_KEYS = 100
_RSA_BITS = range(2048, 8193)
_LONGEST_MEMBER = 2_000
"""Characters of a member of a key: a modulus of 8,192 bits has 1,366."""
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_NO_PROXY_FOR_LOCALHOST = {"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None}
_log = structlog.get_logger("auth")


class ProviderUnavailableError(Exception):
    """A token cannot be verified now, because the provider's keys are unavailable."""

    retry_seconds = int(RETRY_SECONDS)


class _UnusableError(Exception):
    """The provider's answer is unusable; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """The provider that signs the portal's users in, and what its tokens must be."""

    issuer: str
    audience: str
    jwks_url: str | None
    """The URL of the keys; None to take it from the provider's discovery document."""
    algorithms: frozenset[str]
    user_claim: Literal["sub", "email"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderKey:
    kid: str
    key: Key
    algorithms: frozenset[str]
    """The algorithms that it may have signed with."""


class ProviderKeys:
    """The keys of a provider. One per process; `close` it at the end."""

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
        """The keys of that id; empty if there are none. Raises ProviderUnavailableError."""
        keys = self._known(kid)
        if not keys or self._older_than(REFRESH_SECONDS):
            self.fetch()
        if not keys and self._fetching is not None:
            # Not awaited directly: cancelling this request must not cancel the fetch for others.
            await asyncio.wait([self._fetching])
            keys = self._known(kid)
        if not keys and self._failed:
            raise ProviderUnavailableError
        return keys

    def fetch(self) -> None:
        """Begin to fetch the keys, unless a fetch is in progress or was begun a moment ago."""
        now = self._monotonic()
        if self._fetching is not None:
            return
        if self._tried_at is not None and now - self._tried_at < RETRY_SECONDS:
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
        if self._older_than(TRUST_SECONDS):
            return ()
        return [key for key in self._keys if key.kid == kid]

    def _older_than(self, seconds: float) -> bool:
        return self._fetched_at is None or self._monotonic() - self._fetched_at >= seconds

    async def _fetch(self) -> None:
        # The answer is as old as the request for it.
        requested_at = self._monotonic()
        self._failed = True
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                self._keys = await self._download()
        except TimeoutError:
            self._warn(f"no answer within {FETCH_SECONDS:g} seconds")
        except (httpx.HTTPError, _UnusableError) as error:
            self._warn(str(error) or type(error).__name__)
        except Exception:
            # No request awaits this task.
            _log.exception("the keys of the identity provider could not be fetched")
        else:
            self._fetched_at = requested_at
            self._failed = False
        finally:
            self._fetching = None

    def _warn(self, reason: str) -> None:
        _log.warning("the keys of the identity provider could not be fetched", reason=reason)

    async def _download(self) -> Sequence[ProviderKey]:
        url = self._provider.jwks_url or await self._discovered()
        keys = usable_keys(await self._json(url), self._provider.algorithms)
        if not keys:
            # Keep the cached keys instead.
            raise _UnusableError(f"{url} has no usable key")
        return keys

    async def _discovered(self) -> str:
        url = self._provider.issuer.rstrip("/") + _DISCOVERY
        document = await self._json(url)
        if document.get("issuer") != self._provider.issuer:
            raise _UnusableError(f"{url} is from another issuer than {self._provider.issuer}")
        keys_url = document.get("jwks_uri")
        if not isinstance(keys_url, str) or not is_safe(keys_url):
            raise _UnusableError(f"{url} has no usable jwks_uri")
        return keys_url

    async def _json(self, url: str) -> dict[str, Any]:
        if self._client is None:
            # Redirects are not followed. A proxy of the environment is not used for this machine.
            self._client = httpx.AsyncClient(timeout=FETCH_SECONDS, mounts=_NO_PROXY_FOR_LOCALHOST)
        # Uncompressed, so that the counted bytes are the size of the document.
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
            raise _UnusableError(f"{url} did not answer with a JSON object")
        return document


def is_safe(url: str) -> bool:
    """Whether the URL is authenticated: https, or http on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    # A user name or password in the URL would appear in logs.
    if not host or "@" in parts.netloc or parts.fragment or not url.isprintable() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)


def usable_keys(document: dict[str, Any], algorithms: frozenset[str]) -> Sequence[ProviderKey]:
    """The keys of a JWK Set that can verify one of the algorithms; others are ignored."""
    members = document.get("keys")
    if not isinstance(members, list):
        return ()
    keys = (_usable(member, algorithms) for member in members[:_MOST_KEYS])
    return [key for key in keys if key is not None]


def _usable(member: Any, algorithms: frozenset[str]) -> ProviderKey | None:
    # Compared with a tuple: a value may be a list, which is in no set.
    if not isinstance(member, dict) or member.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    kid, algorithm = member.get("kid"), member.get("alg")
    # A key published with its private part is compromised.
    if not isinstance(kid, str) or member.get("use", "sig") != "sig" or "d" in member:
        return None
    if not isinstance(algorithm, str | None) or _is_oversized(member):
        return None
    allowed = algorithms if algorithm is None else algorithms & {algorithm}
    try:
        with warnings.catch_warnings():
            # The library warns of short keys, which are refused below.
            warnings.simplefilter("ignore", SecurityWarning)
            key = jwk.import_key(member)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, jwk.RSAKey) and key.raw_value.key_size not in _RSA_BITS:
        return None
    return ProviderKey(kid=kid, key=key, algorithms=allowed) if allowed else None


def _is_oversized(member: dict[str, Any]) -> bool:
    """True for a key that takes long to import: 150 ms for one of 190,000 bytes."""
    return any(isinstance(value, str) and len(value) > _LONGEST_MEMBER for value in member.values())
