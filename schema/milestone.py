"""Milestones of an order."""

from datetime import datetime

import strawberry

from schema.enums import MilestoneKind
from schema.fields import label_of


@strawberry.type(
    description="An event in the processing of an order that is tracked besides its phase."
)
class Milestone:
    kind: MilestoneKind = strawberry.field(description="The kind of milestone.")
    label = label_of("kind")
    name: str | None = strawberry.field(
        description="The milestone's own name. Null if it has none."
    )
    message: str | None = strawberry.field(
        description="A message about the milestone from the reporting system. Null if there is "
        "none."
    )
    reference: str | None = strawberry.field(
        description="The milestone's identifier in the reporting system. Null if none was reported."
    )
    planned_at: datetime | None = strawberry.field(
        description="When the milestone is, or was, planned to be reached. Null if no time was "
        "planned."
    )
    reached_at: datetime | None = strawberry.field(
        description="When the milestone was reached. Null if it has not been reached yet."
    )
    violated: bool = strawberry.field(description="Whether the milestone was missed.")
