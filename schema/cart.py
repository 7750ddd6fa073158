"""Carts."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Cart as CartRow
from resolvers import relations
from schema.enums import BusinessCase, CartStatus
from schema.fields import label_of, to_one, to_parts
from schema.node import Node, rows_of
from schema.priced_item import PricedItem
from schema.required_scopes import requires


@strawberry.type(
    description="A cart (Warenkorb) of one customer, for one business case. A cart has at "
    "most one offer, and is frozen once the offer exists.",
    directives=requires(OAuthScope.OFFERS_READ),
)
class Cart(Node):
    number: str = strawberry.field(description="The cart number.")
    business_case: BusinessCase = strawberry.field(
        description="The business case that the cart is for."
    )
    status: CartStatus = strawberry.field(description="The status of the cart.")
    status_label = label_of("status")
    created_at: datetime = strawberry.field(description="When the cart was created.")
    updated_at: datetime = strawberry.field(description="When the cart last changed.")
    items = to_parts(relations.ITEMS_OF_CART, PricedItem, "The items in the cart, by position.")
    tenant = to_one(relations.TENANT, "tenant_id", "The tenant that serves the customer.")
    customer = to_one(relations.CUSTOMER, "customer_id", "The customer that the cart is for.")
    site = to_one(
        relations.SITE,
        "site_id",
        "The site where the products will be used. Null if none was stated.",
    )
    contract = to_one(
        relations.CONTRACT,
        "contract_id",
        "The contract that the cart will change. Null if the cart is for a new contract.",
    )
    offer = to_one(
        relations.OFFER_OF_CART,
        "id",
        "The offer that was made from the cart. Null if there is none.",
    )

    is_type_of = rows_of(CartRow)
