"""JSON objects that remember which of their values have found a place in an order."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from intake.problems import InvalidError
from ordering.order.stated import Characteristic, Scalar

_LABELS = ("id", "role", "itemId", "name", "code", "relationshipType")
"""Members that identify an element of a list, so that its values keep their names when the list
changes."""

LONGEST_KEY = 200
"""Characters of a number or an identifier: index entries of PostgreSQL are bounded."""
LONGEST_NAME = 500
_LARGEST_AMOUNT = Decimal(10) ** 15
_LONGEST_AMOUNT = 28
"""Characters. Decimals are added with 28 digits; the noise of binary fractions fits in."""
_LARGEST_INTEGER = 2**31 - 1
_LARGEST_EXACT = 2**53


Names = dict[str, tuple[str, str]]
"""The subject of a difference or of a refusal (`ordering.order.differences`, `ordering.errors`):
its JSON path, and its full name as a characteristic."""


class JsonNode:
    """One object of a message. A value that is read has its place in the order; `rest` returns
    those that have none."""

    def __init__(
        self, value: dict[str, Any], path: str, name: str = "", placed: set[str] | None = None
    ) -> None:
        self.value = value
        self.path = path
        self.name = name
        self._placed: set[str] = set() if placed is None else placed

    def fail(self, key: str, reason: str) -> InvalidError:
        return InvalidError((member(self.path, key), reason))

    def place(self, key: str) -> None:
        """Mark the member as placed."""
        self._placed.add(member(self.path, key))

    def text(self, *keys: str, longest: int | None = None) -> str | None:
        """The first of these members that is a text and not blank."""
        for key in filter(self.has_text, keys):
            value: str = self.value[key]
            if longest is not None and len(value) > longest:
                raise self.fail(key, f"longer than {longest} characters")
            self.place(key)
            return value
        return None

    def has_text(self, key: str) -> bool:
        """Whether the member is a text and not blank. Does not place it."""
        value = self.value.get(key)
        return isinstance(value, str) and bool(value.strip())

    def key(self, *keys: str) -> str | None:
        """A number or an identifier."""
        return self.text(*keys, longest=LONGEST_KEY)

    def instant(self, *keys: str) -> datetime | None:
        for key in keys:
            if (value := self.text(key)) is not None:
                try:
                    return parse_instant(value)
                except (ValueError, OverflowError):
                    raise self.fail(key, f"{value!r} is not a date and time") from None
        return None

    def integer(self, key: str) -> int | None:
        value = self.value.get(key)
        if value is None:
            return None
        if value != int(value) or not 0 <= value <= _LARGEST_INTEGER:
            raise self.fail(key, f"{value} is not an integer from 0 to {_LARGEST_INTEGER}")
        self.place(key)
        return int(value)

    def amount(self, key: str) -> Decimal | None:
        """An exact amount. A negative one has no place among prices and stays in the rest."""
        value = self.value.get(key)
        if value is None or value < 0:
            return None
        number = Decimal(value)
        if number >= _LARGEST_AMOUNT or len(f"{number:f}") > _LONGEST_AMOUNT:
            raise self.fail(key, f"{value} is too large or too fine for an amount")
        self.place(key)
        return number

    def node(self, key: str) -> "JsonNode | None":
        value = self.value.get(key)
        if not isinstance(value, dict):
            return None
        return JsonNode(value, member(self.path, key), join(self.name, key), self._placed)

    def nodes(self, key: str) -> list["JsonNode"]:
        """The objects of a list member."""
        values = self.value.get(key)
        if not isinstance(values, list):
            return []
        names = labels(values)
        return [
            JsonNode(
                value,
                f"{member(self.path, key)}[{i}]",
                f"{join(self.name, key)}[{name}]",
                self._placed,
            )
            for i, (value, name) in enumerate(zip(values, names, strict=True))
            if isinstance(value, dict)
        ]

    def characteristics(self, key: str, name: str) -> Iterator[Characteristic]:
        """A member as characteristics under that name, now placed."""
        for path, leaf, value in leaves(self.value[key], member(self.path, key), name):
            if path not in self._placed:
                self._placed.add(path)
                yield Characteristic(leaf, value)

    def rest(self, *, known_types: Collection[str]) -> Iterator[tuple[str, Characteristic]]:
        """JSON path and characteristic of every value below that has not been placed.

        Types of the standard and members that only tell how to read an object are left out: they
        are not part of what was ordered.
        """
        for path, name, value in leaves(self.value, self.path, ""):
            last = name.rsplit(".", 1)[-1]
            is_type = last in _TYPES or (last == "@type" and value in known_types)
            if path not in self._placed and not is_type:
                yield path, Characteristic(name, value)

    def place_rest(self, *, known_types: Collection[str]) -> list[tuple[str, Characteristic]]:
        """The rest, now placed."""
        rest = list(self.rest(known_types=known_types))
        self._placed.update(path for path, _ in rest)
        return rest


_TYPES = frozenset({"@baseType", "@referredType", "@referredtype"})


def is_spelling(name: str) -> bool:
    """Whether the last name is a link or a type, and not content."""
    last = name.rsplit(".", 1)[-1]
    return last.startswith("@") or last.casefold() == "href"


def leaves(value: Any, path: str, name: str) -> Iterator[tuple[str, str, Scalar]]:
    """JSON path, name and value of every scalar in a JSON value except null.

    Decimals, and integers that not every JSON reader represents exactly, become texts.
    """
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, member(path, key), join(name, key))
    elif isinstance(value, list):
        for index, (label, below) in enumerate(zip(labels(value), value, strict=True)):
            yield from leaves(below, f"{path}[{index}]", f"{name}[{label}]")
    elif isinstance(value, Decimal):
        yield path, name, f"{value:f}"
    elif isinstance(value, int) and abs(value) > _LARGEST_EXACT:
        yield path, name, str(value)
    elif value is not None:
        yield path, name, value


def labels(values: list[Any]) -> list[str]:
    """A name for each element of a list: what identifies it, else its index.

    A text of more than `LONGEST_NAME` characters identifies nothing, since the names of everything
    below would repeat it.
    """
    found: dict[str, None] = {}
    for index, value in enumerate(values):
        label = str(index)
        if isinstance(value, dict):
            texts = [value[key] for key in _LABELS if isinstance(value.get(key), str)]
            label = texts[0] if texts and len(texts[0]) <= LONGEST_NAME else label
        while label in found:
            label = f"{label}#{index}"
        found[label] = None
    return list(found)


def member(path: str, key: str) -> str:
    """The JSON path of a member."""
    return f"{path}.{key}" if key.isidentifier() else f"{path}['{key}']"


def parse_instant(value: str) -> datetime:
    """An RFC 3339 date and time. A leap second counts as the second before."""
    return _recent_instant(value) if len(value) < _USUAL_INSTANT else _instant(value)


_USUAL_INSTANT = 40


# Each instant is read twice: when it is validated, and when it is translated.
@lru_cache(maxsize=1024)
def _recent_instant(value: str) -> datetime:
    return _instant(value)


def _instant(value: str) -> datetime:
    text = value.upper().replace(" ", "T", 1)
    if text[17:19] == "60":
        text = f"{text[:17]}59{text[19:]}"
    head, dot, fraction = text.partition(".")
    if dot:
        digits = fraction[: len(fraction) - len(fraction.lstrip("0123456789"))]
        text = f"{head}.{digits[:6]}{fraction[len(digits) :]}"
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a time zone is missing")
    return instant.astimezone(UTC)


def join(name: str, key: str) -> str:
    """The full name of a member."""
    return f"{name}.{key}" if name else key
