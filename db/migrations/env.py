"""Run by alembic on the connection that `db.migrations` opened."""

from alembic import context
from sqlalchemy import Connection, Index
from sqlalchemy.schema import SchemaItem

from db.models import Base

connection: Connection = context.config.attributes["connection"]


def _exists_here(item: SchemaItem, name: str | None, *_: object) -> bool:
    """Trigram indexes exist on PostgreSQL alone (`db.base.trigram_index`)."""
    gin = isinstance(item, Index) and item.dialect_options["postgresql"]["using"] == "gin"
    return not gin or connection.dialect.name == "postgresql"


context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    transactional_ddl=True,
    compare_type=True,
    include_object=_exists_here,
)
with context.begin_transaction():
    context.run_migrations()
