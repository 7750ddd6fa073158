"""Give keys permissions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

# What a key could read until now.
EVERYTHING = (
    '["commissions:read", "contracts:read", "customers:read", "offers:read", "orders:read", '
    '"personal-data:read", "tenants:read"]'
)


def upgrade() -> None:
    with op.batch_alter_table("api_keys") as table:
        table.add_column(sa.Column("permissions", JSON, nullable=False, server_default=EVERYTHING))
    with op.batch_alter_table("api_keys") as table:
        table.alter_column("permissions", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("api_keys") as table:
        table.drop_column("permissions")
