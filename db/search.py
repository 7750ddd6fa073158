"""The texts that searches for orders, offers, contracts and customers look in.

A row has one folded text for each OAuth scope that its parts need, in a column of its own, so that
a search looks only in what a credential may read. A text is empty if the row has no such part.
"""

from collections.abc import Mapping
from unicodedata import normalize

from sqlalchemy.orm import InstrumentedAttribute

from db.base import Base

SEARCH_COLUMNS: Mapping[str, str] = {
    "orders:read": "search_orders",
    "offers:read": "search_offers",
    "contracts:read": "search_contracts",
    "customers:read": "search_customers",
}
"""The column of the text that needs the scope. Tables have the columns of their parts."""


def readable_texts(model: type[Base], scopes: frozenset[str]) -> list[InstrumentedAttribute[str]]:
    """The search texts of the model's rows that a caller with these OAuth scopes may read."""
    return [
        getattr(model, column)
        for scope, column in SEARCH_COLUMNS.items()
        if scope in scopes and hasattr(model, column)
    ]


def search_text(*parts: str | None) -> str:
    """The search text of these parts: folded, one per line, so that no term spans two."""
    return "\n".join(fold(part) for part in parts if part)


def fold(text: str) -> str:
    """The text without differences of case, of "ß" and "ss", and of white space."""
    if text.isascii():
        return " ".join(text.lower().split())
    # Some keyboards and file systems write "ä" as two characters.
    return " ".join(normalize("NFC", text.casefold()).split())


def search_terms(query: str) -> list[str]:
    """LIKE patterns, with backslash escapes, that must all match. Each occurs once."""
    return [
        "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        for word in dict.fromkeys(fold(query).split())
    ]
