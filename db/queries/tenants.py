"""Tenants: filtered pages, and the subtree below one."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from db.models import Tenant
from db.paging import Collection
from db.search import search_terms


class TenantSortField(StrEnum):
    NAME = "NAME"
    NUMBER = "NUMBER"


@dataclass(frozen=True, slots=True)
class TenantFilter:
    search: str | None = None


def _conditions(wanted: TenantFilter) -> list[ColumnElement[bool]]:
    return [
        Tenant.name.ilike(term, escape="\\") | Tenant.number.ilike(term, escape="\\")
        for term in search_terms(wanted.search or "")
    ]


TENANTS: Collection[Tenant, TenantFilter] = Collection(
    Tenant,
    Tenant.public_id,
    {TenantSortField.NAME: Tenant.name, TenantSortField.NUMBER: Tenant.number},
    _conditions,
)


def subtree(number: str) -> Select[int]:
    """The ids of the tenant with that number and of all below it."""
    tree = select(Tenant.id).where(Tenant.number == number).cte("tree", recursive=True)
    child = aliased(Tenant)
    tree = tree.union_all(select(child.id).join(tree, child.parent_id == tree.c.id))
    return select(tree.c.id)
