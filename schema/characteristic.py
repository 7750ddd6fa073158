"""Properties without a field of their own."""

import json
from typing import Any

import strawberry


@strawberry.type(description="A property that has no field of its own.")
class Characteristic:
    name: str = strawberry.field(
        description="The name. The parts of a nested name are joined by dots."
    )
    value: str = strawberry.field(
        description="The value as text; numbers, truth values and lists as JSON."
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
