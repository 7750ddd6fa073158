"""Let the carrier have clients"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None

KIND = sa.Enum(
    "PARTNER",
    "FULFILMENT",
    "SUPPORT",
    name="client_kind",
    native_enum=False,
    create_constraint=True,
    length=40,
)


def upgrade() -> None:
    with op.batch_alter_table("api_clients") as table:
        table.add_column(sa.Column("kind", KIND, nullable=False, server_default="PARTNER"))
        table.alter_column("tenant_id", existing_type=sa.Integer(), nullable=True)
    with op.batch_alter_table("api_clients") as table:
        table.alter_column("kind", server_default=None)
        table.create_check_constraint(
            op.f("ck_api_clients_tenant_of_partners"),
            "(kind = 'PARTNER') = (tenant_id IS NOT NULL)",
        )


def downgrade() -> None:
    # The carrier's clients belong to no tenant, which there is no place for any more.
    clients = sa.table("api_clients", sa.column("id"), sa.column("kind"))
    carriers = sa.select(clients.c.id).where(clients.c.kind != "PARTNER")
    oauth = sa.table("oauth_clients", sa.column("id"), sa.column("client_id"))
    used = sa.table("used_assertions", sa.column("oauth_client_id"))
    keys = sa.table("api_keys", sa.column("client_id"))
    theirs = sa.select(oauth.c.id).where(oauth.c.client_id.in_(carriers))
    op.execute(sa.delete(used).where(used.c.oauth_client_id.in_(theirs)))
    op.execute(sa.delete(oauth).where(oauth.c.client_id.in_(carriers)))
    op.execute(sa.delete(keys).where(keys.c.client_id.in_(carriers)))
    op.execute(sa.delete(clients).where(clients.c.kind != "PARTNER"))
    with op.batch_alter_table("api_clients") as table:
        table.drop_constraint(op.f("ck_api_clients_tenant_of_partners"), type_="check")
        table.drop_constraint(op.f("ck_api_clients_client_kind"), type_="check")
        table.alter_column("tenant_id", existing_type=sa.Integer(), nullable=False)
        table.drop_column("kind")
