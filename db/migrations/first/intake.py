"""Messages of the carrier's systems."""

import sqlalchemy as sa

from db.migrations.first.columns import INSTANT, JSON, METADATA, link, owned_by_tenant

sa.Table(
    "intake_messages",
    METADATA,
    sa.Column("order_id", sa.Uuid(), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("tenant_id", sa.Integer(), primary_key=True),
    sa.Column("kind", sa.String(), nullable=False),
    sa.Column("event_id", sa.String()),
    sa.Column("occurred_at", INSTANT),
    sa.Column("received_at", INSTANT, nullable=False),
    sa.Column("root_tenant_id", sa.Integer(), nullable=False),
    owned_by_tenant(),
    link("order_id", "orders"),
    sa.Index(None, "order_id", "kind", "occurred_at"),
)

sa.Table(
    "intake_failures",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("tenant_number", sa.String(), primary_key=True),
    sa.Column("sender_scope", JSON),
    sa.Column("order_number", sa.String(), nullable=False),
    sa.Column("kind", sa.String(), nullable=False),
    sa.Column("event_id", sa.String()),
    sa.Column("payload", sa.String(), nullable=False),
    sa.Column("attempts", sa.Integer(), nullable=False),
    sa.Column("first_failed_at", INSTANT, nullable=False),
    sa.Column("last_failed_at", INSTANT, nullable=False),
    sa.Column("error", sa.String(), nullable=False),
    sa.Column("put_aside_at", INSTANT),
    sa.Index(None, "first_failed_at"),
)
