"""How lists of contracts are filtered and sorted."""

from datetime import timedelta

import strawberry

from db.queries import contracts as queries
from execution.errors import ApiError, ErrorCode
from resolvers import lookups
from resolvers.context import Context
from schema.enums import ContractSortField, ContractStatus, Direction
from schema.fields import condition
from schema.filters.ranges import DateRange, DateTimeRange, days, instants, members, search_of
from schema.listing import Listing

FURTHEST_RENEWAL = 3_650
"""Days."""


@strawberry.input(
    description="Conditions on contracts. A contract must meet all conditions that are set."
)
class ContractFilter:
    status: list[ContractStatus] | None = condition("Contracts that have one of these statuses.")
    term_end: DateRange | None = condition(
        "Contracts whose term ends in this range. Contracts without a known end never match."
    )
    renewable_within_days: int | None = condition(
        "Contracts that can be renewed today, or will be renewable within this number of days, "
        "from 0 (today) to 3,650. A contract can be renewed in the last six months of its term if "
        "it is active and has no order in progress and no open cart."
    )
    updated: DateTimeRange | None = condition("Contracts that last changed in this range.")
    customer: str | None = condition('Contracts with the customer with this number: "K-100042".')
    tenant: str | None = condition(
        'Contracts of the tenant with this number, or of a tenant below it: "M-10001".'
    )
    product: str | None = condition('Contracts whose main product has this number: "CF-KOMFORT".')
    search: str | None = condition(
        "Contracts in which every one of these words occurs: in the contract number, or in the "
        "customer's name (with the scope `customers:read`). Texts that your credential "
        "may not read are not searched. A word also matches as a part of a longer word. Case is "
        "ignored."
    )


@strawberry.input(description="How to sort contracts.")
class ContractSort:
    field: ContractSortField = strawberry.field(description="Field to sort by.")
    direction: Direction = strawberry.field(default=Direction.DESC, description="Sort direction.")


async def to_contract_filter(
    context: Context, filter: ContractFilter | None
) -> queries.ContractFilter:
    if filter is None:
        return queries.ContractFilter()
    within = filter.renewable_within_days
    if within is not None and not 0 <= within <= FURTHEST_RENEWAL:
        raise ApiError(
            f"`renewableWithinDays` must be between 0 and {FURTHEST_RENEWAL}.",
            code=ErrorCode.BAD_USER_INPUT,
        )
    return queries.ContractFilter(
        status=members(filter.status),
        term_end=days(filter.term_end),
        renewable_by=None if within is None else context.present.today + timedelta(days=within),
        today=None if within is None else context.present.today,
        updated=instants(filter.updated),
        customer_ids=await lookups.customer_ids(context, filter.customer),
        tenant_ids=await lookups.tenant_ids(context, filter.tenant),
        product_ids=await lookups.product_ids(context, filter.product),
        search=search_of(context, filter.search),
    )


CONTRACTS = Listing(
    queries.CONTRACTS,
    ContractFilter,
    to_contract_filter,
    ContractSort,
    (ContractSortField.CREATED_AT, Direction.DESC),
    "the newest first",
)
