"""JWTs that this server signs and issues to registered credentials, verified without a table of
tokens."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt

from auth.clock import Clock
from auth.credentials import Credential, Credentials
from auth.jwt import InvalidTokenError, Jwt, check_claims, text
from auth.oauth_scopes import OAuthScope, known
from auth.signing_keys import ALGORITHM, LEEWAY, SigningKeys
from auth.ttl_cache import MOST_ENTRIES, TTLCache


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenType:
    """What distinguishes one type of token from the others that the same keys sign."""

    name: str
    """For messages: `an access token`."""
    typ: str
    """In the header, without `application/`."""
    issuer: str
    audience: str
    credential_claim: str
    """The claim with the identifier of the credential that the token was issued to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedToken:
    """A token just issued."""

    text: str = field(repr=False)
    id: str
    seconds: int
    """Its lifetime."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedToken:
    """A token whose signature and standard claims are valid."""

    id: str
    kid: str
    identifier: str
    """Of the credential that it was issued to."""
    scopes: frozenset[OAuthScope]
    expires_at: datetime
    claims: dict[str, Any]


class SignedTokens:
    """Issues and verifies tokens of one type."""

    def __init__(
        self,
        clock: Clock,
        signing_keys: SigningKeys,
        credentials: Credentials,
        token_type: TokenType,
    ) -> None:
        self._now = clock.now
        self._signing_keys = signing_keys
        self._credentials = credentials
        self._type = token_type
        # By digest, so that memory holds no token. Saves a busy client's signature checks.
        self._verified: TTLCache[bytes, VerifiedToken] = TTLCache(MOST_ENTRIES, clock.monotonic)

    async def issue(
        self,
        credential: Credential,
        scopes: frozenset[OAuthScope],
        lifetime: timedelta,
        **claims: str,
    ) -> SignedToken:
        """Issue a token to a credential. It never outlives the credential."""
        now = self._now()
        end = now + lifetime
        if credential.expires_at is not None:
            end = min(end, credential.expires_at)
        issued, expires = int(now.timestamp()), int(end.timestamp())
        token_id = secrets.token_urlsafe(16)
        kid, key = await self._signing_keys.signer()
        all_claims = {
            "iss": self._type.issuer,
            "aud": self._type.audience,
            self._type.credential_claim: credential.identifier,
            **claims,
            "scope": " ".join(sorted(scopes)),
            "jti": token_id,
            "iat": issued,
            "exp": expires,
        }
        header = {"alg": ALGORITHM, "typ": self._type.typ, "kid": kid}
        return SignedToken(
            text=jwt.encode(header, all_claims, key, algorithms=[ALGORITHM]),
            id=token_id,
            seconds=expires - issued,
            expires_at=datetime.fromtimestamp(expires, now.tzinfo),
        )

    async def verify(self, token: str) -> tuple[VerifiedToken, Credential]:
        """Verify a token and find its active credential. Raises InvalidTokenError."""
        digest = hashlib.sha256(token.encode()).digest()
        verified = self._verified.get(digest)
        if verified is None or not await self._signing_keys.trusts(verified.kid):
            verified = await self._verify(token)
            self._verified.put(digest, verified)
        now = self._now()
        if verified.expires_at + LEEWAY <= now:
            raise InvalidTokenError("has expired")
        credential = await self._credentials.find(verified.identifier)
        if credential is None or not credential.is_active(now):
            raise InvalidTokenError("belongs to a client that has been revoked or has expired")
        return verified, credential

    async def _verify(self, token: str) -> VerifiedToken:
        parsed = Jwt(token)
        typ = str(parsed.header.get("typ")).lower()
        if typ.removeprefix("application/") != self._type.typ:
            raise InvalidTokenError(f"is not {self._type.name}")
        kid = text(parsed.header, "kid")
        key = await self._signing_keys.verifier(kid)
        if key is None:
            raise InvalidTokenError("is signed with a key that is unknown or no longer valid")
        claims = parsed.verify([key], [ALGORITHM])
        expires_at = check_claims(
            claims,
            issuer=self._type.issuer,
            audience=self._type.audience,
            now=self._now(),
            leeway=LEEWAY,
        )
        return VerifiedToken(
            id=text(claims, "jti"),
            kid=kid,
            identifier=text(claims, self._type.credential_claim),
            scopes=known(text(claims, "scope", longest=4_096).split(" ")),
            expires_at=expires_at,
            claims=claims,
        )
