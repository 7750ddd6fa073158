"""Postal addresses."""

from typing import Any

import strawberry

from execution.resolving import reads


@strawberry.type(description="A postal address. Every part may be unknown.")
class Address:
    street: str | None = strawberry.field(description="The street.")
    house_number: str | None = strawberry.field(description="The house number with its suffix.")
    postal_code: str | None = strawberry.field(description="The postal code.")
    city: str | None = strawberry.field(description="The town.")
    country: str | None = strawberry.field(description='The country by ISO 3166-1: "DE".')


@reads("street", "house_number", "postal_code", "city", "country")
def own_address(root: strawberry.Parent[Any]) -> Any:
    """The row itself: it holds the columns of its address."""
    return root
