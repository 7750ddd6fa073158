"""Users of the carrier's portal."""

import strawberry

from auth.oauth_scopes import OAuthScope
from schema.required_scopes import requires


@strawberry.type(
    description="A user of the carrier's portal.",
    directives=requires(OAuthScope.PERSONAL_DATA_READ),
)
class PortalUser:
    name: str = strawberry.field(description="The name of the user.")
    email: str = strawberry.field(description="The e-mail address of the user.")
