"""Verifies the access tokens of portal users, issued by the portal's identity provider (OIDC).

A token identifies its user, and may restrict what the user reads. What the user sees is in our own
table of users.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from auth.clock import Clock
from auth.jwt import InvalidTokenError, Jwt, check_claims, text
from auth.oauth_scopes import OAuthScope, known
from auth.portal_users import PortalUsers
from auth.principal import Principal
from auth.provider_keys import IdentityProvider, ProviderKeys
from auth.ttl_cache import MOST_ENTRIES, TTLCache
from db.session import Database

LEEWAY = timedelta(seconds=30)
"""How far the provider's clock may differ from ours."""

_ACCESS_TOKEN = {"at+jwt", "application/at+jwt"}
_TYPES = {*_ACCESS_TOKEN, "jwt"}
"""Accepted values of the header `typ`. Many providers omit it, or call every token a JWT."""
_ONLY_IN_ID_TOKENS = {"nonce", "at_hash", "c_hash", "s_hash"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _VerifiedToken:
    id: str
    user: str
    scopes: frozenset[OAuthScope] | None
    """The scopes that the token is restricted to; None if it names none."""
    expires_at: datetime


class PortalTokens:
    """Verifies the tokens of one provider. One per process; `close` it at the end."""

    def __init__(self, database: Database, clock: Clock, provider: IdentityProvider) -> None:
        self._now = clock.now
        self._provider = provider
        self._keys = ProviderKeys(provider, clock.monotonic)
        self._users = PortalUsers(database, clock, provider.user_claim)
        # By digest, so that memory holds no token. Saves a busy user's signature checks.
        self._verified: TTLCache[bytes, _VerifiedToken] = TTLCache(MOST_ENTRIES, clock.monotonic)

    def start(self) -> None:
        """Begin to fetch the provider's keys, without waiting for them."""
        self._keys.fetch()

    async def close(self) -> None:
        await self._keys.close()

    async def principal(self, token: str) -> Principal:
        """The user of a token. Raises InvalidTokenError or ProviderUnavailableError."""
        digest = hashlib.sha256(token.encode())
        verified = self._verified.get(digest.digest())
        if verified is None:
            verified = await self._verify(token, digest.hexdigest())
            self._verified.put(digest.digest(), verified)
        if verified.expires_at + LEEWAY <= self._now():
            raise InvalidTokenError("has expired")
        users = await self._users.find(verified.user)
        if not users:
            raise InvalidTokenError("belongs to an unknown user")
        if len(users) > 1:
            raise InvalidTokenError("has an e-mail address that several users share")
        [user] = users
        if user.disabled_at is not None:
            raise InvalidTokenError("belongs to a disabled user")
        return user.principal(
            token_id=verified.id, token_scopes=verified.scopes, expires_at=verified.expires_at
        )

    async def _verify(self, token: str, digest: str) -> _VerifiedToken:
        parsed = Jwt(token)
        # Before a key is looked up: a token that can never be valid must not cause a fetch.
        algorithm = parsed.header.get("alg")
        if algorithm not in self._provider.algorithms:
            raise InvalidTokenError("has an algorithm that is not accepted")
        kid = text(parsed.header, "kid")
        keys = await self._keys.find(kid)
        if not keys:
            raise InvalidTokenError("is signed with a key that its issuer does not publish")
        usable = [key.key for key in keys if algorithm in key.algorithms]
        claims = parsed.verify(usable, [algorithm])
        expires_at = check_claims(
            claims,
            issuer=self._provider.issuer,
            audience=self._provider.audience,
            now=self._now(),
            leeway=LEEWAY,
        )
        _check_type(parsed.header, claims)
        return _VerifiedToken(
            id=digest[:32] if claims.get("jti") is None else text(claims, "jti"),
            user=self._user(claims),
            scopes=_scopes(claims),
            expires_at=expires_at,
        )

    def _user(self, claims: dict[str, Any]) -> str:
        # Anyone may have registered with an address that the provider has not verified.
        if self._provider.user_claim == "email" and claims.get("email_verified") is not True:
            raise InvalidTokenError("has no e-mail address that its issuer has verified")
        return text(claims, self._provider.user_claim)


def _check_type(header: dict[str, Any], claims: dict[str, Any]) -> None:
    """Raises InvalidTokenError for ID tokens and others that are not access tokens.

    An access token says so in its header (RFC 9068) or, from Keycloak, in a claim `typ`. Without
    either, claims that only ID tokens have decide.
    """
    typ, claimed = str(header.get("typ", "jwt")).lower(), claims.get("typ")
    # Logout and security event tokens have the claim `events`. `claimed` may be of any JSON type.
    if typ not in _TYPES or claimed not in (None, "Bearer") or "events" in claims:
        raise InvalidTokenError("is not an access token")
    if typ not in _ACCESS_TOKEN and claimed is None and _ONLY_IN_ID_TOKENS & claims.keys():
        raise InvalidTokenError("is an ID token, not an access token")


def _scopes(claims: dict[str, Any]) -> frozenset[OAuthScope] | None:
    """Our scopes in the claims `scope` and `scp`, each a string or a list of strings.

    None if there are none: such a provider does not know our scopes (only `openid` and the like).
    """
    names: list[str] = []
    for claim in ("scope", "scp"):
        value = claims.get(claim, [])
        scopes = value.split(" ") if isinstance(value, str) else value
        if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
            raise InvalidTokenError(f"has a claim {claim} that is not a list of scopes")
        names += scopes
    return known(names) or None
