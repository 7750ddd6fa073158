"""Customers and prospects."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Customer as CustomerRow
from resolvers import relations
from schema.address import Address, own_address
from schema.enums import CustomerKind
from schema.fields import lazy, to_one
from schema.filters.cart import CARTS, CartConnection
from schema.filters.contract import CONTRACTS, ContractConnection
from schema.filters.offer import OFFERS, OfferConnection
from schema.filters.order import ORDERS, OrderConnection
from schema.filters.site import SITES, SiteConnection
from schema.node import Node, rows_of
from schema.oauth_scopes import requires


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
    tenant = strawberry.field(
        resolver=to_one(relations.TENANT, "tenant_id"),
        graphql_type=lazy("Tenant") | None,
        description="The tenant that serves the customer.",
    )
    sites = strawberry.field(
        resolver=SITES.below(relations.SITES_OF_CUSTOMER),
        graphql_type=SiteConnection | None,
        description="The sites where the customer uses products, sorted by number.",
    )
    carts = strawberry.field(
        resolver=CARTS.below(relations.CARTS_OF_CUSTOMER),
        graphql_type=CartConnection | None,
        description="The customer's carts, the newest first.",
    )
    offers = strawberry.field(
        resolver=OFFERS.below(relations.OFFERS_OF_CUSTOMER),
        graphql_type=OfferConnection | None,
        description="The offers made to the customer.",
    )
    orders = strawberry.field(
        resolver=ORDERS.below(relations.ORDERS_OF_CUSTOMER),
        graphql_type=OrderConnection | None,
        description="The orders placed for the customer.",
    )
    contracts = strawberry.field(
        resolver=CONTRACTS.below(relations.CONTRACTS_OF_CUSTOMER),
        graphql_type=ContractConnection | None,
        description="The contracts with the customer.",
    )

    is_type_of = rows_of(CustomerRow)
