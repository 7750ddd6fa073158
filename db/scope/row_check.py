"""Rows that are written: each of them lies in the scope, and stays with its owner."""

from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from db.base import Base, ByColumn, TenantOwned
from db.models import Tenant
from db.scope.tenant_scope import TenantScope


class OutOfScopeError(Exception):
    """A row that was to be written belongs to a tenant or a customer outside of the scope."""


def check_rows(session: Session, scope: TenantScope | None) -> None:
    """Raises OutOfScopeError for the first row of the session that may not be written."""
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, TenantOwned):
            key, tenant = "tenant_id", row.tenant_id
        elif isinstance(row, Tenant):
            key, tenant = "id", row.id
        else:
            continue
        name = type(row).__name__
        if scope is None or not scope.owns(row.root_tenant_id, tenant):
            raise OutOfScopeError(f"{name} of tenant {tenant}")
        if _changed(row, key) or _changed(row, "root_tenant_id"):
            raise OutOfScopeError(f"{name} given to tenant {tenant}")
        if scope.customer_id is not None and not _customers_own(session, row, scope):
            raise OutOfScopeError(f"{name} of another customer, or of none")


def _changed(row: object, attribute: str) -> bool:
    return bool(inspect(row).attrs[attribute].history.deleted)


def _customers_own(session: Session, row: Any, scope: TenantScope) -> bool:
    rule = row.of_customer if isinstance(row, TenantOwned) else None
    if rule is None or _changed(row, rule.column):
        return False
    if isinstance(rule, ByColumn):
        return bool(getattr(row, rule.column) == scope.customer_id)
    parent: Any = next(
        mapper.class_
        for mapper in Base.registry.mappers
        if mapper.local_table.description == rule.table
    )
    key = getattr(row, rule.column)
    if any(isinstance(new, parent) and new.id == key for new in session.new):
        # It is looked at itself.
        return True
    # The statement sees what the session sees: the customer's own.
    return session.scalar(select(parent.id).where(parent.id == key)) is not None
