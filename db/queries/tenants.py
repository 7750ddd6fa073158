"""Tenants: the subtree below one, and the search for them."""

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from db.conditions import found_in
from db.models import Tenant


def _folded(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """The text in the form of `db.search.fold`. There are few tenants, so it needs no column.

    `lower` of SQLite handles ASCII only, and no database folds "ß" to "ss".
    """
    folded: ColumnElement[str] = func.lower(column)
    for letter in "ÄÖÜßẞÀÁÂÇÈÉÊËÍÎÏÑÓÔØÚÛÅŠŽ":
        folded = func.replace(folded, letter, letter.casefold())
    return folded


FOUND = found_in(_folded(Tenant.name), _folded(Tenant.number))
"""Every word of the value occurs in the name or in the number."""


def subtree(number: str) -> Select[int]:
    """The ids of the tenant with that number and of all below it."""
    tree = select(Tenant.id).where(Tenant.number == number).cte("tree", recursive=True)
    child = aliased(Tenant)
    tree = tree.union_all(select(child.id).join(tree, child.parent_id == tree.c.id))
    return select(tree.c.id)
