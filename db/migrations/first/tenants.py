"""Tenants, and the people who use the portal for them."""

import sqlalchemy as sa

from db.migrations.first.columns import INSTANT, METADATA, link, owned_by_tenant

sa.Table(
    "tenants",
    METADATA,
    sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("public_id", sa.Uuid(), nullable=False, unique=True),
    sa.Column("root_tenant_id", sa.Integer(), nullable=False),
    sa.Column("parent_id", sa.Integer()),
    sa.Column("number", sa.String(), nullable=False, unique=True),
    sa.Column("name", sa.String(), nullable=False),
    sa.Column("email", sa.String()),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.ForeignKeyConstraint(
        ["parent_id", "root_tenant_id"], ["tenants.id", "tenants.root_tenant_id"]
    ),
    sa.UniqueConstraint("id", "root_tenant_id"),
    sa.CheckConstraint("(parent_id IS NULL) = (root_tenant_id = id)", name="root_has_no_parent"),
    sa.Index(None, "parent_id", "name", "public_id"),
    sa.Index(None, "root_tenant_id", "name", "public_id"),
)

sa.Table(
    "portal_users",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("tenant_id", sa.Integer(), primary_key=True),
    sa.Column("customer_id", sa.Uuid()),
    sa.Column("name", sa.String(), nullable=False),
    sa.Column("email", sa.String(), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("subject", sa.String(255)),
    sa.Column("disabled_at", INSTANT),
    sa.Column("root_tenant_id", sa.Integer(), nullable=False),
    owned_by_tenant(),
    link("customer_id", "customers"),
    sa.UniqueConstraint("root_tenant_id", "email"),
    sa.Index(None, "customer_id"),
    sa.Index(None, "email"),
    sa.Index(None, "subject", unique=True),
)
