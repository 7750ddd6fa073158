"""Queries for the whole schema, made from its printed form, so that new fields are covered."""

import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

import schema as product
from execution.limits import Limits

Composite = GraphQLObjectType | GraphQLInterfaceType

SCHEMA: GraphQLSchema = build_schema(product.printed())
PARENTS = 51
"""The number of objects at the root whose fields a query selects: one more than a page."""


@dataclass(frozen=True)
class Place:
    """A field of a type, and the fields that lead from the query to that type."""

    way: tuple[str, ...]
    parent: str
    name: str

    def __str__(self) -> str:
        return f"{self.parent}.{self.name}"

    @property
    def field(self) -> GraphQLField:
        return _fields(self.parent)[self.name]

    @property
    def target(self) -> Composite | None:
        """The type of the objects that it leads to. None for a leaf."""
        return _composite(self.field)

    @property
    def is_connection(self) -> bool:
        return self.target is not None and self.target.name.endswith("Connection")

    @property
    def is_many(self) -> bool:
        return self.is_connection or is_list_type(get_nullable_type(self.field.type))


@cache
def ways() -> dict[str, tuple[str, ...]]:
    """For each type of object the shortest path through lists, if there is one."""
    found: dict[str, tuple[str, ...]] = {}
    ahead: list[tuple[int, tuple[str, ...], str]] = [(0, (), "Query")]
    while ahead:
        cost, way, parent = heapq.heappop(ahead)
        if parent in found:
            continue
        found[parent] = way
        for name in _fields(parent):
            place = Place(way, parent, name)
            if isinstance(place.target, GraphQLObjectType):
                further = 1 if place.is_connection or way else 3 if place.is_many else 10
                heapq.heappush(ahead, (cost + further, (*way, name), place.target.name))
    return found


@cache
def places() -> tuple[Place, ...]:
    """Every field that leads to objects or takes arguments. The others are in a `shape`."""
    every = [Place(way, parent, name) for parent, way in ways().items() for name in _fields(parent)]
    return tuple(place for place in every if place.target is not None or place.field.args)


def unreached() -> set[str]:
    """The types of objects that no path from the query leads to."""
    kinds = (GraphQLObjectType, GraphQLInterfaceType)
    every = {name for name, kind in SCHEMA.type_map.items() if isinstance(kind, kinds)}
    shown = {place.target.name for place in places() if place.target is not None}
    seen = {*shown, "Query", *of_mutations()}
    return {name for name in every if not name.startswith("__")} - seen


def of_mutations() -> set[str]:
    """The root of mutations, the types that their unions lead to, and the types of errors. Each
    mutation has tests of its own (`tests/graph/test_mutations.py`)."""
    root = SCHEMA.mutation_type
    assert root is not None
    results = [get_named_type(field.type) for field in root.fields.values()]
    unions = [kind for kind in results if isinstance(kind, GraphQLUnionType)]
    errors = SCHEMA.get_type("UserError")
    assert isinstance(errors, GraphQLInterfaceType)
    kinds = [root, errors, *SCHEMA.get_possible_types(errors)]
    kinds += [kind for union in unions for kind in SCHEMA.get_possible_types(union)]
    return {kind.name for kind in kinds}


def shape(target: Composite) -> str:
    """A selection of all leaves of an object; of a connection, also of its objects."""
    own = [name for name, field in target.fields.items() if _composite(field) is None]
    if isinstance(target, GraphQLInterfaceType):
        own += [f"... on {each} {{ number }}" for each in SCHEMA.get_possible_types(target)]
    if target.name.endswith("Connection"):
        node = _composite(target.fields["nodes"])
        assert node is not None
        page = "hasNextPage hasPreviousPage startCursor endCursor"
        own += [f"pageInfo {{ {page} }}", "edges { cursor }", f"nodes {{ {shape(node)} }}"]
    return " ".join(["__typename", *own])


def outline(target: Composite) -> str:
    """A selection that identifies an object, or the objects of a connection."""
    return "totalCount nodes { id }" if target.name.endswith("Connection") else shape(target)


@dataclass(frozen=True)
class Variant:
    """Arguments of a field. `path` says which one this is about: "filter.received.from"."""

    path: str
    arguments: Mapping[str, Any]


PLAIN = "without arguments"


