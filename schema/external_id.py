"""Numbers of an order in other systems."""

import strawberry


@strawberry.type(description="The number of an order in another system.")
class ExternalId:
    owner: str | None = strawberry.field(
        description="The system or company that assigned the number. Null if it was not stated."
    )
    kind: str | None = strawberry.field(
        name="type", description='The kind of number: "POnumber". Null if it was not stated.'
    )
    value: str = strawberry.field(description='The number itself: "SO-26-104711".')
