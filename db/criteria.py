"""The first wall: a scope as criteria that reach every mapped class, wherever it stands."""

from typing import Any

from sqlalchemy import and_
from sqlalchemy.orm import with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from db.base import TenantOwned
from db.models import Tenant
from db.scope import Scope


def criteria(scope: Scope) -> tuple[ORMOption, ...]:
    """The options that confine a statement to the scope; none for the carrier."""
    root, tenants, customer = scope.root_tenant_id, scope.tenant_ids, scope.customer_id
    if root is None:
        return ()
    if tenants is None:
        return (
            _every(TenantOwned, lambda cls: cls.root_tenant_id == root),
            _every(Tenant, lambda cls: cls.root_tenant_id == root),
        )
    if len(tenants) != 1:
        return (
            _every(
                TenantOwned,
                lambda cls: and_(cls.root_tenant_id == root, cls.tenant_id.in_(tenants)),
            ),
            _every(Tenant, lambda cls: and_(cls.root_tenant_id == root, cls.id.in_(tenants))),
        )
    # Spelled as equality, so that one tenant's newest rows are one range of its index.
    tenant = tenants[0]
    own = _every(Tenant, lambda cls: and_(cls.root_tenant_id == root, cls.id == tenant))
    if customer is None:
        return (
            _every(
                TenantOwned,
                lambda cls: and_(cls.root_tenant_id == root, cls.tenant_id == tenant),
            ),
            own,
        )
    return (
        _every(TenantOwned, lambda cls: cls.rows_of_customer(root, customer)),
        own,
    )


def _every(entity: type[Any], condition: Any) -> ORMOption:
    return with_loader_criteria(entity, condition, include_aliases=True)
