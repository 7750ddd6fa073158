"""Credentials of API clients, keys that sign access tokens, the audit log, keys of mutations and
change tokens."""

import sqlalchemy as sa

from db.migrations.first.columns import (
    HASH,
    ID,
    INSTANT,
    INTEGER,
    JSON,
    TEXT,
    closed_set,
    index_where,
    key,
    optional,
    owned_by_tenant,
    required,
    table,
)

table(
    "api_clients",
    key(ID, "id"),
    required(closed_set("client_kind", "PARTNER FULFILMENT SUPPORT"), "kind"),
    sa.Column("tenant_id", INTEGER, sa.ForeignKey("tenants.id")),
    required(TEXT, "name"),
    required(INSTANT, "created_at"),
    sa.CheckConstraint("(kind = 'PARTNER') = (tenant_id IS NOT NULL)", name="tenant_of_partners"),
    index_where("tenant_id IS NULL", "ix_api_clients_of_the_carrier", "kind", "name", unique=True),
    sa.Index(None, "tenant_id", "name", unique=True),
)

table(
    "credentials",
    key(ID, "id"),
    sa.Column("client_id", ID, sa.ForeignKey("api_clients.id"), nullable=False),
    required(closed_set("credential_kind", "API_KEY OAUTH_CLIENT"), "kind"),
    sa.Column("identifier", sa.String(32), nullable=False, unique=True),
    optional(HASH, "secret_hash"),
    required(JSON, "public_keys", "scopes"),
    required(INSTANT, "created_at"),
    optional(INSTANT, "expires_at", "last_used_at", "revoked_at"),
    sa.CheckConstraint("kind != 'API_KEY' OR secret_hash IS NOT NULL", name="secret_of_api_keys"),
    sa.Index(None, "client_id"),
)

table(
    "widget_origins",
    sa.Column("client_id", ID, sa.ForeignKey("api_clients.id"), primary_key=True),
    key(sa.String(255), "origin"),
    required(INSTANT, "created_at"),
)

table(
    "used_assertions",
    sa.Column("credential_id", ID, sa.ForeignKey("credentials.id"), primary_key=True),
    key(HASH, "jti_hash"),
    required(INSTANT, "expires_at"),
    sa.Index(None, "expires_at"),
)

table(
    "signing_keys",
    key(INTEGER, "sequence"),
    sa.Column("kid", HASH, nullable=False, unique=True),
    required(JSON, "public_key"),
    required(TEXT, "private_key"),
    required(INSTANT, "created_at", "signs_from"),
    optional(INSTANT, "withdrawn_at"),
)

table(
    "audit_entries",
    key(ID, "id"),
    required(INSTANT, "occurred_at"),
    optional(INTEGER, "tenant_id", "root_tenant_id"),
    required(
        closed_set(
            "audit_action",
            "KEY_CREATED KEY_REVOKED OAUTH_CLIENT_CREATED OAUTH_CLIENT_REVOKED "
            "SIGNING_KEY_CREATED SIGNING_KEYS_WITHDRAWN PORTAL_USER_CREATED PORTAL_USER_LINKED "
            "PORTAL_USER_DISABLED PORTAL_USER_ENABLED WIDGET_ORIGIN_ADDED WIDGET_ORIGIN_REMOVED "
            "SIGN_IN_FAILED DATA_READ ORDER_NOTE_ADDED",
        ),
        "action",
    ),
    required(
        closed_set(
            "audit_actor",
            "OPERATOR SERVER UNKNOWN API_CLIENT PORTAL_USER WIDGET_SESSION FULFILMENT SUPPORT",
        ),
        "actor_kind",
    ),
    required(TEXT, "actor"),
    optional(HASH, "credential"),
    optional(sa.String(200), "on_behalf_of"),
    optional(TEXT, "subject"),
    optional(HASH, "request_id"),
    required(JSON, "details"),
    owned_by_tenant(),
    sa.CheckConstraint("(tenant_id IS NULL) = (root_tenant_id IS NULL)", name="owner_whole"),
    sa.Index(None, "occurred_at", "id"),
    sa.Index(None, "root_tenant_id", "occurred_at", "id"),
    sa.Index(None, "tenant_id", "occurred_at", "id"),
)

table(
    "change_tokens",
    key(ID, "id"),
    required(ID, "customer_id", "token"),
    required(INTEGER, "tenant_id", "root_tenant_id"),
    sa.Index(None, "root_tenant_id", "tenant_id", "customer_id"),
)

table(
    "idempotency_keys",
    required(ID, "account_id"),
    required(sa.String(100), "key"),
    required(INTEGER, "tenant_id", "root_tenant_id"),
    required(HASH, "request_hash"),
    optional(sa.String(40), "object_kind"),
    optional(ID, "object_id"),
    optional(INTEGER, "object_position"),
    required(INSTANT, "created_at"),
    owned_by_tenant(),
    sa.PrimaryKeyConstraint("root_tenant_id", "account_id", "key", "tenant_id"),
    sa.Index(None, "root_tenant_id", "created_at"),
)

table("catalogue_tokens", key(ID, "id"), required(ID, "token"))
