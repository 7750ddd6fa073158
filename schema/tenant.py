"""Tenants."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Tenant as TenantRow
from resolvers import relations
from schema.fields import lazy, to_one
from schema.filters.cart import CARTS, CartConnection
from schema.filters.contract import CONTRACTS, ContractConnection
from schema.filters.customer import CUSTOMERS, CustomerConnection
from schema.filters.offer import OFFERS, OfferConnection
from schema.filters.order import ORDERS, OrderConnection
from schema.filters.site import SITES, SiteConnection
from schema.filters.tenant import TENANTS, TenantConnection
from schema.node import Node, rows_of
from schema.permissions import requires


@strawberry.type(
    description="A partner of the carrier (Mandant), or a part of one (Submandant). Tenants form a "
    "tree; customers and all their documents belong to one tenant.",
    directives=requires(OAuthScope.TENANTS_READ),
)
class Tenant(Node):
    number: str = strawberry.field(description='The tenant number: "M-10001".')
    name: str = strawberry.field(description="The name.")
    email: str | None = strawberry.field(
        description="The e-mail address of the master data, which gets every order confirmation.",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
    created_at: datetime = strawberry.field(description="When the tenant was registered.")
    parent = strawberry.field(
        resolver=to_one(relations.TENANT, "parent_id"),
        graphql_type=lazy("Tenant") | None,
        description="The tenant above; null at the top of the tree, and at the top of the part "
        "of it that you may see.",
    )
    children = strawberry.field(
        resolver=TENANTS.below(relations.CHILDREN_OF_TENANT),
        graphql_type=TenantConnection | None,
        description="The tenants directly below.",
    )
    customers = strawberry.field(
        resolver=CUSTOMERS.below(relations.CUSTOMERS_OF_TENANT),
        graphql_type=CustomerConnection | None,
        description="The tenant's own customers, without those of tenants below.",
    )
    sites = strawberry.field(
        resolver=SITES.below(relations.SITES_OF_TENANT),
        graphql_type=SiteConnection | None,
        description="The sites of the tenant's own customers.",
    )
    carts = strawberry.field(
        resolver=CARTS.below(relations.CARTS_OF_TENANT),
        graphql_type=CartConnection | None,
        description="The tenant's own carts, without those of tenants below.",
    )
    offers = strawberry.field(
        resolver=OFFERS.below(relations.OFFERS_OF_TENANT),
        graphql_type=OfferConnection | None,
        description="The tenant's own offers, without those of tenants below.",
    )
    orders = strawberry.field(
        resolver=ORDERS.below(relations.ORDERS_OF_TENANT),
        graphql_type=OrderConnection | None,
        description="The tenant's own orders, without those of tenants below.",
    )
    contracts = strawberry.field(
        resolver=CONTRACTS.below(relations.CONTRACTS_OF_TENANT),
        graphql_type=ContractConnection | None,
        description="The tenant's own contracts, without those of tenants below.",
    )

    is_type_of = rows_of(TenantRow)
