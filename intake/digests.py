"""Digests of messages: equal for equal JSON, however names are ordered and numbers spelled."""

import hashlib
import json
from decimal import Decimal
from typing import Any

import orjson

_DEEPEST = 200
_LONGEST_EXPONENT = 2_000
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS


def digest_of(value: Any) -> str:
    """SHA-256 of the canonical JSON: sorted names, no spaces, numbers by their exact value.

    Raises ValueError for a value that no message may have (`intake.reader.unstorable`).
    """
    try:
        canonical = orjson.dumps(value, _fragment, _SORTED)
    except TypeError:
        # Integers of more than 64 bits end here, too.
        canonical = _canonical(value, 0).encode()
    return hashlib.sha256(canonical).hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of JSON text as it is spelled: equal for equal bytes only."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_text(text: str, value: Any) -> str | None:
    """The digest of a value that was read from the JSON text by taking the last of equal names.

    None if the text may have a name twice, or if only `digest_of` can tell.
    """
    try:
        canonical = orjson.dumps(value, _fragment, _SORTED)
    except TypeError:
        return None
    # A member that was lost took its colon along. Both texts have the colons that strings contain,
    # unless the first has one as an escape (`\u003a`).
    if text.count(":") != canonical.count(b":") or "\\u003" in text:
        return None
    return hashlib.sha256(canonical).hexdigest()


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(_number(value))
    raise TypeError


def _number(value: Decimal) -> str:
    if abs(value.adjusted()) > _LONGEST_EXPONENT:
        raise ValueError("a number out of range")
    if value == value.to_integral_value():
        return str(int(value))
    return f"{value:f}".rstrip("0")


def _canonical(value: Any, depth: int) -> str:
    """The same text as orjson's, of values that orjson refuses."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    # Not a subclass: an object that has a name twice.
    if type(value) is dict:
        members = (
            f"{json.dumps(name, ensure_ascii=False)}:{_canonical(value[name], depth + 1)}"
            for name in sorted(value)
        )
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_canonical(below, depth + 1) for below in value) + "]"
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, dict):
        raise ValueError("an object with a name twice")
    return json.dumps(value, ensure_ascii=False)
