"""Keep API keys and OAuth clients in one table of credentials"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
KIND = sa.Enum(
    "API_KEY",
    "OAUTH_CLIENT",
    name="credential_kind",
    native_enum=False,
    create_constraint=True,
    length=40,
)
SHARED = (
    *("id", "client_id", "secret_hash"),
    *("created_at", "expires_at", "last_used_at", "revoked_at"),
)
IS_KEY = sa.text("kind = 'API_KEY'")
IS_OAUTH_CLIENT = sa.text("kind = 'OAUTH_CLIENT'")


def upgrade() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("identifier", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("public_keys", JSON, nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind != 'API_KEY' OR secret_hash IS NOT NULL",
            name=op.f("ck_credentials_secret_of_api_keys"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name=op.f("fk_credentials_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
        sa.UniqueConstraint("identifier", name=op.f("uq_credentials_identifier")),
    )
    op.create_index(op.f("ix_credentials_client_id"), "credentials", ["client_id"])
    _copy(
        "api_keys",
        "credentials",
        kind="'API_KEY'",
        identifier="prefix",
        public_keys="'[]'",
        scopes="permissions",
    )
    _copy(
        "oauth_clients",
        "credentials",
        kind="'OAUTH_CLIENT'",
        identifier="identifier",
        public_keys="public_keys",
        scopes="permissions",
    )
    _refer("oauth_client_id", "credential_id", "credentials")
    op.drop_table("oauth_clients")
    op.drop_table("api_keys")


def downgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("permissions", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name=op.f("fk_api_keys_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
    )
    op.create_index(op.f("ix_api_keys_client_id"), "api_keys", ["client_id"])
    op.create_table(
        "oauth_clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("identifier", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("public_keys", JSON, nullable=False),
        sa.Column("permissions", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name=op.f("fk_oauth_clients_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_clients")),
        sa.UniqueConstraint("identifier", name=op.f("uq_oauth_clients_identifier")),
    )
    op.create_index(op.f("ix_oauth_clients_client_id"), "oauth_clients", ["client_id"])
    _copy("credentials", "api_keys", IS_KEY, prefix="identifier", permissions="scopes")
    _copy(
        "credentials",
        "oauth_clients",
        IS_OAUTH_CLIENT,
        identifier="identifier",
        public_keys="public_keys",
        permissions="scopes",
    )
    # Assertions of other credentials cannot exist, but the constraints allowed them.
    op.execute(
        "DELETE FROM used_assertions WHERE credential_id NOT IN (SELECT id FROM oauth_clients)"
    )
    _refer("credential_id", "oauth_client_id", "oauth_clients")
    op.drop_table("credentials")


def _refer(old: str, new: str, table: str) -> None:
    """Rename the column of `used_assertions` that names a credential, and let it refer to `table`."""
    with op.batch_alter_table("used_assertions") as used:
        used.drop_constraint(op.f(f"fk_used_assertions_{old}"), type_="foreignkey")
        used.alter_column(old, new_column_name=new, existing_type=sa.Uuid())
    with op.batch_alter_table("used_assertions") as used:
        used.create_foreign_key(op.f(f"fk_used_assertions_{new}"), table, [new], ["id"])


def _copy(source: str, target: str, where: sa.TextClause | None = None, **columns: str) -> None:
    """Copy the rows of a table; `columns` are those of the target, each with its expression."""
    names = [*SHARED, *columns]
    expressions: list[sa.ColumnClause[object]] = [
        sa.literal_column(expression) for expression in (*SHARED, *columns.values())
    ]
    rows = sa.select(*expressions).select_from(sa.table(source))
    if where is not None:
        rows = rows.where(where)
    op.execute(sa.insert(sa.table(target, *map(sa.column, names))).from_select(names, rows))
