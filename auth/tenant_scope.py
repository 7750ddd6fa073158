"""What a tenant's credential sees: the tenant and all below it, in the statement that finds it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, Select, select
from sqlalchemy.orm import aliased

from db.models import Tenant
from db.scope.tenant_scope import TenantScope


def below(tenant: Select[int]) -> CTE:
    """The ids of the tenant that is selected and of all below it, for an outer join.

    A partner at the root sees its whole tree by the root's id alone: for it nothing is listed.
    """
    subtree = tenant.where(Tenant.parent_id.is_not(None)).cte("subtree", recursive=True)
    child = aliased(Tenant)
    # UNION, not UNION ALL: it ends even if the tree were stored with a circle in it.
    return subtree.union(select(child.id).join(subtree, child.parent_id == subtree.c.id))


def scope(rows: Sequence[Any]) -> TenantScope:
    """The scope of a credential, from its rows: one for each `seen_id` below its tenant."""
    first = rows[0]
    if first.tenant_id is None:
        # Without one, the scope would be everything.
        raise ValueError("the credential belongs to no tenant")
    if first.tenant_id == first.root_tenant_id:
        return TenantScope.tree(first.root_tenant_id)
    # Never an empty list instead of no list: it would see nothing.
    return TenantScope.tenants(
        first.root_tenant_id, tuple(row.seen_id for row in rows if row.seen_id is not None)
    )
