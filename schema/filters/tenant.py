"""How lists of tenants are filtered and sorted."""

from enum import Enum

import strawberry

from db.models import Tenant
from db.queries import lists
from db.queries.tenants import FOUND
from schema.enums import Direction
from schema.inputs import condition, sort_by
from schema.listing import Listing


@strawberry.input(
    description="Conditions on tenants. A tenant must meet all conditions that are set."
)
class TenantFilter:
    search: str | None = condition(
        FOUND,
        "Tenants in which every one of these words occurs: in the tenant number or in the name. A "
        "word also matches as a part of a longer word. Case is ignored.",
    )


@strawberry.enum(description="The fields that tenants can be sorted by.")
class TenantSortField(Enum):
    NAME = sort_by(Tenant.name, "By `name`.")
    NUMBER = sort_by(Tenant.number, "By `number`, as text.")


TENANTS = Listing(
    lists.TENANTS,
    "tenants",
    TenantFilter,
    TenantSortField,
    (TenantSortField.NAME, Direction.ASC),
    "by name",
)
