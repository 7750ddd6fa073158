"""Tokens of one type that our own keys sign, and that every worker believes by the signature."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from joserfc import jwt

from auth.clock import Clock
from auth.jwt import InvalidTokenError, Jwt, audiences, check_times, text
from auth.signing_keys import ALGORITHM, LEEWAY, SigningKeys
from auth.ttl_cache import TTLCache

_REMEMBERED = 10_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenType:
    """What keeps the tokens of one type apart from all others that the same keys sign."""

    name: str
    """For messages: `access token`."""
    typ: str
    """In the header, without `application/`."""
    issuer: str
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedToken:
    text: str = field(repr=False)
    id: str
    seconds: int
    """How long it lives."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed(Generic[T]):
    """What a token says, once its signature is known to be right."""

    id: str
    kid: str
    expires_at: datetime
    says: T


class SignedTokens(Generic[T]):
    """Signs tokens of one type, and believes them."""

    def __init__(
        self,
        clock: Clock,
        signing_keys: SigningKeys,
        kind: TokenType,
        read: Callable[[dict[str, Any]], T],
    ) -> None:
        """`read` takes from the claims what is not common to all; it raises InvalidTokenError."""
        self._now = clock.now
        self._signing_keys = signing_keys
        self._kind = kind
        self._read = read
        # By digest: memory holds no token. A busy client's signature is checked once a second.
        self._verified: TTLCache[bytes, Believed[T]] = TTLCache(_REMEMBERED, clock.monotonic)

    async def sign(
        self, claims: Mapping[str, Any], lifetime: timedelta, *, until: datetime | None
    ) -> SignedToken:
        """A token with those claims, which never outlives `until`."""
        now = self._now()
        ends = now + lifetime if until is None else min(now + lifetime, until)
        issued, expires = int(now.timestamp()), int(ends.timestamp())
        token_id = secrets.token_urlsafe(16)
        kid, key = await self._signing_keys.signer()
        whole = {
            "iss": self._kind.issuer,
            "aud": self._kind.audience,
            **claims,
            "jti": token_id,
            "iat": issued,
            "exp": expires,
        }
        header = {"alg": ALGORITHM, "typ": self._kind.typ, "kid": kid}
        return SignedToken(
            text=jwt.encode(header, whole, key, algorithms=[ALGORITHM]),
            id=token_id,
            seconds=expires - issued,
            expires_at=datetime.fromtimestamp(expires, now.tzinfo),
        )

    async def believe(self, token: str) -> Believed[T]:
        """What the token says; raises InvalidTokenError."""
        digest = hashlib.sha256(token.encode()).digest()
        verified = self._verified.get(digest)
        if verified is None or not await self._signing_keys.trusts(verified.kid):
            verified = await self._verify(token)
            self._verified.put(digest, verified)
        if verified.expires_at + LEEWAY <= self._now():
            raise InvalidTokenError("has expired")
        return verified

    async def _verify(self, token: str) -> Believed[T]:
        parsed = Jwt(token)
        typ = str(parsed.header.get("typ")).lower()
        if typ.removeprefix("application/") != self._kind.typ:
            raise InvalidTokenError(f"is no {self._kind.name}")
        kid = text(parsed.header, "kid")
        key = await self._signing_keys.verifier(kid)
        if key is None:
            raise InvalidTokenError("is signed with a key that is not known, or not any more")
        claims = parsed.verify([key], [ALGORITHM])
        if claims.get("iss") != self._kind.issuer:
            raise InvalidTokenError("is of another issuer")
        if self._kind.audience not in audiences(claims):
            raise InvalidTokenError("is for another audience")
        return Believed(
            id=text(claims, "jti"),
            kid=kid,
            expires_at=check_times(claims, now=self._now(), leeway=LEEWAY),
            says=self._read(claims),
        )
