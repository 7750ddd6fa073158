"""Customers and prospects."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Customer as CustomerRow
from resolvers import relations
from schema.address import Address, own_address
from schema.enums import CustomerKind
from schema.fields import to_one
from schema.filters.cart import CARTS
from schema.filters.contract import CONTRACTS
from schema.filters.offer import OFFERS
from schema.filters.order import ORDERS
from schema.filters.site import SITES
from schema.node import Node, rows_of
from schema.required_scopes import requires


@strawberry.type(
    description="A business that a tenant serves: a customer (Kunde) or a prospect (Interessent).",
    directives=requires(OAuthScope.CUSTOMERS_READ),
)
class Customer(Node):
    number: str = strawberry.field(description='The customer number (Kundennummer): "K-100042".')
    kind: CustomerKind = strawberry.field(
        description="Whether the business is a customer or a prospect."
    )
    name: str = strawberry.field(description="The name of the business.")
    email: str | None = strawberry.field(
        description="The e-mail address in the customer's master data. Every order confirmation "
        "is sent to it. Null if none is stored.",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
    address = strawberry.field(
        resolver=own_address,
        graphql_type=Address,
        description="The postal address of the business.",
    )
    created_at: datetime = strawberry.field(description="When the customer was registered.")
    updated_at: datetime = strawberry.field(
        description="When the customer's master data last changed."
    )
    tenant = to_one(relations.TENANT, "tenant_id", "The tenant that serves the customer.")
    sites = SITES.below(
        relations.SITES_OF_CUSTOMER, "The sites where the customer uses products, sorted by number."
    )
    carts = CARTS.below(relations.CARTS_OF_CUSTOMER, "The customer's carts, the newest first.")
    offers = OFFERS.below(relations.OFFERS_OF_CUSTOMER, "The offers made to the customer.")
    orders = ORDERS.below(relations.ORDERS_OF_CUSTOMER, "The orders placed for the customer.")
    contracts = CONTRACTS.below(relations.CONTRACTS_OF_CUSTOMER, "The contracts with the customer.")

    is_type_of = rows_of(CustomerRow)
