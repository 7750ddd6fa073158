"""Offers."""

from datetime import date, datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Offer as OfferRow
from resolvers import relations
from schema.consent import Consent
from schema.enums import BusinessCase, OfferStatus
from schema.fields import label_of, to_one, to_parts
from schema.node import Node, rows_of
from schema.required_scopes import requires


@strawberry.type(
    description="An offer (Angebot) that is sent to a customer. The customer's consent "
    "(Zustimmung) turns it into an order. An offer to a prospect also needs the carrier's consent.",
    directives=requires(OAuthScope.OFFERS_READ),
)
class Offer(Node):
    number: str = strawberry.field(description='The offer number (Angebotsnummer): "AN-10000042".')
    business_case: BusinessCase = strawberry.field(
        description="The business case that the offer is for."
    )
    status: OfferStatus = strawberry.field(description="The status of the offer.")
    status_label = label_of("status")
    created_at: datetime = strawberry.field(description="When the offer was created.")
    sent_at: datetime | None = strawberry.field(
        description="When the offer was sent to the customer. Null if it has not been sent."
    )
    valid_until: date | None = strawberry.field(
        description="The last day on which the offer is valid. Null if no day was stated."
    )
    decided_at: datetime | None = strawberry.field(
        description="When the offer was consented to, declined or withdrawn, or when it expired. "
        "Null while it is undecided."
    )
    updated_at: datetime = strawberry.field(description="When the offer last changed.")
    consents = to_parts(
        relations.CONSENTS_OF_OFFER, Consent, "The consents to the offer, the earliest first."
    )
    created_by = to_one(
        relations.PORTAL_USER,
        "created_by_id",
        "The portal user who created the offer. Null if it was not created in the portal.",
    )
    tenant = to_one(relations.TENANT, "tenant_id", "The tenant that serves the customer.")
    customer = to_one(
        relations.CUSTOMER, "customer_id", "The customer or prospect that the offer was made to."
    )
    cart = to_one(
        relations.CART,
        "cart_id",
        "The cart that the offer was made from. Null if the carrier reported the offer without a "
        "cart.",
    )
    order = to_one(
        relations.ORDER_OF_OFFER,
        "id",
        "The order that resulted from the offer. Null if there is none.",
    )

    is_type_of = rows_of(OfferRow)
