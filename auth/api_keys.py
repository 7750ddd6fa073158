"""The text of an API key: `pgk_<8 public characters>_<32 secret characters><6 of checksum>`.

The public part, its prefix, identifies the key in the database, in lists and in logs. The checksum
lets a mistyped key be refused without the database, and lets scanners recognise leaked keys.
"""

import re
import secrets
import string
import zlib

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_KEY = re.compile(r"(pgk_[0-9A-Za-z]{8})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})")

PREFIX_LENGTH = 12


def generate() -> tuple[str, str]:
    """A new prefix and a secret of 190 random bits."""
    return f"pgk_{_random(8)}", _random(32)


def compose(prefix: str, secret: str) -> str:
    """The text of a key."""
    return f"{prefix}_{secret}{_checksum(prefix, secret)}"


def parse(text: str) -> tuple[str, str] | None:
    """The prefix and the secret of a key; None if the text is not a key."""
    parts = _KEY.fullmatch(text)
    if parts is None:
        return None
    prefix, secret, checksum = parts.groups()
    return (prefix, secret) if checksum == _checksum(prefix, secret) else None


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(prefix: str, secret: str) -> str:
    """CRC-32 in six digits of base 62. It detects mistakes, not attacks."""
    number = zlib.crc32(f"{prefix}_{secret}".encode())
    digits = []
    for _ in range(6):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
