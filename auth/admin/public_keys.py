"""Reads the public keys that an OAuth client signs its assertions with."""

import json
import warnings
from typing import Any

from joserfc import jwk
from joserfc.errors import JoseError, SecurityWarning

from auth.admin import AdminError
from auth.client_authentication import KEY_ALGORITHMS

MOST_PUBLIC_KEYS = 5

_PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth"}
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_RSA_BITS = range(2048, 4097)


class UnusableKeysError(AdminError):
    """The keys cannot be registered. The message says why, without a subject or a full stop."""


def read_public_keys(text: str) -> list[dict[str, Any]]:
    """The public keys of a JWK or a JWK Set, as they are stored. Raises UnusableKeysError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableKeysError("it is not JSON") from None
    members = document.get("keys", [document]) if isinstance(document, dict) else None
    if not isinstance(members, list) or not members:
        raise UnusableKeysError("it is neither a JWK nor a JWK Set with keys")
    if len(members) > MOST_PUBLIC_KEYS:
        raise UnusableKeysError(f"it has more than {MOST_PUBLIC_KEYS} keys")
    return [_public(member) for member in members]


def _public(member: Any) -> dict[str, Any]:
    if not isinstance(member, dict) or member.get("kty") not in tuple(KEY_ALGORITHMS):
        raise UnusableKeysError(f"a key has none of the types {', '.join(KEY_ALGORITHMS)}")
    if _PRIVATE_MEMBERS & member.keys():
        raise UnusableKeysError("it has a private key, which must stay with the partner")
    if member.get("use", "sig") != "sig":
        raise UnusableKeysError("a key is not for signatures")
    key_type = member["kty"]
    algorithms = KEY_ALGORITHMS[key_type]
    if member.get("alg", algorithms[0]) not in algorithms:
        raise UnusableKeysError(f"a key is for another algorithm than {' or '.join(algorithms)}")
    kid = member.get("kid")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= 255):
        raise UnusableKeysError("a kid is not a string of 1 to 255 characters")
    try:
        with warnings.catch_warnings():
            # The library warns of short keys, which are refused below.
            warnings.simplefilter("ignore", SecurityWarning)
            key = jwk.import_key(member)
    except (JoseError, ValueError, TypeError, KeyError):
        raise UnusableKeysError("a key cannot be read") from None
    curve = _CURVES.get(key_type)
    if curve is not None and member.get("crv") != curve:
        raise UnusableKeysError(f"an {key_type} key is not on the curve {curve}")
    if isinstance(key, jwk.RSAKey) and key.raw_value.key_size not in _RSA_BITS:
        raise UnusableKeysError("an RSA key has less than 2048 bits, or more than 4096")
    return key.as_dict(private=False)
