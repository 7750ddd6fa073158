"""Let portal users sign in"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("portal_users", sa.Column("subject", sa.String(length=255), nullable=True))
    op.add_column(
        "portal_users", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(op.f("ix_portal_users_subject"), "portal_users", ["subject"], unique=True)
    op.create_index(op.f("ix_portal_users_email"), "portal_users", ["email"])


def downgrade() -> None:
    op.drop_index(op.f("ix_portal_users_email"), "portal_users")
    op.drop_index(op.f("ix_portal_users_subject"), "portal_users")
    op.drop_column("portal_users", "disabled_at")
    op.drop_column("portal_users", "subject")
