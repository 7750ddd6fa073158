"""Create the tables"""

from alembic import op

from db.migrations.first import METADATA

# Databases of earlier checkouts are at 0001 to 0010, and have other tables: they are refused. Until
# the first release, a change of `db.migrations.first` takes the next number.
revision = "0011"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    METADATA.create_all(connection, checkfirst=False)


def downgrade() -> None:
    METADATA.drop_all(op.get_bind(), checkfirst=False)
