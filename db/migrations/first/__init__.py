"""The tables of the first revision.

Frozen: they import no model, and a change of a model is a revision of its own.
"""

from db.migrations.first import access, contracts, orders, tenants
from db.migrations.first.columns import METADATA

__all__ = ["METADATA", "access", "contracts", "orders", "tenants"]
