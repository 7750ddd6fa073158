"""The text that searches for orders, offers, contracts and customers look in."""

from unicodedata import normalize


def search_text(*parts: str | None) -> str:
    """The search text of a row: its parts, folded, one per line, so that no term spans two."""
    return "\n".join(fold(part) for part in parts if part)


def fold(text: str) -> str:
    """The text without differences of case, of "ß" and "ss", and of white space."""
    # Some keyboards and file systems write "ä" as two characters.
    return " ".join(normalize("NFC", text.casefold()).split())


def search_terms(query: str) -> list[str]:
    """LIKE patterns, with backslash escapes, that must all match."""
    return [
        "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        for word in fold(query).split()
    ]
