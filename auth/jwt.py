"""Signed JWTs (RFC 7519), parsed strictly: no claim is used before the signature is verified."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

LONGEST_TOKEN = 8_192
"""Characters. Longer tokens are not decoded."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()
"""Exclusive. Far enough from the end of the calendar for every leeway and lifetime."""


class InvalidTokenError(Exception):
    """The token is not valid. The message, for the client, continues "The access token …"."""


class Jwt:
    """A parsed JWT."""

    def __init__(self, text: str) -> None:
        """Raises InvalidTokenError if the text is not a JWT."""
        try:
            if len(text) > LONGEST_TOKEN:
                raise ValueError("too long")
            self._signed = jws.extract_compact(text.encode())
            header = self._signed.headers()
            if not isinstance(header.get("alg"), str):
                raise TypeError("no algorithm")
            if not isinstance(header.get("typ"), str | None):
                raise TypeError("no type")
            claims = json.loads(self._signed.payload)
            if not isinstance(claims, dict):
                raise TypeError("not an object")
        # RecursionError: JSON may be nested as deeply as the text is long.
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise InvalidTokenError("is not a JWT") from None
        self.header: dict[str, Any] = header
        self.unverified: dict[str, Any] = claims

    def verify(self, keys: Iterable[Key], algorithms: Iterable[str]) -> dict[str, Any]:
        """The claims, if one of the keys signed them with one of the algorithms.

        Raises InvalidTokenError.
        """
        allowed = list(algorithms)
        # Checked here and not left to the library, which rejects `none` only by this list.
        if self.header.get("alg") not in allowed:
            raise InvalidTokenError("has an algorithm that is not accepted")
        for key in keys:
            try:
                if jws.validate_compact(self._signed, key, allowed):
                    return self.unverified
            except (JoseError, ValueError, TypeError, KeyError):
                # The key has the wrong type for the algorithm, or the header is not understood.
                continue
        raise InvalidTokenError("has no valid signature")


def issuer_of(text: str) -> str | None:
    """The unverified `iss` of a token: only to choose who verifies it."""
    if len(text) > LONGEST_TOKEN:
        return None
    try:
        payload = text.split(".", 2)[1]
        claims = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return None
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else None


def instant(claims: dict[str, Any], name: str) -> datetime | None:
    """A claim that is a NumericDate (RFC 7519, section 2); None if it is left out.

    Raises InvalidTokenError for anything but a number from 1970 until 9999.
    """
    value = claims.get(name)
    if value is None:
        return None
    # Compared before anything is computed: an integer may have thousands of digits. Infinity and
    # NaN are in no range.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < _LATEST:
        raise InvalidTokenError(f"has a claim {name} that is no time")
    return _EPOCH + timedelta(seconds=value)


def text(claims: dict[str, Any], name: str, *, longest: int = 255) -> str:
    """A required claim that is a string. Raises InvalidTokenError."""
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise InvalidTokenError(f"has no claim {name}")
    # Neither lone surrogates nor NUL, which no database stores.
    if not value.isprintable():
        raise InvalidTokenError(f"has a claim {name} that is not printable text")
    return value


def audiences(claims: dict[str, Any]) -> list[Any]:
    """The audiences: the claim is a string or a list of strings."""
    value = claims.get("aud")
    return value if isinstance(value, list) else [value]


def check_times(claims: dict[str, Any], *, now: datetime, leeway: timedelta) -> datetime:
    """When the token expires. Raises InvalidTokenError unless it is valid now."""
    expires_at = instant(claims, "exp")
    if expires_at is None:
        raise InvalidTokenError("has no claim exp")
    if expires_at + leeway <= now:
        raise InvalidTokenError("has expired")
    for name in ("nbf", "iat"):
        begins = instant(claims, name)
        if begins is not None and begins > now + leeway:
            raise InvalidTokenError("is not valid yet")
    return expires_at


def check_claims(
    claims: dict[str, Any], *, issuer: str, audience: str, now: datetime, leeway: timedelta
) -> datetime:
    """When the token expires. Raises InvalidTokenError unless it is valid now, and for us."""
    if claims.get("iss") != issuer:
        raise InvalidTokenError("is from another issuer")
    if audience not in audiences(claims):
        raise InvalidTokenError("is for another audience")
    return check_times(claims, now=now, leeway=leeway)
