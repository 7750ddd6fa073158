"""Milestones of an order."""

from datetime import datetime

import strawberry

from schema.enums import MilestoneKind
from schema.fields import label_of


@strawberry.type(description="A fact in the processing of an order, beside its phase.")
class Milestone:
    kind: MilestoneKind = strawberry.field(description="What the milestone marks.")
    label = strawberry.field(
        resolver=label_of("kind"),
        graphql_type=str,
        description="The kind as people call it.",
    )
    name: str | None = strawberry.field(description="The milestone's own name, if it has one.")
    message: str | None = strawberry.field(description="What was reported about it.")
    reference: str | None = strawberry.field(
        description="Under what the reporting system knows the milestone."
    )
    planned_at: datetime | None = strawberry.field(description="When it is, or was, to be reached.")
    reached_at: datetime | None = strawberry.field(description="When it was reached; null until.")
    violated: bool = strawberry.field(description="Whether it was missed.")
