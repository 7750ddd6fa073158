"""Users of the carrier's portal."""

import strawberry

from auth.oauth_scopes import OAuthScope
from schema.permissions import requires


@strawberry.type(
    description="Somebody who uses the carrier's portal.",
    directives=requires(OAuthScope.PERSONAL_DATA_READ),
)
class PortalUser:
    name: str = strawberry.field(description="The person's name.")
    email: str = strawberry.field(description="The person's e-mail address.")
