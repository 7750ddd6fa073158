"""Notes on an order."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from schema.required_scopes import requires


@strawberry.type(description="A note on an order.")
class Note:
    author: str | None = strawberry.field(
        description="The person who wrote the note. Null if it was not stated, and for a note that "
        "a system added.",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
    account: str | None = strawberry.field(
        description="The account that added the note by `orderNoteAdd`, as the audit log names it: "
        '"M-10001/CRM", or "user:M-10001/0f3a5c7e9b1d" for a user of the portal. It never contains '
        "a person's name. Null for a note that the carrier's systems reported.",
        directives=requires(OAuthScope.TENANTS_READ),
    )
    written_at: datetime | None = strawberry.field(
        description="When the note was written. Null if it was not stated."
    )
    text: str = strawberry.field(description="The text of the note.")
    reference: str | None = strawberry.field(
        description="The note's identifier in the reporting system. Null if none was reported."
    )
