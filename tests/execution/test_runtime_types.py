"""Breadth-first execution equals graphql-core: the runtime types of objects.

By `is_type_of` or `resolve_type`, synchronous or not, right and wrong.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import strawberry

from tests.execution.differential import compare


class TypeResolverError(Exception):
    """Raised by `is_type_of` and `resolve_type`."""


@dataclass(frozen=True)
class Animal:
    """An object of any type, by its kind."""

    kind: str
    name: str = "Rex"


def _is(kind: str, animal: Any) -> bool:
    if animal.kind == f"{kind}?":
        raise TypeResolverError(f"is it a {kind}?")
    return bool(animal.kind == kind)


@strawberry.interface
class Pet:
    """Its types have `is_type_of`."""

    name: str


@strawberry.interface
class Loud(Pet):
    @strawberry.field
    def noise(self) -> str | None:
        return f"{self.name}!"


@strawberry.type
class Dog(Loud):
    @classmethod
    def is_type_of(cls, obj: Any, info: Any) -> Any:
        return _is("dog", obj)

    @strawberry.field
    def barks(self) -> bool:
        return True


@strawberry.type
class Cat(Loud):
    """Has an asynchronous `is_type_of`."""

    @classmethod
    async def is_type_of(cls, obj: Any, info: Any) -> Any:
        return _is("cat", obj)

    @strawberry.field
    async def meows(self) -> bool:
        return self.name != "Mute"


@strawberry.type
class Fish(Pet):
    @classmethod
    def is_type_of(cls, obj: Any, info: Any) -> Any:
        return _is("fish", obj)

    @strawberry.field
    def depth(self) -> int:
        return len(self.name)


@strawberry.interface
class Vehicle:
    """Has `resolve_type`."""

    name: str

    @classmethod
    def resolve_type(cls, obj: Any, info: Any, kind: Any) -> Any:
        return _named(obj)


@strawberry.type
class Car(Vehicle):
    seats: int = 4

    @classmethod
    def is_type_of(cls, obj: Any, info: Any) -> Any:
        return _is("Car", obj)


@strawberry.type
class Ship(Vehicle):
    @classmethod
    async def is_type_of(cls, obj: Any, info: Any) -> Any:
        return _is("Ship", obj)

    @strawberry.field
    async def sails(self) -> int:
        return 3


@strawberry.interface
class Craft(Vehicle):
    @classmethod
    def resolve_type(cls, obj: Any, info: Any, kind: Any) -> Any:
        return _soon(obj)


@strawberry.type
class Kite(Craft):
    @classmethod
    def is_type_of(cls, obj: Any, info: Any) -> Any:
        return _is("Kite", obj)


@strawberry.type
class Glider(Craft):
    @classmethod
    def is_type_of(cls, obj: Any, info: Any) -> Any:
        return _is("Glider", obj)


@strawberry.type
class Stone:
    name: str


def _named(animal: Animal) -> Any:
    match animal.kind:
        case "raises":
            raise TypeResolverError("cannot say")
        case "nothing":
            return None
        case "number":
            return 5
    return animal.kind


async def _soon(animal: Animal) -> Any:
    return _named(animal)


# Without Cat: Strawberry expects a synchronous `is_type_of` from types of a union.
Quick = Annotated[Dog | Fish, strawberry.union("Quick")]


@strawberry.type
class Query:
    @strawberry.field
    def pets(self, kinds: list[str]) -> list[Pet | None]:
        return _all(kinds)

    @strawberry.field
    async def loud(self, kinds: list[str]) -> list[Loud] | None:
        return _all(kinds)

    @strawberry.field
    def quick(self, kinds: list[str]) -> list[Quick | None]:
        return _all(kinds)

    @strawberry.field
    def dogs(self, kinds: list[str]) -> list[Dog | None]:
        return _all(kinds)

    @strawberry.field
    def cat(self, kind: str) -> Cat | None:
        return Animal(kind)  # type: ignore[return-value]

    @strawberry.field
    def vehicles(self, kinds: list[str]) -> list[Vehicle | None]:
        return _all(kinds)

    @strawberry.field
    def vehicle(self, kind: str) -> Vehicle | None:
        return Animal(kind)  # type: ignore[return-value]

    @strawberry.field
    def crafts(self, kinds: list[str]) -> list[Craft | None]:
        return _all(kinds)


def _all(kinds: list[str]) -> list[Any]:
    return [
        None if kind == "null" else Animal(kind, f"{kind} {number}")
        for number, kind in enumerate(kinds)
    ]


schema = strawberry.Schema(Query, types=[Dog, Cat, Fish, Car, Ship, Kite, Glider, Stone])

QUICK = """__typename ... on Pet { name } ... on Loud { noise } ... on Dog { barks }
    ... on Fish { depth }"""
PETS = f"{QUICK} ... on Cat {{ meows }}"


@pytest.mark.parametrize(("field", "selection"), [("pets", PETS), ("quick", QUICK)])
@pytest.mark.parametrize(
    "kinds",
    [
        ["dog", "fish", "dog"],
        ["cat"],
        ["cat", "dog", "null", "fish", "cat"],
        ["fish", "bird", "dog"],
        ["bird"],
        ["dog", "dog?", "fish"],
        ["dog", "cat?", "cat"],
        ["fish?", "dog", "bird", "cat?"],
    ],
)
async def test_types_with_is_type_of(field: str, selection: str, kinds: list[str]) -> None:
    document = f"query ($kinds: [String!]!) {{ {field}(kinds: $kinds) {{ {selection} }} }}"
    await compare(schema, document, {"kinds": kinds}, ordered=False)


@pytest.mark.parametrize("kinds", [["dog", "cat"], ["dog", "fish"], ["bird"], ["cat?"]])
async def test_an_interface_of_an_interface(kinds: list[str]) -> None:
    document = """query ($kinds: [String!]!) {
      loud(kinds: $kinds) { ... on Pet { name ... on Loud { noise ... on Cat { meows } } } } }"""
    await compare(schema, document, {"kinds": kinds}, ordered=False)


@pytest.mark.parametrize("kinds", [["dog", "dog"], ["dog", "fish"], ["dog?", "dog"], ["null"]])
async def test_an_object_type_with_is_type_of(kinds: list[str]) -> None:
    document = "query ($kinds: [String!]!) { dogs(kinds: $kinds) { name barks } }"
    await compare(schema, document, {"kinds": kinds})


@pytest.mark.parametrize("kind", ["cat", "dog", "cat?"])
async def test_an_object_type_with_asynchronous_is_type_of(kind: str) -> None:
    document = "query ($kind: String!) { cat(kind: $kind) { name meows } }"
    await compare(schema, document, {"kind": kind})


WRONG = ["raises", "nothing", "number", "Stone", "Pet", "Lorry", "Vehicle"]


@pytest.mark.parametrize("kind", ["Car", "Ship", *WRONG])
async def test_an_interface_with_resolve_type(kind: str) -> None:
    document = """query ($kind: String!, $kinds: [String!]!) {
      vehicle(kind: $kind) { name __typename ... on Ship { sails } }
      vehicles(kinds: $kinds) { ... on Car { name } ... on Ship { name } __typename } }"""
    variables = {"kind": kind, "kinds": ["Ship", kind, "Ship", "null"]}
    answer = await compare(schema, document, variables, ordered=False)
    assert (answer.errors == ()) is (kind not in WRONG)


@pytest.mark.parametrize("kind", ["Kite", "Glider", "Car", *WRONG])
async def test_an_interface_with_asynchronous_resolve_type(kind: str) -> None:
    document = """query ($kinds: [String!]!) {
      crafts(kinds: $kinds) { __typename ... on Vehicle { name } } }"""
    answer = await compare(schema, document, {"kinds": ["Glider", kind, "Kite"]}, ordered=False)
    assert (answer.errors == ()) is (kind in {"Kite", "Glider"})
