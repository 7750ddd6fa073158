"""Carts."""

import sqlalchemy as sa

from db.migrations.first.columns import (
    AMOUNT,
    INSTANT,
    JSON,
    METADATA,
    closed_set,
    link,
    owned_by_tenant,
)

sa.Table(
    "carts",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("tenant_id", sa.Integer(), primary_key=True),
    sa.Column("number", sa.String(), nullable=False),
    sa.Column("customer_id", sa.Uuid(), nullable=False),
    sa.Column("site_id", sa.Uuid()),
    sa.Column("contract_id", sa.Uuid()),
    sa.Column(
        "business_case",
        closed_set(
            "business_case",
            "NEW_ORDER",
            "REORDER",
            "CONTRACT_RENEWAL",
            "TARIFF_CHANGE",
            "CONTRACT_ADJUSTMENT",
            "NEW_SITE_WITH_PORTING",
            "NEW_NUMBERS_FOR_SITE",
            "PROVIDER_CHANGE_FOR_SITE",
            "PRODUCT_CHANGE",
            "PRODUCT_CHANGE_WITH_NEW_ORDER",
        ),
        nullable=False,
    ),
    sa.Column("status", closed_set("cart_status", "OPEN", "FROZEN"), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("updated_at", INSTANT, nullable=False),
    sa.Column("root_tenant_id", sa.Integer(), nullable=False),
    owned_by_tenant(),
    link("customer_id", "customers"),
    link("site_id", "sites"),
    link("contract_id", "contracts"),
    sa.UniqueConstraint("root_tenant_id", "number"),
    sa.Index(None, "contract_id", "root_tenant_id", "created_at", "id"),
    sa.Index(None, "customer_id", "root_tenant_id", "created_at", "id"),
    sa.Index(None, "site_id", "root_tenant_id", "created_at", "id"),
    sa.Index(None, "tenant_id", "root_tenant_id", "created_at", "id"),
)

sa.Table(
    "cart_items",
    METADATA,
    sa.Column("cart_id", sa.Uuid(), primary_key=True),
    sa.Column("tenant_id", sa.Integer(), primary_key=True),
    sa.Column("position", sa.Integer(), primary_key=True),
    sa.Column("product_id", sa.Uuid(), sa.ForeignKey("products.id")),
    sa.Column("name", sa.String(), nullable=False),
    sa.Column("quantity", sa.Integer(), nullable=False),
    sa.Column("one_time_amount", AMOUNT),
    sa.Column("monthly_amount", AMOUNT),
    sa.Column("currency", sa.String()),
    sa.Column("characteristics", JSON, nullable=False),
    sa.Column("root_tenant_id", sa.Integer(), nullable=False),
    owned_by_tenant(),
    link("cart_id", "carts"),
    sa.CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    sa.CheckConstraint(
        "currency IS NOT NULL OR (one_time_amount IS NULL AND monthly_amount IS NULL)",
        name="amount_has_currency",
    ),
    sa.CheckConstraint("one_time_amount >= 0", name="one_time_amount_not_negative"),
    sa.CheckConstraint("monthly_amount >= 0", name="monthly_amount_not_negative"),
)
