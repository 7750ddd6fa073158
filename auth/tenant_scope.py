"""The part of the data that a credential or user sees, found by the statement that reads it."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import CTE, Select, select
from sqlalchemy.orm import aliased

from db.models import Tenant
from db.scope.tenant_scope import TenantScope

SYSTEM_SCOPE: Final = TenantScope.carrier()
"""For the tables of `auth`: they are read before a tenant is known, and administered for all."""


def below(tenant: Select[int]) -> CTE:
    """The ids of the selected tenant and of all tenants below it, for an outer join.

    Empty for a tenant at the root: its tree is identified by the root's id alone.
    """
    subtree = tenant.where(Tenant.parent_id.is_not(None)).cte("subtree", recursive=True)
    child = aliased(Tenant)
    # UNION, not UNION ALL: it terminates even if the stored tree had a cycle.
    return subtree.union(select(child.id).join(subtree, child.parent_id == subtree.c.id))


def scope(rows: Sequence[Any]) -> TenantScope:
    """The scope of a tenant's credential: one row for each `seen_id` of `below`.

    Raises ValueError for a row without a tenant, whose scope would be all tenants.
    """
    first = rows[0]
    if first.tenant_id is None:
        raise ValueError("the credential belongs to no tenant")
    if first.tenant_id == first.root_tenant_id:
        return TenantScope.tree(first.root_tenant_id)
    return TenantScope.tenants(
        first.root_tenant_id, tuple(row.seen_id for row in rows if row.seen_id is not None)
    )
