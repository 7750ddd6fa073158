"""Orders, their parts and history, and the messages that report on them."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from db.migrations.first.columns import (
    AMOUNT,
    HASH,
    ID,
    INSTANT,
    INTEGER,
    JSON,
    TEXT,
    amounts,
    business_case,
    closed_set,
    composite_link,
    document,
    identified,
    index_where,
    key,
    link,
    not_negative,
    numbered,
    optional,
    order_phase,
    owned,
    product,
    required,
    searched,
    sorted_by,
    table,
)

_UNKNOWN = sa.literal(datetime(9999, 12, 31, tzinfo=UTC), INSTANT)

table(
    "orders",
    identified(),
    numbered(),
    required(ID, "customer_id"),
    optional(ID, "site_id", "offer_id", "confirmed_by_id", "contract_id"),
    product(),
    business_case(),
    optional(TEXT, "category", "description", "dealer_id", "sub_partner_id"),
    required(INSTANT, "received_at", "updated_at"),
    optional(INSTANT, "requested_start_date", "requested_completion_date"),
    required(sa.Boolean(), "automated", "delayed"),
    required(JSON, "characteristics", "reported_characteristics"),
    order_phase(),
    sa.Column(
        "status",
        closed_set("order_status", "IN_PROGRESS COMPLETED ERROR"),
        sa.Computed(
            "CASE WHEN phase IN ('COMPLETED') THEN 'COMPLETED' WHEN phase IN ('REJECTED', "
            "'FAILED', 'PARTIAL', 'CANCELLED') THEN 'ERROR' ELSE 'IN_PROGRESS' END",
            persisted=True,
        ),
        nullable=False,
    ),
    optional(closed_set("contract_effect", "CREATED AMENDED EXTENDED REPLACED"), "contract_effect"),
    optional(INSTANT, "expected_completion_date", "completed_at", "action_due"),
    sa.Column(
        "expected_sort",
        INSTANT,
        sa.Computed(
            sa.func.coalesce(sa.column("expected_completion_date"), _UNKNOWN), persisted=True
        ),
        nullable=False,
    ),
    optional(INTEGER, "processing_seconds"),
    optional(TEXT, "action_text"),
    optional(closed_set("action_party", "PARTNER CUSTOMER CARRIER"), "action_by"),
    optional(JSON, "report_times"),
    required(INTEGER, "version"),
    link("customer_id", "customers"),
    link("site_id", "sites"),
    link("offer_id", "offers"),
    link("confirmed_by_id", "portal_users"),
    link("contract_id", "contracts"),
    sa.UniqueConstraint("offer_id", "root_tenant_id"),
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
    index_where(
        "processing_seconds IS NOT NULL",
        "ix_orders_processing",
        "root_tenant_id",
        "product_id",
        "business_case",
        "processing_seconds",
    ),
    sorted_by("expected_sort", "root_tenant_id"),
    sorted_by("received_at", "contract_id", "customer_id", "product_id"),
    sorted_by("received_at", "root_tenant_id", "site_id", "tenant_id"),
    sorted_by("updated_at", "root_tenant_id", "tenant_id"),
    sa.Index(
        "ix_orders_summary", "root_tenant_id", "tenant_id", "phase", "business_case", "delayed"
    ),
    searched("orders", "orders", "offers", "contracts", "customers"),
)


def _part() -> list[SchemaItem]:
    """The columns of a part of an order, whose parts of one kind have positions."""
    columns = owned(*key(ID, "order_id"), *key(INTEGER, "position"))
    return [*columns, link("order_id", "orders")]


table(
    "order_items",
    _part(),
    optional(INTEGER, "parent_position"),
    required(closed_set("item_action", "ADD MODIFY DELETE NO_CHANGE"), "action"),
    product(),
    required(TEXT, "name"),
    optional(TEXT, "reference", "state"),
    required(INTEGER, "quantity"),
    required(JSON, "terms", "relationships", "characteristics"),
    not_negative("quantity"),
)

table(
    "order_prices",
    _part(),
    optional(INTEGER, "item_position", "period_length"),
    required(closed_set("price_kind", "ONE_TIME RECURRING USAGE"), "kind"),
    optional(TEXT, "name", "description", "period", "unit"),
    amounts("net_amount", "gross_amount"),
    optional(AMOUNT, "tax_rate"),
    required(JSON, "alterations"),
    composite_link("order_items", order_id="order_id", item_position="position"),
    not_negative("tax_rate"),
)

table(
    "order_external_ids",
    _part(),
    optional(TEXT, "owner", "kind"),
    required(TEXT, "value"),
    sa.Index(None, "value", "root_tenant_id"),
)

_MILESTONES = (
    "ORDER_RECEIVED CONFIRMATION_SENT CONTRACT_LINKED DATE_CONFIRMED PORTING_CONFIRMED "
    "NUMBERS_ASSIGNED SERVICE_ACTIVE CANCELLATION_REQUESTED OTHER"
)

table(
    "order_milestones",
    _part(),
    required(closed_set("milestone_kind", _MILESTONES), "kind"),
    optional(TEXT, "name", "message", "reference"),
    optional(INSTANT, "planned_at", "reached_at"),
    required(sa.Boolean(), "violated"),
)

table(
    "order_delays",
    _part(),
    optional(TEXT, "reference", "kind"),
    required(TEXT, "reason"),
    required(INSTANT, "reported_at"),
    optional(INSTANT, "resolved_at"),
    sa.CheckConstraint("resolved_at >= reported_at", name="resolved_after_reported"),
)

table(
    "order_notes",
    _part(),
    optional(TEXT, "reference", "author", "account"),
    optional(INSTANT, "written_at"),
    required(TEXT, "text"),
)

table("order_documents", _part(), document(), required(INSTANT, "created_at"))

table(
    "order_history",
    owned(*key(ID, "order_id"), *key(INTEGER, "sequence")),
    optional(INTEGER, "previous_sequence"),
    order_phase(),
    required(INSTANT, "occurred_at"),
    optional(TEXT, "reason"),
    link("order_id", "orders"),
    composite_link("order_history", order_id="order_id", previous_sequence="sequence"),
    sa.CheckConstraint("sequence >= 1", name="sequence_positive"),
    sa.CheckConstraint(
        "(sequence = 1) = (previous_sequence IS NULL) AND (previous_sequence IS NULL "
        "OR previous_sequence = sequence - 1)",
        name="sequence_without_gaps",
    ),
)

table(
    "intake_messages",
    owned(*key(ID, "order_id"), *key(HASH, "digest")),
    required(TEXT, "kind"),
    optional(TEXT, "event_id", "named_tenant"),
    optional(HASH, "text_digest"),
    optional(INSTANT, "occurred_at"),
    required(INSTANT, "received_at"),
    link("order_id", "orders"),
    sa.Index(None, "digest"),
    sa.Index(None, "text_digest"),
)

table(
    "intake_failures",
    key(HASH, "digest"),
    key(TEXT, "tenant_number"),
    optional(JSON, "sender_scope"),
    required(TEXT, "order_number", "kind", "payload", "error"),
    optional(TEXT, "event_id"),
    required(INTEGER, "attempts"),
    required(INSTANT, "first_failed_at", "last_failed_at"),
    optional(INSTANT, "put_aside_at"),
    sa.Index(None, "first_failed_at"),
)
