"""Access tokens (RFC 9068): signed by us, believed by every worker without asking the database.

What a token says is checked by its signature. What may have changed since it was issued (its
client's revocation, permissions and place in the tree) is read once a second for each client.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from joserfc import jwt

from auth.clock import Clock
from auth.jwt import InvalidTokenError, Jwt, audiences, check_times, text
from auth.oauth_clients import FoundOAuthClient, OAuthClients
from auth.permissions import Permission, known
from auth.principal import Principal
from auth.recent import Recent
from auth.signing_keys import ALGORITHM, LEEWAY, SigningKeys

_TYPES = {"at+jwt", "application/at+jwt"}
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues tokens, and for what."""

    url: str
    """Without a slash at its end: the `iss` of each token."""
    lifetime: timedelta

    @property
    def audience(self) -> str:
        """What tokens are good for."""
        return f"{self.url}/graphql"

    @property
    def token_endpoint(self) -> str:
        return f"{self.url}/oauth/token"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    text: str = field(repr=False)
    id: str
    seconds: int
    """How long it lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verified:
    """What a token says, once its signature is known to be right."""

    id: str
    kid: str
    identifier: str
    permissions: frozenset[Permission]
    expires_at: datetime


class AccessTokens:
    """Issues tokens and believes them. One for each process."""

    def __init__(
        self, clock: Clock, signing_keys: SigningKeys, clients: OAuthClients, issuer: Issuer
    ) -> None:
        self._now = clock.now
        self._signing_keys = signing_keys
        self._clients = clients
        self._issuer = issuer
        # By digest: memory holds no token. A busy client's signature is checked once a second.
        self._verified: Recent[bytes, _Verified] = Recent(_REMEMBERED, clock.monotonic)

    async def issue(
        self, client: FoundOAuthClient, permissions: frozenset[Permission]
    ) -> IssuedToken:
        """A token of that client, which works; it never outlives the client."""
        now = self._now()
        ends = now + self._issuer.lifetime
        if client.expires_at is not None:
            ends = min(ends, client.expires_at)
        issued, expires = int(now.timestamp()), int(ends.timestamp())
        token_id = secrets.token_urlsafe(16)
        kid, key = await self._signing_keys.signer()
        claims = {
            "iss": self._issuer.url,
            "aud": self._issuer.audience,
            "sub": client.identifier,
            "client_id": client.identifier,
            "jti": token_id,
            "iat": issued,
            "exp": expires,
            "scope": " ".join(sorted(permissions)),
        }
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": kid}
        return IssuedToken(
            text=jwt.encode(header, claims, key, algorithms=[ALGORITHM]),
            id=token_id,
            seconds=expires - issued,
        )

    async def principal(self, token: str) -> Principal:
        """The principal of a token; raises InvalidTokenError."""
        digest = hashlib.sha256(token.encode()).digest()
        verified = self._verified.get(digest)
        if verified is None or not await self._signing_keys.trusts(verified.kid):
            verified = await self._verify(token)
            self._verified.put(digest, verified)
        now = self._now()
        if verified.expires_at + LEEWAY <= now:
            raise InvalidTokenError("has expired")
        client = await self._clients.find(verified.identifier)
        if client is None or not client.works(now):
            raise InvalidTokenError("is of a client that has been revoked or has expired")
        return client.principal(
            token_id=verified.id,
            permissions=verified.permissions,
            expires_at=verified.expires_at,
        )

    async def _verify(self, token: str) -> _Verified:
        parsed = Jwt(token)
        if str(parsed.header.get("typ")).lower() not in _TYPES:
            raise InvalidTokenError("is no access token")
        kid = text(parsed.header, "kid")
        key = await self._signing_keys.verifier(kid)
        if key is None:
            raise InvalidTokenError("is signed with a key that is not known, or not any more")
        claims = parsed.verify([key], [ALGORITHM])
        if claims.get("iss") != self._issuer.url:
            raise InvalidTokenError("is of another issuer")
        if self._issuer.audience not in audiences(claims):
            raise InvalidTokenError("is for another audience")
        expires_at = check_times(claims, now=self._now(), leeway=LEEWAY)
        return _Verified(
            id=text(claims, "jti"),
            kid=kid,
            identifier=text(claims, "client_id"),
            permissions=known(text(claims, "scope", longest=4_096).split(" ")),
            expires_at=expires_at,
        )
