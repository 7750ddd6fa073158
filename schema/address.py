"""Postal addresses."""

from typing import Any

import strawberry

from execution.resolving import reads


@strawberry.type(description="A postal address. A part that was not stated is null.")
class Address:
    street: str | None = strawberry.field(description="The street, without the house number.")
    house_number: str | None = strawberry.field(
        description='The house number with its suffix: "12a".'
    )
    postal_code: str | None = strawberry.field(description='The postal code: "20457".')
    city: str | None = strawberry.field(description="The city or town.")
    country: str | None = strawberry.field(
        description='The country as an ISO 3166-1 alpha-2 code: "DE".'
    )


@reads("street", "house_number", "postal_code", "city", "country")
def own_address(root: strawberry.Parent[Any]) -> Any:
    """The row itself, which has the columns of its address."""
    return root
