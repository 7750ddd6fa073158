"""Change tokens."""

import sqlalchemy as sa

from db.migrations.first.columns import METADATA

sa.Table(
    "change_tokens",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("customer_id", sa.Uuid(), nullable=False),
    sa.Column("token", sa.Uuid(), nullable=False),
    sa.Column("tenant_id", sa.Integer(), nullable=False),
    sa.Column("root_tenant_id", sa.Integer(), nullable=False),
    sa.Index(None, "root_tenant_id", "tenant_id", "customer_id"),
)

sa.Table(
    "catalogue_tokens",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("token", sa.Uuid(), nullable=False),
)
