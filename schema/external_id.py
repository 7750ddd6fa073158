"""Numbers under which other systems know an order."""

import strawberry

from db.models import OrderExternalId
from execution.resolving import reads


@reads("kind")
def _external_id_type(root: strawberry.Parent[OrderExternalId]) -> str | None:
    return root.kind


@strawberry.type(description="A number under which another system knows an order.")
class ExternalId:
    owner: str | None = strawberry.field(description="Whose number it is.")
    type: str | None = strawberry.field(
        resolver=_external_id_type, description='What kind of number it is: "POnumber".'
    )
    value: str = strawberry.field(description="The number itself.")
