"""Add change tokens"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_tokens")),
    )
    op.create_index(
        op.f("ix_change_tokens_root_tenant_id_tenant_id_customer_id"),
        "change_tokens",
        ["root_tenant_id", "tenant_id", "customer_id"],
    )
    op.create_table(
        "catalogue_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_tokens")),
    )


def downgrade() -> None:
    op.drop_table("catalogue_tokens")
    op.drop_table("change_tokens")
