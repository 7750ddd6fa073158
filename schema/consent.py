"""Consents to offers."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from schema.enums import ConsentBy
from schema.required_scopes import requires


@strawberry.type(description="A consent (Zustimmung) to an offer.")
class Consent:
    given_by: ConsentBy = strawberry.field(description="Which party consented.")
    given_at: datetime = strawberry.field(description="When the consent was given.")
    name: str | None = strawberry.field(
        description="The name of the person who consented (Zustimmer).",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
    email: str | None = strawberry.field(
        description="The e-mail address that the person stated. The order confirmation is sent to "
        "it. Null if none was stated.",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
