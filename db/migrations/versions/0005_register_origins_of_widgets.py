"""Register the origins of widgets"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "widget_origins",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name=op.f("fk_widget_origins_client_id")
        ),
        sa.PrimaryKeyConstraint("client_id", "origin", name=op.f("pk_widget_origins")),
    )


def downgrade() -> None:
    op.drop_table("widget_origins")
