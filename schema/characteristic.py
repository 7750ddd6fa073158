"""Properties without a field of their own."""

import json
from operator import attrgetter
from typing import Any

import strawberry

from execution.resolving import reads


@strawberry.type(description="A property that has no field of its own.")
class Characteristic:
    name: str = strawberry.field(
        description="The name of the property. Parts of a nested name are joined by dots: "
        '"router.model".'
    )
    value: str = strawberry.field(
        description="The value as text. Numbers, booleans, lists and objects are written as JSON: "
        '"true".'
    )

    @classmethod
    def list_of(cls, stored: list[Any]) -> "list[Characteristic]":
        return [
            cls(
                name=pair["name"],
                value=pair["value"]
                if isinstance(pair["value"], str)
                else json.dumps(pair["value"], ensure_ascii=False),
            )
            for pair in stored
        ]


def characteristics_of(attribute: str, description: str) -> Any:
    """A field with the characteristics that the parent's attribute holds."""
    stored_of = attrgetter(attribute)

    @reads(attribute)
    def resolve(root: strawberry.Parent[Any]) -> list[Characteristic]:
        return Characteristic.list_of(stored_of(root))

    return strawberry.field(resolver=resolve, description=description)
