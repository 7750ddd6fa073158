"""Create the tables"""

from alembic import op

from db.migrations.first import METADATA

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    METADATA.create_all(connection, checkfirst=False)


def downgrade() -> None:
    METADATA.drop_all(op.get_bind(), checkfirst=False)
