"""Distributes the tables over the nodes of a Citus cluster, by the root of the tenant tree.

Derived from the models, as the triggers and policies are. A partner's rows lie on one node; what
belongs to no partner is copied to every node, or stays on the coordinator if only the carrier's
sessions read it there.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, Dialect, ForeignKeyConstraint, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import AddConstraint, DropConstraint

from db import immutability
from db.base import Base
from db.changes import triggers
from db.models import MODELS_OF_TENANTS, CarrierAuditEntry, IntakeFailure, Tenant
from db.scope import policies

COLUMN = "root_tenant_id"
"""The distribution column."""

LOCAL = frozenset({IntakeFailure.__tablename__, CarrierAuditEntry.__tablename__})
"""Tables of the coordinator: no other table refers to them, and only the carrier reads them."""

DISTRIBUTED = frozenset(MODELS_OF_TENANTS) - {Tenant.__tablename__}
"""Tables whose rows are divided among the nodes."""

REFERENCE = frozenset(Base.metadata.tables) - DISTRIBUTED - LOCAL
"""Tables that every node has a copy of."""

ALLOW_TRIGGERS = "SET citus.enable_unsafe_triggers = on"
"""Citus creates triggers on distributed tables only with this setting."""


def statements() -> list[str]:
    """The statements that distribute the tables of a migrated database.

    They remove the triggers and policies, which the next `db.migrations.upgrade` creates anew, and
    in the form that Citus accepts. Foreign keys between distributed tables are removed first and
    added last, since a table cannot refer to one that is not distributed yet.
    """
    tables = Base.metadata.sorted_tables
    return [
        *immutability.drop("postgresql"),
        *triggers.drop("postgresql"),
        *policies.drop(),
        *(_sql(DropConstraint(link)) for table in tables for link in _links(table)),
        *(
            f"SELECT create_reference_table('{table.name}')"
            for table in tables
            if table.name in REFERENCE
        ),
        *(
            f"SELECT create_distributed_table('{table.name}', '{COLUMN}')"
            for table in tables
            if table.name in DISTRIBUTED
        ),
        *(
            _sql(AddConstraint(link, isolate_from_table=False))
            for table in tables
            for link in _links(table)
        ),
    ]


def is_distributed(connection: Connection) -> bool:
    """Whether the tables of a PostgreSQL database are distributed."""
    if connection.exec_driver_sql("SELECT to_regclass('pg_dist_partition')").scalar() is None:
        return False
    distributed = "SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass('orders')"
    return bool(connection.exec_driver_sql(f"SELECT EXISTS ({distributed})").scalar())


def _links(table: Table) -> Iterator[ForeignKeyConstraint]:
    """The foreign keys of a distributed table to distributed tables."""
    for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name)):
        if table.name in DISTRIBUTED and key.referred_table.name in DISTRIBUTED:
            yield key


def _sql(statement: AddConstraint | DropConstraint) -> str:
    dialect: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return str(statement.compile(dialect=dialect)).strip()
