"""First layer: checks that written rows are in scope and keep their owner."""

from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from db.base import ByColumn, TenantOwned
from db.models import MODELS_OF_TENANTS, Tenant
from db.scope.tenant_scope import TenantScope


class OutOfScopeError(Exception):
    """A written row belongs, or would belong, to a tenant or customer outside of the scope."""


def check_rows(session: Session, scope: TenantScope | None) -> None:
    """Raises OutOfScopeError for the first pending row that may not be written."""
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, TenantOwned):
            key, tenant = "tenant_id", row.tenant_id
        elif isinstance(row, Tenant):
            key, tenant = "id", row.id
        else:
            continue
        name = type(row).__name__
        if scope is None or not scope.owns(row.root_tenant_id, tenant):
            raise OutOfScopeError(f"{name} of tenant {tenant} is out of scope")
        if _changed(row, key) or _changed(row, "root_tenant_id"):
            raise OutOfScopeError(f"{name} cannot change its tenant to {tenant}")
        if scope.customer_id is not None and not _belongs_to_customer(session, row, scope):
            raise OutOfScopeError(f"{name} does not belong to the customer")


def _changed(row: object, attribute: str) -> bool:
    return bool(inspect(row).attrs[attribute].history.deleted)


def _belongs_to_customer(session: Session, row: Any, scope: TenantScope) -> bool:
    rule = row.of_customer if isinstance(row, TenantOwned) else None
    if rule is None or _changed(row, rule.column):
        return False
    if isinstance(rule, ByColumn):
        return bool(getattr(row, rule.column) == scope.customer_id)
    parent = MODELS_OF_TENANTS[rule.table]
    key = getattr(row, rule.column)
    if any(isinstance(new, parent) and new.id == key for new in session.new):
        # A new parent is checked itself.
        return True
    # The statement is scoped, so it finds the customer's own rows alone.
    return session.scalar(select(parent.id).where(parent.id == key)) is not None
