"""Put failed messages aside"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "intake_failures",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("tenant_number", sa.String(), nullable=False),
        sa.Column("reach", JSON, nullable=True),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=True),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("put_aside_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", "tenant_number", name=op.f("pk_intake_failures")),
    )
    op.create_index(
        op.f("ix_intake_failures_first_failed_at"), "intake_failures", ["first_failed_at"]
    )


def downgrade() -> None:
    op.drop_table("intake_failures")
