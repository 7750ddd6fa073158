"""The tokens that the portal's users bring from its identity provider (OpenID Connect).

A token says who somebody is, and may narrow what they read. What they see is in the users table.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from auth.clock import Clock
from auth.jwt import InvalidTokenError, Jwt, audiences, check_times, text
from auth.oauth_scopes import OAuthScope, known
from auth.portal_users import PortalUsers
from auth.principal import Principal
from auth.provider_keys import IdentityProvider, ProviderKeys
from auth.ttl_cache import TTLCache
from db.session import Database

LEEWAY = timedelta(seconds=30)
"""How far the provider's clock may be from ours."""

_REMEMBERED = 10_000
_ACCESS_TOKEN = {"at+jwt", "application/at+jwt"}
_TYPES = {*_ACCESS_TOKEN, "jwt"}
"""Of the header; many providers leave it out, or say of all tokens that they are JWTs."""
_ONLY_IN_ID_TOKENS = {"nonce", "at_hash", "c_hash", "s_hash"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verified:
    """What a token says, once its signature is known to be right."""

    id: str
    user: str
    scopes: frozenset[OAuthScope] | None
    """What it is narrowed to; None where it says nothing of that."""
    expires_at: datetime


class PortalTokens:
    """Believes the tokens of one provider. One for each process; `close` it at the end."""

    def __init__(self, database: Database, clock: Clock, provider: IdentityProvider) -> None:
        self._now = clock.now
        self._provider = provider
        self._keys = ProviderKeys(provider, clock.monotonic)
        self._users = PortalUsers(database, clock, provider.user_claim)
        # By digest: memory holds no token. A busy user's signature is checked once a second.
        self._verified: TTLCache[bytes, _Verified] = TTLCache(_REMEMBERED, clock.monotonic)

    def start(self) -> None:
        """Fetch the provider's keys before somebody needs them. It may be away: nobody waits."""
        self._keys.fetch()

    async def close(self) -> None:
        await self._keys.close()

    async def principal(self, token: str) -> Principal:
        """The user who bears it; raises InvalidTokenError and ProviderUnavailableError."""
        digest = hashlib.sha256(token.encode())
        verified = self._verified.get(digest.digest())
        if verified is None:
            verified = await self._verify(token, digest.hexdigest())
            self._verified.put(digest.digest(), verified)
        if verified.expires_at + LEEWAY <= self._now():
            raise InvalidTokenError("has expired")
        users = await self._users.find(verified.user)
        if not users:
            raise InvalidTokenError("is of a user who is not known here")
        if len(users) > 1:
            raise InvalidTokenError("has the e-mail address of more than one user")
        if users[0].disabled_at is not None:
            raise InvalidTokenError("is of a user who has been disabled")
        return users[0].principal(
            token_id=verified.id,
            narrowed=verified.scopes,
            expires_at=verified.expires_at,
        )

    async def _verify(self, token: str, digest: str) -> _Verified:
        parsed = Jwt(token)
        # Before a key is looked for: what can never be good makes nobody ask the provider.
        algorithm = parsed.header.get("alg")
        if algorithm not in self._provider.algorithms:
            raise InvalidTokenError("has an algorithm that is not accepted")
        kid = text(parsed.header, "kid")
        keys = await self._keys.find(kid)
        if not keys:
            raise InvalidTokenError("is signed with a key that its issuer does not publish")
        able = [key.key for key in keys if algorithm in key.algorithms]
        claims = parsed.verify(able, [algorithm])
        if claims.get("iss") != self._provider.issuer:
            raise InvalidTokenError("is of another issuer")
        if self._provider.audience not in audiences(claims):
            raise InvalidTokenError("is for another audience")
        _check_type(parsed.header, claims)
        return _Verified(
            expires_at=check_times(claims, now=self._now(), leeway=LEEWAY),
            id=digest[:32] if claims.get("jti") is None else text(claims, "jti"),
            user=self._user(claims),
            scopes=_narrowed(claims),
        )

    def _user(self, claims: dict[str, Any]) -> str:
        # Anybody may have registered with an address that nobody has verified.
        if self._provider.user_claim == "email" and claims.get("email_verified") is not True:
            raise InvalidTokenError("has no e-mail address that its issuer has verified")
        return text(claims, self._provider.user_claim)


def _check_type(header: dict[str, Any], claims: dict[str, Any]) -> None:
    """Refuses what was issued for something else than to ask with: ID tokens above all.

    An access token says so in its header (RFC 9068) or, of Keycloak, in a claim `typ`. Of one that
    says neither, the claims tell.
    """
    typ, claimed = str(header.get("typ", "jwt")).lower(), claims.get("typ")
    # `events` are in logout and security event tokens.
    if typ not in _TYPES or claimed not in (None, "Bearer") or "events" in claims:
        raise InvalidTokenError("is no access token")
    if typ not in _ACCESS_TOKEN and claimed is None and _ONLY_IN_ID_TOKENS & claims.keys():
        raise InvalidTokenError("is an ID token, not an access token")


def _narrowed(claims: dict[str, Any]) -> frozenset[OAuthScope] | None:
    """The scopes of ours that a token names, in `scope` or `scp`, as one text or as a list.

    A provider that names none of them was not told of them: `openid` and the like are not ours.
    """
    named: list[str] = []
    for claim in ("scope", "scp"):
        value = claims.get(claim, [])
        scopes = value.split(" ") if isinstance(value, str) else value
        if not isinstance(scopes, list) or not all(isinstance(each, str) for each in scopes):
            raise InvalidTokenError(f"has a claim {claim} that names no scopes")
        named += scopes
    return known(named) or None
