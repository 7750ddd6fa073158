"""Contracts."""

from datetime import date, datetime

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Contract as ContractRow
from execution.resolving import by_level, reads
from resolvers import contracts, relations
from schema.enums import ContractStatus
from schema.fields import label_of, to_one, to_parts
from schema.filters.cart import CARTS
from schema.filters.order import ORDERS
from schema.node import Node, rows_of
from schema.priced_item import PricedItem
from schema.required_scopes import requires


@strawberry.type(description="The term of a contract.")
class ContractTerm:
    start: date | None = strawberry.field(
        description="The first day of the term. Null if it is not known yet."
    )
    end: date | None = strawberry.field(
        description="The last day of the term. Null if it is not known."
    )
    minimum_months: int | None = strawberry.field(
        description="The minimum term in months. Null if it is not known."
    )
    notice_period_months: int | None = strawberry.field(
        description="How many months before the end of the term notice must be given. Null if it "
        "is not known."
    )


@reads("term_start", "term_end", "minimum_months", "notice_period_months")
def _term(root: strawberry.Parent[ContractRow]) -> ContractTerm:
    return ContractTerm(
        start=root.term_start,
        end=root.term_end,
        minimum_months=root.minimum_months,
        notice_period_months=root.notice_period_months,
    )


@strawberry.type(
    description="A contract (Vertrag), by which products are billed. An order creates it; "
    "later orders amend, extend or replace it.",
    directives=requires(OAuthScope.CONTRACTS_READ),
)
class Contract(Node):
    number: str = strawberry.field(
        description='The contract number (Vertragsnummer): "V-10000042".'
    )
    status: ContractStatus = strawberry.field(description="The status of the contract.")
    status_label = label_of("status")
    term = strawberry.field(
        resolver=_term, graphql_type=ContractTerm, description="The term of the contract."
    )
    renewable_from: date | None = strawberry.field(
        description="The first day on which the contract can be renewed: six months before its "
        "term ends. Null if the end of the term is not known."
    )
    renewable = strawberry.field(
        resolver=by_level(contracts.are_renewable, reads=("id",)),
        graphql_type=bool,
        description="Whether the contract can be renewed today: it is active, in the last six "
        "months of its term, and has no order in progress and no open cart.",
    )
    dealer_id: str | None = strawberry.field(
        description="The dealer id (Händler-ID), by which commissions are matched. Null if none "
        "was stated.",
        directives=requires(OAuthScope.COMMISSIONS_READ),
    )
    sub_partner_id: str | None = strawberry.field(
        description="The sub-partner id (UVP-Kennung), by which commissions are matched. Null if "
        "none was stated.",
        directives=requires(OAuthScope.COMMISSIONS_READ),
    )
    created_at: datetime = strawberry.field(description="When the contract was created.")
    updated_at: datetime = strawberry.field(description="When the contract last changed.")
    version: int = strawberry.field(
        description="The version of the contract: 1 when created, increased by each change."
    )
    items = to_parts(
        relations.ITEMS_OF_CONTRACT, PricedItem, "The items under contract, by position."
    )
    tenant = to_one(relations.TENANT, "tenant_id", "The tenant that serves the customer.")
    customer = to_one(relations.CUSTOMER, "customer_id", "The customer that the contract is with.")
    site = to_one(
        relations.SITE, "site_id", "The site where the products are used. Null if none was stated."
    )
    product = to_one(
        relations.PRODUCT,
        "product_id",
        "The main product: the product of the first item. Null if that item names no product of "
        "the catalogue.",
    )
    carts = CARTS.below(
        relations.CARTS_OF_CONTRACT,
        "Carts that will change the contract, or have changed it, the newest first.",
    )
    orders = ORDERS.below(
        relations.ORDERS_OF_CONTRACT, "The orders that created or changed the contract."
    )
    predecessor = to_one(
        relations.CONTRACT,
        "predecessor_id",
        "The contract that this contract replaced. Null if it replaced none.",
    )
    successor = to_one(
        relations.SUCCESSOR,
        "id",
        "The contract that replaced this contract. Null if it was not replaced.",
    )

    is_type_of = rows_of(ContractRow)
