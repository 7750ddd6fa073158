"""Record all administration, and have one client of a name"""

import sqlalchemy as sa
from alembic import op

from db.migrations import ImpossibleError

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KNOWN = (
    "KEY_CREATED",
    "KEY_REVOKED",
    "OAUTH_CLIENT_CREATED",
    "OAUTH_CLIENT_REVOKED",
    "SIGNING_KEY_CREATED",
    "SIGNING_KEYS_WITHDRAWN",
    "SIGN_IN_FAILED",
    "DATA_READ",
)
NEW = (
    "PORTAL_USER_CREATED",
    "PORTAL_USER_LINKED",
    "PORTAL_USER_DISABLED",
    "PORTAL_USER_ENABLED",
    "WIDGET_ORIGIN_ADDED",
    "WIDGET_ORIGIN_REMOVED",
)
OF_THE_CARRIER = sa.text("tenant_id IS NULL")


def upgrade() -> None:
    _refuse_namesakes()
    _allow_actions(*KNOWN[:6], *NEW, *KNOWN[6:])
    op.create_index(
        op.f("ix_api_clients_tenant_id_name"), "api_clients", ["tenant_id", "name"], unique=True
    )
    op.create_index(
        "ix_api_clients_of_the_carrier",
        "api_clients",
        ["kind", "name"],
        unique=True,
        postgresql_where=OF_THE_CARRIER,
        sqlite_where=OF_THE_CARRIER,
    )
    op.drop_index(op.f("ix_api_clients_tenant_id"), "api_clients")


def downgrade() -> None:
    op.create_index(op.f("ix_api_clients_tenant_id"), "api_clients", ["tenant_id"])
    op.drop_index("ix_api_clients_of_the_carrier", "api_clients")
    op.drop_index(op.f("ix_api_clients_tenant_id_name"), "api_clients")
    # There is no place for these entries any more.
    entries = sa.table("audit_entries", sa.column("action"))
    op.execute(sa.delete(entries).where(entries.c.action.in_(NEW)))
    _allow_actions(*KNOWN)


def _allow_actions(*members: str) -> None:
    name = op.f("ck_audit_entries_audit_action")
    action: sa.ColumnClause[str] = sa.column("action")
    with op.batch_alter_table("audit_entries") as table:
        table.drop_constraint(name, type_="check")
        table.create_check_constraint(name, action.in_(members))


def _refuse_namesakes() -> None:
    clients = sa.table("api_clients", sa.column("kind"), sa.column("tenant_id"), sa.column("name"))
    several = (
        sa.select(clients.c.name)
        .group_by(clients.c.kind, clients.c.tenant_id, clients.c.name)
        .having(sa.func.count() > 1)
        .order_by(clients.c.name)
    )
    names = op.get_bind().scalars(several).all()
    if names:
        raise ImpossibleError(
            "There are several API clients of one tenant, or of the carrier, with the same name. "
            "Rename all but one of each in the table api_clients (column name) and migrate again: "
            + ", ".join(names)
        )
