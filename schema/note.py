"""Notes on an order."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from schema.required_scopes import requires


@strawberry.type(description="A note on an order.")
class Note:
    author: str | None = strawberry.field(
        description="The person who wrote the note. Null if it was not stated.",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
    written_at: datetime | None = strawberry.field(
        description="When the note was written. Null if it was not stated."
    )
    text: str = strawberry.field(description="The text of the note.")
    reference: str | None = strawberry.field(
        description="The note's identifier in the reporting system. Null if none was reported."
    )
