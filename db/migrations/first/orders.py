"""Orders."""

from datetime import UTC, datetime

import sqlalchemy as sa

from db.migrations.first.columns import (
    INSTANT,
    JSON,
    METADATA,
    closed_set,
    link,
    owned_by_tenant,
    trigram_index,
)

UNKNOWN = sa.literal(datetime(9999, 12, 31, tzinfo=UTC), INSTANT)

sa.Table(
    "orders",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("tenant_id", sa.Integer(), primary_key=True),
    sa.Column("number", sa.String(), nullable=False),
    sa.Column("customer_id", sa.Uuid(), nullable=False),
    sa.Column("site_id", sa.Uuid()),
    sa.Column("product_id", sa.Uuid(), sa.ForeignKey("products.id")),
    sa.Column("offer_id", sa.Uuid()),
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
    sa.Column("category", sa.String()),
    sa.Column("description", sa.String()),
    sa.Column("dealer_id", sa.String()),
    sa.Column("sub_partner_id", sa.String()),
    sa.Column("confirmed_by_id", sa.Uuid()),
    sa.Column("received_at", INSTANT, nullable=False),
    sa.Column("requested_start_date", INSTANT),
    sa.Column("requested_completion_date", INSTANT),
    sa.Column("automated", sa.Boolean(), nullable=False),
    sa.Column("characteristics", JSON, nullable=False),
    sa.Column(
        "phase",
        closed_set(
            "order_phase",
            "RECEIVED",
            "ACCEPTED",
            "CLARIFICATION",
            "ON_HOLD",
            "CONFIRMED",
            "PROVISIONING",
            "COMPLETED",
            "REJECTED",
            "FAILED",
            "PARTIAL",
            "CANCELLED",
        ),
        nullable=False,
    ),
    sa.Column(
        "status",
        closed_set("order_status", "IN_PROGRESS", "COMPLETED", "ERROR"),
        sa.Computed(
            "CASE WHEN phase IN ('COMPLETED') THEN 'COMPLETED' WHEN phase IN ('REJECTED', "
            "'FAILED', 'PARTIAL', 'CANCELLED') THEN 'ERROR' ELSE 'IN_PROGRESS' END",
            persisted=True,
        ),
        nullable=False,
    ),
    sa.Column("contract_id", sa.Uuid()),
    sa.Column(
        "contract_effect",
        closed_set("contract_effect", "CREATED", "AMENDED", "EXTENDED", "REPLACED"),
    ),
    sa.Column("expected_completion_date", INSTANT),
    sa.Column(
        "expected_sort",
        INSTANT,
        sa.Computed(
            sa.func.coalesce(sa.column("expected_completion_date"), UNKNOWN), persisted=True
        ),
        nullable=False,
    ),
    sa.Column("completed_at", INSTANT),
    sa.Column("processing_seconds", sa.Integer()),
    sa.Column("action_text", sa.String()),
    sa.Column("action_by", closed_set("action_party", "PARTNER", "CUSTOMER", "CARRIER")),
    sa.Column("action_due", INSTANT),
    sa.Column("delayed", sa.Boolean(), nullable=False),
    sa.Column("reported_characteristics", JSON, nullable=False),
    sa.Column("report_times", JSON),
    sa.Column("updated_at", INSTANT, nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("search_text", sa.String(), nullable=False),
    sa.Column("root_tenant_id", sa.Integer(), nullable=False),
    owned_by_tenant(),
    link("customer_id", "customers"),
    link("site_id", "sites"),
    link("offer_id", "offers"),
    link("confirmed_by_id", "portal_users"),
    link("contract_id", "contracts"),
    sa.UniqueConstraint("offer_id"),
    sa.UniqueConstraint("root_tenant_id", "number"),
    sa.CheckConstraint(
        "contract_effect IS NULL OR contract_id IS NOT NULL", name="effect_has_contract"
    ),
    sa.CheckConstraint(
        "(phase = 'CLARIFICATION') = (action_text IS NOT NULL)", name="action_in_clarification"
    ),
    sa.CheckConstraint(
        "(action_text IS NULL) = (action_by IS NULL) AND (action_due IS NULL OR "
        "action_text IS NOT NULL)",
        name="action_whole",
    ),
    sa.CheckConstraint(
        "(phase = 'COMPLETED') = (completed_at IS NOT NULL) AND (completed_at IS "
        "NULL) = (processing_seconds IS NULL)",
        name="completed_has_times",
    ),
    sa.CheckConstraint("processing_seconds >= 0", name="processing_not_negative"),
    sa.CheckConstraint("updated_at >= received_at", name="updated_after_received"),
    sa.CheckConstraint("version >= 1", name="version_positive"),
    sa.Index(None, "contract_id", "root_tenant_id", "received_at", "id"),
    sa.Index(None, "customer_id", "root_tenant_id", "received_at", "id"),
    sa.Index(
        "ix_orders_processing",
        "root_tenant_id",
        "product_id",
        "business_case",
        "processing_seconds",
        postgresql_where=sa.text("processing_seconds IS NOT NULL"),
        sqlite_where=sa.text("processing_seconds IS NOT NULL"),
    ),
    sa.Index(None, "product_id", "root_tenant_id", "received_at", "id"),
    sa.Index(None, "root_tenant_id", "expected_sort", "id"),
    sa.Index(None, "root_tenant_id", "number", "id"),
    sa.Index(None, "root_tenant_id", "received_at", "id"),
    sa.Index(None, "root_tenant_id", "updated_at", "id"),
    sa.Index(None, "site_id", "root_tenant_id", "received_at", "id"),
    sa.Index(
        "ix_orders_summary", "root_tenant_id", "tenant_id", "phase", "business_case", "delayed"
    ),
    sa.Index(None, "tenant_id", "root_tenant_id", "received_at", "id"),
    sa.Index(None, "tenant_id", "root_tenant_id", "updated_at", "id"),
    trigram_index("orders"),
)
