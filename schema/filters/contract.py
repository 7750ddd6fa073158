"""How lists of contracts are filtered and sorted."""

from datetime import date, timedelta
from enum import Enum

import strawberry

from auth.oauth_scopes import OAuthScope
from db.conditions import one_of, searched, within
from db.models import Contract
from db.queries import lists
from db.queries.contracts import RENEWABLE_BY
from execution.errors import ApiError, ErrorCode
from resolvers.context import Context
from schema.enums import ContractStatus, Direction
from schema.filters.numbers import of_customer, of_product, of_tenant
from schema.filters.ranges import DateRange, DateTimeRange
from schema.inputs import ServedBy, condition, sort_by
from schema.listing import Listing

FURTHEST_RENEWAL = 3_650
"""Days."""


async def _renewable_by(context: Context, days: int) -> tuple[date, date]:
    """The last day on which a contract must have become renewable, and today."""
    if not 0 <= days <= FURTHEST_RENEWAL:
        raise ApiError(
            f"`renewableWithinDays` must be between 0 and {FURTHEST_RENEWAL}.",
            code=ErrorCode.BAD_USER_INPUT,
        )
    today = context.present.today
    return today + timedelta(days=days), today


@strawberry.input(
    description="Conditions on contracts. A contract must meet all conditions that are set."
)
class ContractFilter:
    status: list[ContractStatus] | None = condition(
        one_of(Contract.status),
        "Contracts that have one of these statuses.",
        served_by=ServedBy.ORDER,
    )
    term_end: DateRange | None = condition(
        within(Contract.term_end),
        "Contracts whose term ends in this range. Contracts without a known end never match.",
        served_by=ServedBy.SCAN,
    )
    renewable_within_days: int | None = condition(
        RENEWABLE_BY,
        "Contracts that can be renewed today, or will be renewable within this number of days, "
        "from 0 (today) to 3,650. A contract can be renewed in the last six months of its term if "
        "it is active and has no order in progress and no open cart.",
        OAuthScope.ORDERS_READ,
        OAuthScope.OFFERS_READ,
        read=_renewable_by,
    )
    updated: DateTimeRange | None = condition(
        within(Contract.updated_at), "Contracts that last changed in this range."
    )
    customer: str | None = of_customer(
        Contract.customer_id, 'Contracts with the customer with this number: "K-100042".'
    )
    tenant: str | None = of_tenant(
        Contract.tenant_id,
        'Contracts of the tenant with this number, or of a tenant below it: "M-10001".',
    )
    product: str | None = of_product(
        Contract.product_id, 'Contracts whose main product has this number: "CF-KOMFORT".'
    )
    search: str | None = condition(
        searched(Contract),
        "Contracts in which every one of these words occurs: in the contract number, or in the "
        "customer's name (with the scope `customers:read`). Texts that your credential "
        "may not read are not searched. A word also matches as a part of a longer word. Case is "
        "ignored.",
    )


@strawberry.enum(description="The fields that contracts can be sorted by.")
class ContractSortField(Enum):
    CREATED_AT = sort_by(Contract.created_at, "By `createdAt`.")
    UPDATED_AT = sort_by(Contract.updated_at, "By `updatedAt`.")
    TERM_END = sort_by(
        Contract.term_end_sort, "By the end of the term. Null sorts after every date."
    )
    NUMBER = sort_by(Contract.number, "By `number`, as text.")


CONTRACTS = Listing(
    lists.CONTRACTS,
    "contracts",
    ContractFilter,
    ContractSortField,
    (ContractSortField.CREATED_AT, Direction.DESC),
    "the newest first",
)
