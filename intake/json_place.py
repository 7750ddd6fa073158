"""Places in a message. Their JSON paths and full names are built on demand: few are ever needed."""

from collections.abc import Mapping
from typing import Any

LONGEST_NAME = 500
_LABELS = ("id", "role", "itemId", "name", "code", "relationshipType")
"""Members that identify an element of a list, so that its values keep their names when the list
changes."""


class Place:
    """A value in a message: a member of an object, an element of a list, or the whole."""

    __slots__ = ("_above", "_labels", "_list", "_name", "_path", "_step")

    def __init__(self, above: "Place", step: str | int, in_list: list[Any] | None = None):
        self._above = above
        self._step = step
        self._list = in_list
        self._path: str | None = None
        self._name: str | None = None
        self._labels: list[str] | None = None
        """Of the elements, if the value is a list and they are known."""

    @classmethod
    def root(cls, path: str, name: str = "") -> "Place":
        """A value whose path and name are known."""
        place = cls.__new__(cls)
        place._path, place._name = path, name
        return place

    @property
    def path(self) -> str:
        """The JSON path: `$.productOrderItem[1].quantity`."""
        if self._path is None:
            above = self._above.path
            is_element = self._list is not None
            self._path = f"{above}[{self._step}]" if is_element else member(above, str(self._step))
        return self._path

    @property
    def name(self) -> str:
        """The full name below the root, with what identifies an element in place of its index:
        `productOrderItem[110].quantity`."""
        if self._name is None:
            above = self._above
            if self._list is None:
                self._name = join(above.name, str(self._step))
            else:
                if above._labels is None:
                    above._labels = labels(self._list)
                self._name = f"{above.name}[{above._labels[int(self._step)]}]"
        return self._name


class Names:
    """Where a message says something about a subject (`ordering.order.differences`,
    `ordering.errors`), by JSON path and by full name as a characteristic."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Place, str, Place | None, str]] = {}
        self._fields: dict[str, tuple[Place, Mapping[str, str]]] = {}

    def add(self, subject: str, place: Place, member: str = "", *, name: str | None = None) -> None:
        """The subject is at the place, or at a member of it, and has that name or the place's."""
        of_name, own = (place, member) if name is None else (None, name)
        self._entries[subject] = (place, member, of_name, own)

    def add_characteristic(self, subject: str, name: str, holder: Place, place: Place) -> None:
        """A characteristic of what the holder describes, with a name below it."""
        self._entries[subject] = (place, "", holder, name)

    def add_fields(self, subject: str, place: Place, members: Mapping[str, str]) -> None:
        """The subject is at the place, and each of its fields at one of these members."""
        self.add(subject, place)
        self._fields[subject] = (place, members)

    def __contains__(self, subject: str) -> bool:
        return subject in self._entries

    def find(self, subject: str) -> tuple[str, str] | None:
        """JSON path and full name of what the message says about a subject."""
        entry = self._entries.get(subject)
        if entry is None:
            of, _, field = subject.rpartition(" ")
            place, members = self._fields.get(of, (None, {}))
            if place is None or field not in members:
                return None
            entry = (place, members[field], place, members[field])
        place, at, of_name, name = entry
        path = f"{place.path}.{at}" if at else place.path
        if of_name is not None:
            name = f"{of_name.name}.{name}" if name else of_name.name
        return path, name


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


def join(name: str, key: str) -> str:
    """The full name of a member."""
    return f"{name}.{key}" if name else key
