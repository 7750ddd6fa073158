"""Sites."""

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Site as SiteRow
from resolvers import relations
from schema.address import Address, own_address
from schema.fields import lazy, to_one
from schema.filters.cart import CARTS, CartConnection
from schema.filters.contract import CONTRACTS, ContractConnection
from schema.filters.order import ORDERS, OrderConnection
from schema.node import Node, rows_of
from schema.oauth_scopes import requires


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
    customer = strawberry.field(
        resolver=to_one(relations.CUSTOMER, "customer_id"),
        graphql_type=lazy("Customer") | None,
        description="The customer that the site belongs to.",
    )
    tenant = strawberry.field(
        resolver=to_one(relations.TENANT, "tenant_id"),
        graphql_type=lazy("Tenant") | None,
        description="The tenant that serves the customer.",
    )
    carts = strawberry.field(
        resolver=CARTS.below(relations.CARTS_OF_SITE),
        graphql_type=CartConnection | None,
        description="The carts for the site, the newest first.",
    )
    orders = strawberry.field(
        resolver=ORDERS.below(relations.ORDERS_OF_SITE),
        graphql_type=OrderConnection | None,
        description="The orders for the site.",
    )
    contracts = strawberry.field(
        resolver=CONTRACTS.below(relations.CONTRACTS_OF_SITE),
        graphql_type=ContractConnection | None,
        description="The contracts for the site.",
    )

    is_type_of = rows_of(SiteRow)
