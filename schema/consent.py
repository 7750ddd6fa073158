"""Consents to offers."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from schema.enums import ConsentBy
from schema.permissions import requires


@strawberry.type(description="A consent to an offer.")
class Consent:
    given_by: ConsentBy = strawberry.field(description="Whose consent it is.")
    given_at: datetime = strawberry.field(description="When it was given.")
    name: str | None = strawberry.field(
        description="The name of the consenting person (Zustimmer).",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
    email: str | None = strawberry.field(
        description="The e-mail address stated by the person, who gets the order confirmation.",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
