"""Delays of an order."""

from datetime import datetime

import strawberry


@strawberry.type(
    description="A reported delay of an order. A delay never changes the order's `status`."
)
class Delay:
    kind: str | None = strawberry.field(
        description="The severity, in the words of the reporting system. Null if none was reported."
    )
    reason: str = strawberry.field(description="The reason for the delay.")
    reference: str | None = strawberry.field(
        description="The delay's identifier in the reporting system. Null if none was reported."
    )
    reported_at: datetime = strawberry.field(description="When the delay was reported.")
    resolved_at: datetime | None = strawberry.field(
        description="When the delay was resolved. Null while it lasts."
    )
