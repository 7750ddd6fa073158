"""Delays of an order."""

from datetime import datetime

import strawberry


@strawberry.type(description="Something that delays an order. It never changes the order's status.")
class Delay:
    kind: str | None = strawberry.field(
        description="How grave it is, as the reporting system put it."
    )
    reason: str = strawberry.field(description="What delays the order.")
    reference: str | None = strawberry.field(
        description="Under what the reporting system knows the delay."
    )
    reported_at: datetime = strawberry.field(description="When it was reported.")
    resolved_at: datetime | None = strawberry.field(
        description="When it was over; null while it lasts."
    )
