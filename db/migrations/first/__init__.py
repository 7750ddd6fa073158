"""The tables of the first revision, a file an aggregate.

Frozen: they import no model, and a change of a model is a revision of its own.
"""

from db.migrations.first import (
    access,
    audit,
    carts,
    changes,
    contracts,
    customers,
    intake,
    offers,
    order_parts,
    orders,
    products,
    tenants,
)
from db.migrations.first.columns import METADATA

__all__ = [
    "METADATA",
    "access",
    "audit",
    "carts",
    "changes",
    "contracts",
    "customers",
    "intake",
    "offers",
    "order_parts",
    "orders",
    "products",
    "tenants",
]
