"""Authenticates requests by their `Authorization: Bearer …` header: an API key or a token."""

import hashlib
import re
from collections.abc import Mapping
from typing import Protocol

from auth import api_keys
from auth.clock import Clock
from auth.credentials import Credential, Credentials, CredentialState
from auth.failed_sign_ins import FailedSignIns, Reason
from auth.jwt import InvalidTokenError, issuer_of
from auth.login_throttle import LoginThrottle
from auth.principal import Principal
from auth.ttl_cache import MOST_ENTRIES, TTLCache
from db.enums import CredentialKind

_BEARER = re.compile(r"Bearer +([!-~]+) *", re.IGNORECASE)


class UnauthenticatedError(Exception):
    """The request has no valid credential. The message is for the client."""

    def __init__(self, message: str, *, presented: bool = True) -> None:
        super().__init__(message)
        self.presented = presented
        """Whether the request had a credential at all."""

    @property
    def challenge(self) -> str:
        """The value of `WWW-Authenticate` (RFC 6750, 3)."""
        if not self.presented:
            return "Bearer"
        return f'Bearer error="invalid_token", error_description="{self}"'


class TokenVerifier(Protocol):
    """Verifies the tokens of one issuer."""

    async def principal(self, token: str) -> Principal:
        """The principal of a token. Raises InvalidTokenError."""
        ...


class BearerAuthenticator:
    """Finds the principal of a bearer. One per process."""

    def __init__(
        self,
        credentials: Credentials,
        clock: Clock,
        *,
        throttle: LoginThrottle,
        failures: FailedSignIns,
        verifiers: Mapping[str, TokenVerifier],
    ) -> None:
        """`verifiers` verify the tokens of an issuer, by its name (`iss`)."""
        self._credentials = credentials
        self._now = clock.now
        self._throttle = throttle
        self._failures = failures
        self._verifiers = dict(verifiers)
        # The prefixes of keys whose secret was right. Whether a key is active is not cached here.
        self._proven: TTLCache[bytes, str] = TTLCache(MOST_ENTRIES, clock.monotonic)

    async def principal(self, authorization: str | None, origin: str | None = None) -> Principal:
        """The principal of an `Authorization` header and, from a page, its `Origin` header.

        Raises UnauthenticatedError, TooManyAttemptsError or ProviderUnavailableError.
        """
        principal = await self._principal(authorization)
        if principal.origin is not None and principal.origin != origin:
            self._failures.note(Reason.ANOTHER_ORIGIN)
            raise UnauthenticatedError("The access token is for pages of another origin.")
        return principal

    async def _principal(self, authorization: str | None) -> Principal:
        if authorization is None:
            raise UnauthenticatedError(
                "Send a valid API key or access token as 'Authorization: Bearer …'.",
                presented=False,
            )
        bearer = _BEARER.fullmatch(authorization)
        if bearer is None:
            raise UnauthenticatedError(
                "The Authorization header must be 'Bearer', a space, and an API key or access "
                "token.",
                presented=False,
            )
        text = bearer[1]
        # An API key has no dots, a JWT has two.
        return await (self._by_token(text) if text.count(".") == 2 else self._by_key(text))

    async def _by_token(self, text: str) -> Principal:
        verifier = self._verifiers.get(issuer_of(text) or "")
        try:
            if verifier is None:
                raise InvalidTokenError("is not a JWT of an accepted issuer")
            return await verifier.principal(text)
        except InvalidTokenError as error:
            self._failures.note(Reason.INVALID_JWT)
            raise UnauthenticatedError(f"The access token {error}.") from None

    async def _by_key(self, text: str) -> Principal:
        # By digest, so that memory holds no key.
        digest = hashlib.sha256(text.encode()).digest()
        prefix = self._proven.get(digest)
        key = None if prefix is None else await self._credentials.find(prefix)
        if key is None:
            key = await self._prove(text)
            self._proven.put(digest, key.identifier)
        match key.state(self._now()):
            case CredentialState.REVOKED:
                self._failures.note(Reason.REVOKED, key)
                raise UnauthenticatedError("The API key has been revoked.")
            case CredentialState.EXPIRED:
                self._failures.note(Reason.EXPIRED, key)
                raise UnauthenticatedError("The API key has expired.")
        self._credentials.record_use(key)
        return key.principal

    async def _prove(self, text: str) -> Credential:
        """The credential of a key. Raises UnauthenticatedError if there is no such key."""
        self._throttle.check(text)
        prefix, secret = api_keys.parse(text) or ("", "")
        key = await self._credentials.find(prefix, CredentialKind.API_KEY)
        if key is None or not key.has_secret(secret):
            self._failures.note(Reason.UNKNOWN if key is None else Reason.NOT_PROVED, key)
            await self._throttle.wrong(text, text[: api_keys.PREFIX_LENGTH])
            raise UnauthenticatedError("The API key is not valid.")
        self._throttle.right(text)
        return key
