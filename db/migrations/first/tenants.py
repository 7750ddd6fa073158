"""Tenants, the people who use the portal for them, and their customers."""

import sqlalchemy as sa

from db.migrations.first.columns import (
    ID,
    INSTANT,
    INTEGER,
    TEXT,
    address,
    closed_set,
    identified,
    key,
    link,
    numbered,
    optional,
    required,
    searched,
    sorted_by,
    table,
)

table(
    "tenants",
    key(INTEGER, "id"),
    sa.Column("public_id", ID, nullable=False, unique=True),
    required(INTEGER, "root_tenant_id"),
    optional(INTEGER, "parent_id"),
    sa.Column("number", TEXT, nullable=False, unique=True),
    required(TEXT, "name"),
    optional(TEXT, "email"),
    required(INSTANT, "created_at"),
    sa.ForeignKeyConstraint(
        ["parent_id", "root_tenant_id"], ["tenants.id", "tenants.root_tenant_id"]
    ),
    sa.UniqueConstraint("id", "root_tenant_id"),
    sa.CheckConstraint("(parent_id IS NULL) = (root_tenant_id = id)", name="root_has_no_parent"),
    sa.Index(None, "parent_id", "name", "public_id"),
    sa.Index(None, "root_tenant_id", "name", "public_id"),
)

table(
    "portal_users",
    identified(),
    optional(ID, "customer_id"),
    required(TEXT, "name", "email"),
    required(INSTANT, "created_at"),
    optional(INSTANT, "disabled_at"),
    link("customer_id", "customers"),
    sa.UniqueConstraint("email", "root_tenant_id"),
    sa.Index(None, "customer_id"),
)

table(
    "customers",
    identified(),
    numbered(),
    required(TEXT, "name"),
    required(closed_set("customer_kind", "CUSTOMER PROSPECT"), "kind"),
    optional(TEXT, "email"),
    required(INSTANT, "created_at", "updated_at"),
    address(),
    sorted_by("created_at", "root_tenant_id"),
    sorted_by("name", "root_tenant_id", "tenant_id"),
    searched("customers", "customers"),
)

table(
    "sites",
    identified(),
    required(ID, "customer_id"),
    required(TEXT, "number", "name"),
    required(INSTANT, "created_at"),
    address(),
    link("customer_id", "customers"),
    sa.UniqueConstraint("customer_id", "root_tenant_id", "number"),
    sorted_by("number", "tenant_id"),
)
