"""Credentials of API clients, subjects of portal users, signing keys, the audit log,
keys of mutations, and change tokens."""

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

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
    owned,
    owned_by_tenant,
    required,
    sorted_by,
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
    "portal_subjects",
    key(sa.String(255), "subject"),
    required(INTEGER, "root_tenant_id", "tenant_id"),
    required(ID, "user_id"),
    owned_by_tenant(),
    sa.UniqueConstraint("user_id"),
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


def _audit_columns() -> list[SchemaItem]:
    return [
        *required(INSTANT, "occurred_at"),
        *required(
            closed_set(
                "audit_action",
                "KEY_CREATED KEY_REVOKED OAUTH_CLIENT_CREATED OAUTH_CLIENT_REVOKED "
                "SIGNING_KEY_CREATED SIGNING_KEYS_WITHDRAWN PORTAL_USER_CREATED PORTAL_USER_LINKED "
                "PORTAL_USER_DISABLED PORTAL_USER_ENABLED WIDGET_ORIGIN_ADDED "
                "WIDGET_ORIGIN_REMOVED SIGN_IN_FAILED DATA_READ ORDER_NOTE_ADDED",
            ),
            "action",
        ),
        *required(
            closed_set(
                "audit_actor",
                "OPERATOR SERVER UNKNOWN API_CLIENT PORTAL_USER WIDGET_SESSION FULFILMENT SUPPORT",
            ),
            "actor_kind",
        ),
        *required(TEXT, "actor"),
        *optional(HASH, "credential"),
        *optional(sa.String(200), "on_behalf_of"),
        *optional(TEXT, "subject"),
        *optional(HASH, "request_id"),
        *required(JSON, "details"),
    ]


table(
    "audit_entries",
    owned(*key(ID, "id")),
    _audit_columns(),
    sa.Index(None, "occurred_at", "id"),
    sorted_by("occurred_at", "root_tenant_id", "tenant_id"),
)

table(
    "carrier_audit_entries",
    key(ID, "id"),
    _audit_columns(),
    sa.Index(None, "occurred_at", "id"),
)

table(
    "change_tokens",
    # A token outlives its tenant.
    key(INTEGER, "root_tenant_id"),
    key(ID, "id"),
    key(INTEGER, "tenant_id"),
    required(ID, "customer_id", "token"),
    sa.Index(None, "root_tenant_id", "tenant_id", "customer_id"),
)

table(
    "idempotency_keys",
    owned(*key(ID, "account_id"), *key(sa.String(100), "key")),
    required(HASH, "request_hash"),
    optional(sa.String(40), "object_kind"),
    optional(ID, "object_id"),
    optional(INTEGER, "object_position"),
    required(INSTANT, "created_at"),
    sa.Index(None, "root_tenant_id", "created_at"),
)

table("catalogue_tokens", key(ID, "id"), required(ID, "token"))
