"""The language of a response."""

import re
from functools import lru_cache

from ordering.texts.catalogue import Locale

_RANGE = re.compile(
    r"\s*(?P<language>\*|[a-z]{1,8})(?:-[a-z0-9]{1,8})*\s*"
    r"(?:;\s*q\s*=\s*(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?",
    re.IGNORECASE | re.ASCII,
)


# An operation negotiates for each of its fields that has a language.
@lru_cache(maxsize=1_000)
def negotiate(argument: Locale | None, accept_language: str | None) -> Locale:
    """The language of the argument, else the best by `Accept-Language` (RFC 9110, 12.5.4), else
    German.

    Parts of the header that are not a language range are ignored.
    """
    if argument is not None:
        return argument
    qualities: dict[str, float] = {}
    for part in (accept_language or "").split(","):
        if match := _RANGE.fullmatch(part):
            language, quality = match["language"].upper(), float(match["quality"] or 1)
            qualities[language] = max(quality, qualities.get(language, 0.0))
    anything = qualities.get("*", 0.0)
    # Of equals `max` takes the first: the one that the header names first, then German.
    named = [Locale(language) for language in qualities if language in Locale.__members__]
    best = max([*named, *Locale], key=lambda locale: qualities.get(locale, anything))
    return best if qualities.get(best, anything) > 0 else Locale.DE
