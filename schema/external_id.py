"""Numbers of an order in other systems."""

import strawberry

from db.models import OrderExternalId
from execution.resolving import reads


@reads("kind")
def _external_id_type(root: strawberry.Parent[OrderExternalId]) -> str | None:
    return root.kind


@strawberry.type(description="The number of an order in another system.")
class ExternalId:
    owner: str | None = strawberry.field(
        description="The system or company that assigned the number. Null if it was not stated."
    )
    type: str | None = strawberry.field(
        resolver=_external_id_type,
        description='The kind of number: "POnumber". Null if it was not stated.',
    )
    value: str = strawberry.field(description='The number itself: "SO-26-104711".')
