"""Tenants: filtered pages, and the subtree below one."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from db.keyset import Collection
from db.models import Tenant
from db.search import search_terms


class TenantSortField(StrEnum):
    NAME = "NAME"
    NUMBER = "NUMBER"


@dataclass(frozen=True, slots=True)
class TenantFilter:
    search: str | None = None


def _conditions(filter: TenantFilter) -> list[ColumnElement[bool]]:
    return [
        or_(*(_folded(each).like(term, escape="\\") for each in (Tenant.name, Tenant.number)))
        for term in search_terms(filter.search or "")
    ]


def _folded(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """The text in the form of `db.search.fold`. There are few tenants, so it needs no column.

    `lower` of SQLite handles ASCII only, and no database folds "ß" to "ss".
    """
    folded: ColumnElement[str] = func.lower(column)
    for letter in "ÄÖÜßẞÀÁÂÇÈÉÊËÍÎÏÑÓÔØÚÛÅŠŽ":
        folded = func.replace(folded, letter, letter.casefold())
    return folded


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
