"""Mark changes"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change_marks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("change", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_marks")),
    )
    op.create_index(
        op.f("ix_change_marks_root_tenant_id_tenant_id_customer_id"),
        "change_marks",
        ["root_tenant_id", "tenant_id", "customer_id"],
    )
    op.create_table(
        "catalogue_marks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("change", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_marks")),
    )


def downgrade() -> None:
    op.drop_table("catalogue_marks")
    op.drop_table("change_marks")
