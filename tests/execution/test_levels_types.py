"""Execution by levels answers as graphql-core does: which type an object has.

Types say so of their objects, or an interface says so of them all; at once or later, for each
object otherwise, and wrongly.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import strawberry

from tests.execution.comparing import compared


class Trouble(Exception):  # noqa: N818 - what a type is in
    pass


@dataclass(frozen=True)
class Animal:
    """What all types tell by its kind."""

    kind: str
    name: str = "Rex"


def _is(kind: str, animal: Any) -> bool:
    if animal.kind == f"{kind}?":
        raise Trouble(f"is it a {kind}?")
    return bool(animal.kind == kind)


@strawberry.interface
class Pet:
    """Its types say which objects are theirs."""

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
    """Knows later."""

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
    """Says itself of which type an object is."""

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
            raise Trouble("cannot say")
        case "nothing":
            return None
        case "number":
            return 5
    return animal.kind


async def _soon(animal: Animal) -> Any:
    return _named(animal)


# Not of cats: Strawberry expects types of a union to know at once.
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
async def test_types_that_know_their_objects(field: str, selection: str, kinds: list[str]) -> None:
    document = f"query ($kinds: [String!]!) {{ {field}(kinds: $kinds) {{ {selection} }} }}"
    await compared(schema, document, {"kinds": kinds}, ordered=False)


@pytest.mark.parametrize("kinds", [["dog", "cat"], ["dog", "fish"], ["bird"], ["cat?"]])
async def test_an_interface_of_an_interface(kinds: list[str]) -> None:
    document = """query ($kinds: [String!]!) {
      loud(kinds: $kinds) { ... on Pet { name ... on Loud { noise ... on Cat { meows } } } } }"""
    await compared(schema, document, {"kinds": kinds}, ordered=False)


@pytest.mark.parametrize("kinds", [["dog", "dog"], ["dog", "fish"], ["dog?", "dog"], ["null"]])
async def test_objects_of_a_type_that_looks_at_each(kinds: list[str]) -> None:
    document = "query ($kinds: [String!]!) { dogs(kinds: $kinds) { name barks } }"
    await compared(schema, document, {"kinds": kinds})


@pytest.mark.parametrize("kind", ["cat", "dog", "cat?"])
async def test_an_object_of_a_type_that_knows_later(kind: str) -> None:
    document = "query ($kind: String!) { cat(kind: $kind) { name meows } }"
    await compared(schema, document, {"kind": kind})


WRONG = ["raises", "nothing", "number", "Stone", "Pet", "Lorry", "Vehicle"]


@pytest.mark.parametrize("kind", ["Car", "Ship", *WRONG])
async def test_an_interface_that_knows_the_type(kind: str) -> None:
    document = """query ($kind: String!, $kinds: [String!]!) {
      vehicle(kind: $kind) { name __typename ... on Ship { sails } }
      vehicles(kinds: $kinds) { ... on Car { name } ... on Ship { name } __typename } }"""
    variables = {"kind": kind, "kinds": ["Ship", kind, "Ship", "null"]}
    answer = await compared(schema, document, variables, ordered=False)
    assert (answer.errors == ()) is (kind not in WRONG)


@pytest.mark.parametrize("kind", ["Kite", "Glider", "Car", *WRONG])
async def test_an_interface_that_knows_the_type_later(kind: str) -> None:
    document = """query ($kinds: [String!]!) {
      crafts(kinds: $kinds) { __typename ... on Vehicle { name } } }"""
    answer = await compared(schema, document, {"kinds": ["Glider", kind, "Kite"]}, ordered=False)
    assert (answer.errors == ()) is (kind in {"Kite", "Glider"})
