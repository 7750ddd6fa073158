"""How lists of customers are filtered and sorted."""

from enum import Enum

import strawberry

from db.conditions import one_of, searched, within
from db.models import Customer
from db.queries import lists
from schema.enums import CustomerKind, Direction
from schema.filters.numbers import of_tenant
from schema.filters.ranges import DateTimeRange
from schema.inputs import ServedBy, condition, sort_by
from schema.listing import Listing


@strawberry.input(
    description="Conditions on customers. A customer must meet all conditions that are set."
)
class CustomerFilter:
    kind: list[CustomerKind] | None = condition(
        one_of(Customer.kind), "Businesses of one of these kinds.", served_by=ServedBy.ORDER
    )
    created: DateTimeRange | None = condition(
        within(Customer.created_at), "Customers that were registered in this range."
    )
    updated: DateTimeRange | None = condition(
        within(Customer.updated_at),
        "Customers whose master data last changed in this range.",
        served_by=ServedBy.SCAN,
    )
    tenant: str | None = of_tenant(
        Customer.tenant_id,
        'Customers of the tenant with this number, or of a tenant below it: "M-10001".',
    )
    search: str | None = condition(
        searched(Customer),
        "Customers in which every one of these words occurs: in the customer number or in the "
        "name. A word also matches as a part of a longer word. Case is ignored.",
    )


@strawberry.enum(description="The fields that customers can be sorted by.")
class CustomerSortField(Enum):
    NAME = sort_by(Customer.name, "By `name`.")
    NUMBER = sort_by(Customer.number, "By `number`, as text.")
    CREATED_AT = sort_by(Customer.created_at, "By `createdAt`.")


CUSTOMERS = Listing(
    lists.CUSTOMERS,
    "customers",
    CustomerFilter,
    CustomerSortField,
    (CustomerSortField.NAME, Direction.ASC),
    "by name",
)
