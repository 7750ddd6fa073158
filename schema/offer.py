"""Offers."""

from datetime import date, datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Offer as OfferRow
from resolvers import relations
from schema.consent import Consent
from schema.enums import BusinessCase, OfferStatus
from schema.fields import label_of, lazy, to_one, to_parts
from schema.node import Node, rows_of
from schema.permissions import requires
from schema.portal_user import PortalUser


@strawberry.type(
    description="An offer (Angebot): sent to the customer, whose consent (Zustimmung) makes an "
    "order of it. For a prospect the carrier consents as well.",
    directives=requires(OAuthScope.OFFERS_READ),
)
class Offer(Node):
    number: str = strawberry.field(description='The offer number: "AN-10000042".')
    business_case: BusinessCase = strawberry.field(description="What the offer is about.")
    status: OfferStatus = strawberry.field(description="The state of the offer.")
    status_label = strawberry.field(
        resolver=label_of("status"),
        graphql_type=str,
        description="The state as people call it.",
    )
    created_at: datetime = strawberry.field(description="When the offer was made.")
    sent_at: datetime | None = strawberry.field(description="When it was sent.")
    valid_until: date | None = strawberry.field(description="The last day on which it holds.")
    decided_at: datetime | None = strawberry.field(
        description="When it was consented to, declined or withdrawn, or expired."
    )
    updated_at: datetime = strawberry.field(description="When the offer last changed.")
    consents = strawberry.field(
        resolver=to_parts(relations.CONSENTS_OF_OFFER),
        graphql_type=list[Consent],
        description="The consents given to the offer, the earliest first.",
    )
    created_by = strawberry.field(
        resolver=to_one(relations.PORTAL_USER, "created_by_id"),
        graphql_type=PortalUser | None,
        description="The portal user who made the offer.",
    )
    tenant = strawberry.field(
        resolver=to_one(relations.TENANT, "tenant_id"),
        graphql_type=lazy("Tenant") | None,
        description="Whose offer it is.",
    )
    customer = strawberry.field(
        resolver=to_one(relations.CUSTOMER, "customer_id"),
        graphql_type=lazy("Customer") | None,
        description="Who it was made to.",
    )
    cart = strawberry.field(
        resolver=to_one(relations.CART, "cart_id"),
        graphql_type=lazy("Cart") | None,
        description="The cart it was made of; null where the carrier reported the offer alone.",
    )
    order = strawberry.field(
        resolver=to_one(relations.ORDER_OF_OFFER, "id"),
        graphql_type=lazy("Order") | None,
        description="The order that resulted; null without one.",
    )

    is_type_of = rows_of(OfferRow)
