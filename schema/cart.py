"""Carts."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Cart as CartRow
from resolvers import relations
from schema.enums import BusinessCase, CartStatus
from schema.fields import label_of, lazy, to_one, to_parts
from schema.node import Node, rows_of
from schema.permissions import requires
from schema.priced_item import PricedItem


@strawberry.type(
    description="A cart (Warenkorb): one customer, one business case. It is frozen once an offer "
    "exists; a cart has one offer at most.",
    directives=requires(OAuthScope.OFFERS_READ),
)
class Cart(Node):
    number: str = strawberry.field(description="The cart number.")
    business_case: BusinessCase = strawberry.field(description="What the cart is about.")
    status: CartStatus = strawberry.field(description="Whether the cart can still be changed.")
    status_label = strawberry.field(
        resolver=label_of("status"),
        graphql_type=str,
        description="The state as people call it.",
    )
    created_at: datetime = strawberry.field(description="When the cart was made.")
    updated_at: datetime = strawberry.field(description="When the cart last changed.")
    items = strawberry.field(
        resolver=to_parts(relations.ITEMS_OF_CART),
        graphql_type=list[PricedItem],
        description="What is in the cart.",
    )
    tenant = strawberry.field(
        resolver=to_one(relations.TENANT, "tenant_id"),
        graphql_type=lazy("Tenant") | None,
        description="Whose cart it is.",
    )
    customer = strawberry.field(
        resolver=to_one(relations.CUSTOMER, "customer_id"),
        graphql_type=lazy("Customer") | None,
        description="Who it is for.",
    )
    site = strawberry.field(
        resolver=to_one(relations.SITE, "site_id"),
        graphql_type=lazy("Site") | None,
        description="Where the products will be used.",
    )
    contract = strawberry.field(
        resolver=to_one(relations.CONTRACT, "contract_id"),
        graphql_type=lazy("Contract") | None,
        description="The contract that the cart is about to change; null for a new one.",
    )
    offer = strawberry.field(
        resolver=to_one(relations.OFFER_OF_CART, "id"),
        graphql_type=lazy("Offer") | None,
        description="The offer made of the cart; null without one.",
    )

    is_type_of = rows_of(CartRow)
