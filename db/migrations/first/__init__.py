"""The tables of the first revision.

They import no model, and change with the models until the first release. Then they are frozen, and
a change of a model is a revision of its own.
"""

from db.migrations.first import access, contracts, orders, tenants
from db.migrations.first.columns import METADATA

__all__ = ["METADATA", "access", "contracts", "orders", "tenants"]
