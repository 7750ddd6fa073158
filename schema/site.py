"""Sites."""

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Site as SiteRow
from resolvers import relations
from schema.address import Address, own_address
from schema.fields import to_one
from schema.filters.cart import CARTS
from schema.filters.contract import CONTRACTS
from schema.filters.order import ORDERS
from schema.node import Node, rows_of
from schema.required_scopes import requires


@strawberry.type(
    description="A place where a customer uses products (Standort, Nutzungsstandort).",
    directives=requires(OAuthScope.CUSTOMERS_READ),
)
class Site(Node):
    number: str = strawberry.field(
        description="The site number. It is unique among the sites of one customer."
    )
    name: str = strawberry.field(description="The name of the site.")
    address = strawberry.field(
        resolver=own_address, graphql_type=Address, description="The postal address of the site."
    )
    customer = to_one(relations.CUSTOMER, "customer_id", "The customer that the site belongs to.")
    tenant = to_one(relations.TENANT, "tenant_id", "The tenant that serves the customer.")
    carts = CARTS.below(relations.CARTS_OF_SITE, "The carts for the site, the newest first.")
    orders = ORDERS.below(relations.ORDERS_OF_SITE, "The orders for the site.")
    contracts = CONTRACTS.below(relations.CONTRACTS_OF_SITE, "The contracts for the site.")

    is_type_of = rows_of(SiteRow)
