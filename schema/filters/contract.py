"""How lists of contracts are filtered and sorted."""

from datetime import timedelta

import strawberry

from db.queries import contracts as queries
from execution.errors import ApiError, ErrorCode
from resolvers import lookups
from resolvers.context import Context
from resolvers.text import optional_text
from schema.connection import connection_of
from schema.enums import ContractSortField, ContractStatus, Direction
from schema.filters.ranges import DateRange, DateTimeRange, days, instants, members
from schema.listing import Listing

FURTHEST_RENEWAL = 3_650
"""Days."""


@strawberry.input(description="Conditions on contracts; a contract must meet all that are given.")
class ContractFilter:
    status: list[ContractStatus] | None = strawberry.field(
        default=None, description="In one of these states."
    )
    term_end: DateRange | None = strawberry.field(
        default=None, description="Whose term ends in this range."
    )
    renewable_within_days: int | None = strawberry.field(
        default=None,
        description="Renewable today, or within so many days: 0 means today. A contract can be "
        "renewed in the last six months of its term, if it is active and has no open order or "
        "cart.",
    )
    updated: DateTimeRange | None = strawberry.field(
        default=None, description="Last changed in this range."
    )
    customer: str | None = strawberry.field(
        default=None, description="Of the customer with this number."
    )
    tenant: str | None = strawberry.field(
        default=None, description="Of the tenant with this number, or of one below it."
    )
    product: str | None = strawberry.field(
        default=None, description="Whose main product has this number."
    )
    search: str | None = strawberry.field(
        default=None,
        description="Words that all occur in the contract number or the customer's name. Parts of "
        "words do; case does not matter.",
    )


@strawberry.input(description="An order of contracts.")
class ContractSort:
    field: ContractSortField = strawberry.field(description="By what.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Which way.")


ContractConnection = connection_of("Contract")


async def to_contract_filter(
    context: Context, given: ContractFilter | None
) -> queries.ContractFilter:
    if given is None:
        return queries.ContractFilter()
    within = given.renewable_within_days
    if within is not None and not 0 <= within <= FURTHEST_RENEWAL:
        raise ApiError(
            f"`renewableWithinDays` must be from 0 to {FURTHEST_RENEWAL}.",
            code=ErrorCode.BAD_USER_INPUT,
        )
    return queries.ContractFilter(
        status=members(given.status),
        term_end=days(given.term_end),
        renewable_by=None if within is None else context.present.today + timedelta(days=within),
        today=None if within is None else context.present.today,
        updated=instants(given.updated),
        customer_ids=await lookups.customer_ids(context, given.customer),
        tenant_ids=await lookups.tenant_ids(context, given.tenant),
        product_ids=await lookups.product_ids(context, given.product),
        search=optional_text("search", given.search),
    )


CONTRACTS = Listing(
    queries.CONTRACTS,
    ContractFilter,
    to_contract_filter,
    ContractSort,
    (ContractSortField.CREATED_AT, Direction.DESC),
    "the newest first",
)
