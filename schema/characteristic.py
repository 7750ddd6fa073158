"""Properties without a field of their own."""

import json
from typing import Any

import strawberry


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
