"""The text by which people find an order, an offer, a contract or a customer."""

from unicodedata import normalize


def search_text(*parts: str | None) -> str:
    """What a row is found by, folded so that case and "ß" or "ss" make no difference.

    The parts stand on lines of their own: no search term spans two of them.
    """
    return "\n".join(fold(part) for part in parts if part)


def fold(text: str) -> str:
    # Some keyboards and file names spell "ä" as two characters.
    return " ".join(normalize("NFC", text.casefold()).split())


def search_terms(query: str) -> list[str]:
    """The words of a search, each of which must occur; as LIKE patterns with backslash escapes."""
    return [
        "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        for word in fold(query).split()
    ]
