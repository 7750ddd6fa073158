"""JSON objects that remember which of their values have found a place in an order."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from intake.json_place import Place, member
from intake.problems import InvalidError
from intake.words import folded
from ordering.order.stated import Characteristic, Scalar

LONGEST_KEY = 200
"""Characters of a number or an identifier: index entries of PostgreSQL are bounded."""
_LARGEST_AMOUNT = Decimal(10) ** 15
_LONGEST_AMOUNT = 28
"""Characters. Decimals are added with 28 digits; the noise of binary fractions fits in."""
_LARGEST_INTEGER = 2**31 - 1
_LARGEST_EXACT = 2**53
_CONTAINERS = (dict, list)


class JsonNode:
    """One object of a message. A value that is read has its place in the order; `rest` returns
    those that have none."""

    __slots__ = ("_all_placed", "_folded", "_placed", "place", "value")

    def __init__(
        self,
        value: dict[str, Any],
        place: Place,
        all_placed: dict[int, set[str]] | None = None,
    ) -> None:
        self.value = value
        self.place = place
        self._all_placed: dict[int, set[str]] = {} if all_placed is None else all_placed
        """Names of placed members, by the identity of their object."""
        self._placed = self._all_placed.setdefault(id(value), set())
        self._folded: frozenset[str] | None = None
        """The folded names of members, once they were asked for."""

    @property
    def path(self) -> str:
        return self.place.path

    @property
    def name(self) -> str:
        return self.place.name

    def fail(self, key: str, reason: str) -> InvalidError:
        return InvalidError((member(self.path, key), reason))

    def mark_placed(self, key: str) -> None:
        """Mark the member, with everything below it, as placed."""
        self._placed.add(key)

    def text(self, *keys: str, longest: int | None = None) -> str | None:
        """The first of these members that is a text and not blank."""
        get = self.value.get
        for key in keys:
            value = get(key)
            if value and isinstance(value, str) and not value.isspace():
                if longest is not None and len(value) > longest:
                    raise self.fail(key, f"longer than {longest} characters")
                self._placed.add(key)
                return value
        return None

    def folded_as(self, names: frozenset[str]) -> list[str]:
        """The names of the members whose folded names are among these, in their order."""
        if self._folded is None:
            self._folded = frozenset(map(folded, self.value))
        if names.isdisjoint(self._folded):
            return []
        return [name for name in self.value if folded(name) in names]

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
        self._placed.add(key)
        return int(value)

    def amount(self, key: str) -> Decimal | None:
        """An exact amount. A negative one has no place among prices and stays in the rest."""
        value = self.value.get(key)
        if value is None or value < 0:
            return None
        number = Decimal(value)
        if number >= _LARGEST_AMOUNT or len(f"{number:f}") > _LONGEST_AMOUNT:
            raise self.fail(key, f"{value} is too large or too fine for an amount")
        self._placed.add(key)
        return number

    def node(self, key: str) -> "JsonNode | None":
        value = self.value.get(key)
        if not isinstance(value, dict):
            return None
        return JsonNode(value, Place(self.place, key), self._all_placed)

    def nodes(self, key: str) -> list["JsonNode"]:
        """The objects of a list member."""
        values = self.value.get(key)
        if not isinstance(values, list):
            return []
        place = Place(self.place, key)
        return [
            JsonNode(value, Place(place, index, values), self._all_placed)
            for index, value in enumerate(values)
            if isinstance(value, dict)
        ]

    def element(self, key: str, index: int) -> "JsonNode":
        """The object at an index of a list member."""
        values = self.value[key]
        place = Place(Place(self.place, key), index, values)
        return JsonNode(values[index], place, self._all_placed)

    def characteristics(self, key: str, name: str) -> list[Characteristic]:
        """A member as characteristics under that name, now placed."""
        value = self.value[key]
        if key in self._placed:
            return []
        self._placed.add(key)
        if not isinstance(value, _CONTAINERS):
            return [] if value is None else [Characteristic(name, _scalar(value))]
        leaves: list[tuple[Place, Any]] = []
        _collect(value, Place.root("", name), self._all_placed, leaves)
        return [Characteristic(place.name, _scalar(leaf)) for place, leaf in leaves]

    def rest(self, *, known_types: Collection[str]) -> list[tuple[Place, Characteristic]]:
        """Place and characteristic of every value below that has not been placed.

        Types of the standard and members that only tell how to read an object are left out: they
        are not part of what was ordered.
        """
        leaves: list[tuple[Place, Any]] = []
        _collect(self.value, Place.root(self.place.path), self._all_placed, leaves, known_types)
        return [(place, Characteristic(place.name, _scalar(leaf))) for place, leaf in leaves]

    def place_rest(self, *, known_types: Collection[str]) -> list[tuple[Place, Characteristic]]:
        """The rest, now placed."""
        rest = self.rest(known_types=known_types)
        self._placed.update(self.value)
        return rest


def _collect(
    value: Any,
    place: Place,
    all_placed: Mapping[int, set[str]],
    leaves: list[tuple[Place, Any]],
    known_types: Collection[str] | None = None,
) -> None:
    """Add every scalar below that is neither placed nor null; without types if some are known."""
    if isinstance(value, list):
        for index, below in enumerate(value):
            if isinstance(below, _CONTAINERS):
                _collect(below, Place(place, index, value), all_placed, leaves, known_types)
            elif below is not None:
                leaves.append((Place(place, index, value), below))
        return
    placed = all_placed.get(id(value), _NOTHING)
    for key, below in value.items():
        if key in placed or below is None:
            continue
        if isinstance(below, _CONTAINERS):
            _collect(below, Place(place, key), all_placed, leaves, known_types)
        elif (
            known_types is None
            or "@" not in key
            or not ((key == "@type" and below in known_types) or _is_type(key, below, known_types))
        ):
            leaves.append((Place(place, key), below))


_NOTHING: frozenset[str] = frozenset()


def _is_type(key: str, value: Any, known_types: Collection[str]) -> bool:
    last = key.rsplit(".", 1)[-1]
    return last in _TYPES or (last == "@type" and value in known_types)


def _scalar(value: Any) -> Scalar:
    """Decimals, and integers that not every JSON reader represents exactly, become texts."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int) and abs(value) > _LARGEST_EXACT:
        return str(value)
    scalar: Scalar = value
    return scalar


_TYPES = frozenset({"@baseType", "@referredType", "@referredtype"})


def is_spelling(name: str) -> bool:
    """Whether the last name is a link or a type, and not content."""
    last = name.rsplit(".", 1)[-1]
    return last.startswith("@") or last.casefold() == "href"


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
