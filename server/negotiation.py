"""Which media type a GraphQL response takes, by the request's ``Accept`` header."""

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"

MOST_RANGES = 30
"""Media ranges of one header that are looked at. Browsers send fewer than ten."""
_MOST_PARAMETERS = 5

# In order of preference where the client has none: plain JSON is what older clients expect.
_SERVED = (JSON, GRAPHQL_RESPONSE)


def choose_media_type(accept: str | None) -> str | None:
    """The media type that the client likes best, or None if it accepts neither.

    A range that names a type outright weighs over one with a wildcard, and among equals the one
    named first is taken.
    """
    if accept is None or not accept.strip():
        return JSON
    parts = accept.split(",", MOST_RANGES)[:MOST_RANGES]
    ranges = [parsed for part in parts if (parsed := _parse_range(part))]
    best: tuple[float, bool, int] | None = None
    chosen: str | None = None
    for preference, media_type in enumerate(_SERVED):
        for pattern in (media_type, "application/*", "*/*"):
            found = next(
                ((place, q) for place, (name, q) in enumerate(ranges) if name == pattern), None
            )
            if found is None:
                continue
            place, q = found
            explicit = pattern == media_type
            rank = (q, explicit, -place if explicit else -preference)
            if q > 0 and (best is None or rank > best):
                best, chosen = rank, media_type
            break  # the most specific range decides about a type
    return chosen


def _parse_range(part: str) -> tuple[str, float] | None:
    """A media range and its weight; None for one that cannot be served."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";", _MOST_PARAMETERS))
    q = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                q = float(value)
            except ValueError:
                return None
        elif key.strip() == "charset" and value.strip(' "') not in {"utf-8", "utf8"}:
            return None
    return (name, q) if 0 <= q <= 1 else None
