"""First layer: a scope as criteria on every mapped class, wherever a statement names it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import and_
from sqlalchemy.orm import with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from db.base import TenantOwned
from db.models import MODELS_OF_TENANTS, Tenant
from db.scope.tenant_scope import TenantScope

Condition = Callable[[Any], Any]
"""From a mapped class, or an alias of one, to the condition on its rows."""


def criteria(scope: TenantScope) -> tuple[ORMOption, ...]:
    """The options that restrict a statement to the scope; none for the carrier."""
    if scope.root_tenant_id is None:
        return ()
    owned, tenant = _conditions(scope)
    return _with_aliases(TenantOwned, owned), _with_aliases(Tenant, tenant)


def criteria_of_models(scope: TenantScope) -> tuple[ORMOption, ...]:
    """The same options with one condition for each model, for a scope whose values are parameters:
    SQLAlchemy caches lambdas by class, with the types of the values they close over."""
    if scope.root_tenant_id is None:
        return ()
    owned, tenant = _conditions(scope)
    return tuple(
        _with_aliases(model, (tenant if model is Tenant else owned)(model))
        for model in MODELS_OF_TENANTS.values()
    )


def _conditions(scope: TenantScope) -> tuple[Condition, Condition]:
    """The conditions on rows owned by tenants, and on tenants themselves."""
    root, tenants, customer = scope.root_tenant_id, scope.tenant_ids, scope.customer_id
    if tenants is None:
        return (lambda cls: cls.root_tenant_id == root, lambda cls: cls.root_tenant_id == root)
    if len(tenants) != 1:
        return (
            lambda cls: and_(cls.root_tenant_id == root, cls.tenant_id.in_(tenants)),
            lambda cls: and_(cls.root_tenant_id == root, cls.id.in_(tenants)),
        )
    # An equality, so that one tenant's newest rows are one range of an index.
    tenant = tenants[0]
    if customer is None:
        return (
            lambda cls: and_(cls.root_tenant_id == root, cls.tenant_id == tenant),
            lambda cls: and_(cls.root_tenant_id == root, cls.id == tenant),
        )
    return (
        lambda cls: cls.rows_of_customer(root, customer),
        lambda cls: and_(cls.root_tenant_id == root, cls.id == tenant),
    )


def _with_aliases(entity: type[Any], condition: Any) -> ORMOption:
    return with_loader_criteria(entity, condition, include_aliases=True)