class Lesson:
    """The values that arguments may take.

    Numbers and texts must be taught: by a field's argument ("Order.orders.filter.customer"), by an
    argument's path ("filter.customer") or name ("customer" or "DateTimeRange.from"), or by its type
    ("DateTime"). `file` is where they are taught, for the error about a missing one.
    """

    def __init__(self, taught: Mapping[str, Sequence[Any]], file: str = "") -> None:
        self._taught = {**_COMMON, **taught}
        self._file = file

    def __or__(self, more: Mapping[str, Sequence[Any]]) -> "Lesson":
        return Lesson({**self._taught, **more}, self._file)

    def plain(self, place: Place) -> Variant:
        """The field with its required arguments only."""
        arguments = {
            name: next(self._values(place, name, argument.type))[1]
            for name, argument in place.field.args.items()
            if is_required_argument(argument)
        }
        return Variant(PLAIN, arguments)

    def variants(self, place: Place) -> list[Variant]:
        """The field without optional arguments, and with each value of each argument."""
        plain = self.plain(place)
        return [plain] + [
            Variant(path, {**plain.arguments, name: value})
            for name, argument in place.field.args.items()
            for path, value in self._values(place, name, argument.type)
        ]

    def _values(
        self, place: Place, path: str, kind: GraphQLInputType, owner: str = ""
    ) -> Iterator[tuple[str, Any]]:
        named = get_named_type(kind)
        if isinstance(named, GraphQLInputObjectType):
            yield from self._objects(place, path, named)
            return
        name = path.rpartition(".")[2]
        names = (f"{place}.{path}", path, f"{owner}.{name}", name, named.name)
        taught = next((self._taught[name] for name in names if name in self._taught), None)
        if taught is None and isinstance(named, GraphQLEnumType):
            taught = [*named.values]
        if taught is None:
            example = f"for example as {path!r}, in {self._file or 'its lesson'}"
            raise LookupError(f"teach a value for {place}({path}:), {example}")
        # For a list, all values at once.
        values = [list(taught)] if is_list_type(get_nullable_type(kind)) else taught
        yield from ((path, value) for value in values)

    def _objects(
        self, place: Place, path: str, kind: GraphQLInputObjectType
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """One condition at a time, with the required ones."""
        choices = {
            name: [*self._values(place, f"{path}.{name}", field.type, kind.name)]
            for name, field in kind.fields.items()
        }
        required = {
            name: choices[name][0][1]
            for name, field in kind.fields.items()
            if is_required_input_field(field)
        }
        for name, values in choices.items():
            yield from ((inner, {**required, name: value}) for inner, value in values)


@dataclass(frozen=True)
class Question:
    """A document with its variables: one field with several variants of its arguments."""

    place: Place
    variants: Sequence[Variant]
    document: str
    variables: dict[str, Any]

    def found(self, data: Mapping[str, Any]) -> Iterator[tuple[Variant, list[list[Any]]]]:
        """For each variant, the values of all parents."""
        parents = [data]
        for name in self.place.way:
            parents = [child for parent in parents for child in _listed(parent[name])]
        for index, variant in enumerate(self.variants):
            yield variant, [_objects(parent[f"a{index}"]) for parent in parents]


def questions(
    place: Place, variants: Sequence[Variant], lesson: Lesson, selection: str | None = None
) -> list[Question]:
    """The field with each variant, with as many variants in a document as the limits allow."""
    if place.target is not None:
        selection = selection or shape(place.target)
    size = len(re.findall(r"\w+", selection or "")) + 1
    most = min(_LIMITS.root_fields, (_LIMITS.fields - len(place.way)) // size)
    return [
        _question(place, variants[start : start + most], lesson, selection)
        for start in range(0, len(variants), most)
    ]


def _question(
    place: Place, variants: Sequence[Variant], lesson: Lesson, selection: str | None
) -> Question:
    writer = _Writer()
    asked = " { ...Asked }" if place.target else ""
    body = " ".join(
        f"a{index}: {writer.call(place, variant.arguments)}{asked}"
        for index, variant in enumerate(variants)
    )
    opening, parent = [], "Query"
    for name in place.way:
        step = Place((), parent, name)
        page = {"first": PARENTS} if step.is_connection and parent == "Query" else {}
        opening.append(writer.call(step, {**lesson.plain(step).arguments, **page}))
        assert step.target is not None
        parent = step.target.name
    for call in reversed(opening):
        body = f"{call} {{ {body} }}"
    fragment = f" fragment Asked on {place.target} {{ {selection} }}" if place.target else ""
    return Question(
        place, variants, f"query {writer.head} {{ {body} }}{fragment}", writer.variables
    )


class _Writer:
    """Collects the variables of a document."""

    def __init__(self) -> None:
        self.variables: dict[str, Any] = {}
        self._types: list[str] = []

    @property
    def head(self) -> str:
        return f"({', '.join(self._types)})" if self._types else ""

    def call(self, place: Place, arguments: Mapping[str, Any]) -> str:
        given = []
        for name, value in arguments.items():
            variable = f"v{len(self.variables)}"
            self.variables[variable] = value
            self._types.append(f"${variable}: {place.field.args[name].type}")
            given.append(f"{name}: ${variable}")
        return f"{place.name}({', '.join(given)})" if given else place.name


def _fields(type_name: str) -> dict[str, GraphQLField]:
    kind = SCHEMA.type_map[type_name]
    assert isinstance(kind, Composite)
    fields: dict[str, GraphQLField] = kind.fields
    return fields


def _composite(field: GraphQLField) -> Composite | None:
    named = get_named_type(field.type)
    if is_leaf_type(named):
        return None
    assert isinstance(named, Composite), f"the walk knows nothing of unions: {named}"
    return named


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [each for each in value if each is not None]
    return [] if value is None else [value]


def _objects(value: Any) -> list[Any]:
    return _listed(value["nodes"] if isinstance(value, dict) and "nodes" in value else value)


_LIMITS = Limits()
_COMMON: Mapping[str, Sequence[Any]] = {
    "Boolean": [True, False],
    "DateTimeRange.from": ["2000-01-01T00:00:00Z"],
    "DateTimeRange.to": ["2100-01-01T00:00:00Z"],
    "DateRange.from": ["2000-01-01"],
    "DateRange.to": ["2100-01-01"],
    "first": [PARENTS],
    "last": [PARENTS],
    "renewableWithinDays": [365],
}
