"""API clients, their credentials, and the keys that sign access tokens."""

import sqlalchemy as sa

from db.migrations.first.columns import INSTANT, JSON, METADATA, closed_set

sa.Table(
    "api_clients",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column(
        "kind", closed_set("client_kind", "PARTNER", "FULFILMENT", "SUPPORT"), nullable=False
    ),
    sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenants.id")),
    sa.Column("name", sa.String(), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.CheckConstraint("(kind = 'PARTNER') = (tenant_id IS NOT NULL)", name="tenant_of_partners"),
    sa.Index(
        "ix_api_clients_of_the_carrier",
        "kind",
        "name",
        unique=True,
        postgresql_where=sa.text("tenant_id IS NULL"),
        sqlite_where=sa.text("tenant_id IS NULL"),
    ),
    sa.Index(None, "tenant_id", "name", unique=True),
)

sa.Table(
    "credentials",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("client_id", sa.Uuid(), sa.ForeignKey("api_clients.id"), nullable=False),
    sa.Column("kind", closed_set("credential_kind", "API_KEY", "OAUTH_CLIENT"), nullable=False),
    sa.Column("identifier", sa.String(32), nullable=False, unique=True),
    sa.Column("secret_hash", sa.String(64)),
    sa.Column("public_keys", JSON, nullable=False),
    sa.Column("scopes", JSON, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("expires_at", INSTANT),
    sa.Column("last_used_at", INSTANT),
    sa.Column("revoked_at", INSTANT),
    sa.CheckConstraint("kind != 'API_KEY' OR secret_hash IS NOT NULL", name="secret_of_api_keys"),
    sa.Index(None, "client_id"),
)

sa.Table(
    "widget_origins",
    METADATA,
    sa.Column("client_id", sa.Uuid(), sa.ForeignKey("api_clients.id"), primary_key=True),
    sa.Column("origin", sa.String(255), primary_key=True),
    sa.Column("created_at", INSTANT, nullable=False),
)

sa.Table(
    "used_assertions",
    METADATA,
    sa.Column("credential_id", sa.Uuid(), sa.ForeignKey("credentials.id"), primary_key=True),
    sa.Column("jti_hash", sa.String(64), primary_key=True),
    sa.Column("expires_at", INSTANT, nullable=False),
    sa.Index(None, "expires_at"),
)

sa.Table(
    "signing_keys",
    METADATA,
    sa.Column("sequence", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("kid", sa.String(64), nullable=False, unique=True),
    sa.Column("public_key", JSON, nullable=False),
    sa.Column("private_key", sa.String(), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("signs_from", INSTANT, nullable=False),
    sa.Column("withdrawn_at", INSTANT),
)
