"""Customers and their sites."""

import sqlalchemy as sa

from db.migrations.first.columns import (
    INSTANT,
    METADATA,
    closed_set,
    link,
    owned_by_tenant,
    trigram_index,
)

sa.Table(
    "customers",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("tenant_id", sa.Integer(), primary_key=True),
    sa.Column("number", sa.String(), nullable=False),
    sa.Column("kind", closed_set("customer_kind", "CUSTOMER", "PROSPECT"), nullable=False),
    sa.Column("name", sa.String(), nullable=False),
    sa.Column("email", sa.String()),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("updated_at", INSTANT, nullable=False),
    sa.Column("search_text", sa.String(), nullable=False),
    sa.Column("street", sa.String()),
    sa.Column("house_number", sa.String()),
    sa.Column("postal_code", sa.String()),
    sa.Column("city", sa.String()),
    sa.Column("country", sa.String()),
    sa.Column("root_tenant_id", sa.Integer(), nullable=False),
    owned_by_tenant(),
    sa.UniqueConstraint("root_tenant_id", "number"),
    sa.Index(None, "root_tenant_id", "created_at", "id"),
    sa.Index(None, "root_tenant_id", "name", "id"),
    sa.Index(None, "tenant_id", "root_tenant_id", "name", "id"),
    trigram_index("customers"),
)

sa.Table(
    "sites",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("tenant_id", sa.Integer(), primary_key=True),
    sa.Column("customer_id", sa.Uuid(), nullable=False),
    sa.Column("number", sa.String(), nullable=False),
    sa.Column("name", sa.String(), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("street", sa.String()),
    sa.Column("house_number", sa.String()),
    sa.Column("postal_code", sa.String()),
    sa.Column("city", sa.String()),
    sa.Column("country", sa.String()),
    sa.Column("root_tenant_id", sa.Integer(), nullable=False),
    owned_by_tenant(),
    link("customer_id", "customers"),
    sa.UniqueConstraint("customer_id", "number"),
    sa.Index(None, "tenant_id", "root_tenant_id", "number", "id"),
)
