"""The audit log."""

from datetime import UTC, datetime

import sqlalchemy as sa

from db.migrations.first.columns import INSTANT, JSON, METADATA, closed_set, owned_by_tenant

UNKNOWN = sa.literal(datetime(9999, 12, 31, tzinfo=UTC), INSTANT)

sa.Table(
    "audit_entries",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("occurred_at", INSTANT, nullable=False),
    sa.Column("tenant_id", sa.Integer()),
    sa.Column("root_tenant_id", sa.Integer()),
    sa.Column(
        "action",
        closed_set(
            "audit_action",
            "KEY_CREATED",
            "KEY_REVOKED",
            "OAUTH_CLIENT_CREATED",
            "OAUTH_CLIENT_REVOKED",
            "SIGNING_KEY_CREATED",
            "SIGNING_KEYS_WITHDRAWN",
            "PORTAL_USER_CREATED",
            "PORTAL_USER_LINKED",
            "PORTAL_USER_DISABLED",
            "PORTAL_USER_ENABLED",
            "WIDGET_ORIGIN_ADDED",
            "WIDGET_ORIGIN_REMOVED",
            "SIGN_IN_FAILED",
            "DATA_READ",
        ),
        nullable=False,
    ),
    sa.Column(
        "actor_kind",
        closed_set(
            "audit_actor",
            "OPERATOR",
            "SERVER",
            "UNKNOWN",
            "API_CLIENT",
            "PORTAL_USER",
            "WIDGET_SESSION",
            "FULFILMENT",
            "SUPPORT",
        ),
        nullable=False,
    ),
    sa.Column("actor", sa.String(), nullable=False),
    sa.Column("credential", sa.String(64)),
    sa.Column("on_behalf_of", sa.String(200)),
    sa.Column("subject", sa.String()),
    sa.Column("request_id", sa.String(64)),
    sa.Column("details", JSON, nullable=False),
    owned_by_tenant(),
    sa.CheckConstraint("(tenant_id IS NULL) = (root_tenant_id IS NULL)", name="owner_whole"),
    sa.Index(None, "occurred_at", "id"),
    sa.Index(None, "root_tenant_id", "occurred_at", "id"),
    sa.Index(None, "tenant_id", "occurred_at", "id"),
)
