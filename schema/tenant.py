"""Tenants."""

from datetime import datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Tenant as TenantRow
from resolvers import relations
from schema.fields import to_one
from schema.filters.cart import CARTS
from schema.filters.contract import CONTRACTS
from schema.filters.customer import CUSTOMERS
from schema.filters.offer import OFFERS
from schema.filters.order import ORDERS
from schema.filters.site import SITES
from schema.filters.tenant import TENANTS
from schema.node import Node, rows_of
from schema.required_scopes import requires


@strawberry.type(
    description="A partner of the carrier (Mandant), or a part of one (Submandant). Tenants "
    "form a tree. Each customer, with all its documents, belongs to one tenant.",
    directives=requires(OAuthScope.TENANTS_READ),
)
class Tenant(Node):
    number: str = strawberry.field(description='The tenant number: "M-10001".')
    name: str = strawberry.field(description="The name of the tenant.")
    email: str | None = strawberry.field(
        description="The e-mail address in the tenant's master data. Every order confirmation is "
        "sent to it. Null if none is stored.",
        directives=requires(OAuthScope.PERSONAL_DATA_READ),
    )
    created_at: datetime = strawberry.field(description="When the tenant was registered.")
    parent = to_one(
        relations.TENANT,
        "parent_id",
        "The tenant directly above. Null for the topmost tenant that you may see.",
    )
    children = TENANTS.below(relations.CHILDREN_OF_TENANT, "The tenants directly below.")
    customers = CUSTOMERS.below(
        relations.CUSTOMERS_OF_TENANT,
        "The customers of the tenant itself, without those of tenants below it.",
    )
    sites = SITES.below(
        relations.SITES_OF_TENANT,
        "The sites of the tenant's own customers, sorted by number, without those of tenants "
        "below it.",
    )
    carts = CARTS.below(
        relations.CARTS_OF_TENANT,
        "The carts of the tenant itself, the newest first, without those of tenants below it.",
    )
    offers = OFFERS.below(
        relations.OFFERS_OF_TENANT,
        "The offers of the tenant itself, without those of tenants below it.",
    )
    orders = ORDERS.below(
        relations.ORDERS_OF_TENANT,
        "The orders of the tenant itself, without those of tenants below it.",
    )
    contracts = CONTRACTS.below(
        relations.CONTRACTS_OF_TENANT,
        "The contracts of the tenant itself, without those of tenants below it.",
    )

    is_type_of = rows_of(TenantRow)
