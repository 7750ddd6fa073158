"""Notes on an order."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from schema.permissions import requires


@strawberry.type(description="A note on an order.")
class Note:
    author: str | None = strawberry.field(
        description="Who wrote it.", directives=requires(OAuthScope.PERSONAL_DATA_READ)
    )
    written_at: datetime | None = strawberry.field(description="When it was written.")
    text: str = strawberry.field(description="What it says.")
    reference: str | None = strawberry.field(
        description="The identifier of the note in the system that reported it."
    )
