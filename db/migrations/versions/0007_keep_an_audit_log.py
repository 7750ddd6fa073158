"""Keep an audit log"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def closed_set(name: str, *members: str) -> sa.Enum:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("root_tenant_id", sa.Integer(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
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
        sa.Column("credential", sa.String(length=64), nullable=True),
        sa.Column("on_behalf_of", sa.String(length=200), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.CheckConstraint(
            "(tenant_id IS NULL) = (root_tenant_id IS NULL)",
            name=op.f("ck_audit_entries_owner_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_audit_entries_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    for columns in (
        ["root_tenant_id", "occurred_at", "id"],
        ["tenant_id", "occurred_at", "id"],
        ["occurred_at", "id"],
    ):
        op.create_index(op.f(f"ix_audit_entries_{'_'.join(columns)}"), "audit_entries", columns)


def downgrade() -> None:
    op.drop_table("audit_entries")
