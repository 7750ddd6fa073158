"""Rules for text that people write."""

import unicodedata

from ordering.problems import Path, Problems

_LINE_CHARACTERS = frozenset("\n\t")


def is_storable(text: str) -> bool:
    """Whether both databases can store and compare the text.

    PostgreSQL refuses NUL characters, which SQLite accepts; neither stores unpaired surrogates.
    """
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)


def free_text(problems: Problems, path: Path, value: str, *, longest: int) -> str:
    """The text in Unicode's form NFC, without white space around it and with `\\n` between lines.

    Adds a problem for each rule that it breaks: NOT_EMPTY, MAX_LENGTH, NO_CONTROL_CHARACTERS.
    """
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").strip()
    name = path[-1]
    if all(_is_invisible(character) for character in text):
        problems.invalid(path, "NOT_EMPTY", f"`{name}` must not be empty.")
    if len(text) > longest:
        message = f"`{name}` has {len(text)} characters, at most {longest} are allowed."
        problems.invalid(path, "MAX_LENGTH", message)
    # Cc are control characters, Cs are halves of surrogate pairs, which no database stores.
    if any(
        unicodedata.category(character) in ("Cc", "Cs") and character not in _LINE_CHARACTERS
        for character in text
    ):
        message = f"`{name}` must not contain control characters other than line breaks and tabs."
        problems.invalid(path, "NO_CONTROL_CHARACTERS", message)
    return text


def _is_invisible(character: str) -> bool:
    # Cf are characters such as zero-width spaces, joiners and marks of direction; Z are spaces.
    category = unicodedata.category(character)
    return character in _LINE_CHARACTERS or category == "Cf" or category.startswith("Z")
