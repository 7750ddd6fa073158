"""The second wall: PostgreSQL itself shows a role no row outside of its scope.

Row-level security, forced on the owner too, with policies for the roles of `db.scope.roles`. They
read the settings that opened the transaction (`db.scope.transactions`); without settings nothing is
seen. Like the triggers they follow the models, not a revision. SQLite has no roles and no second
wall.

The expressions are such that the planner uses the indexes as if they were not there: the root is
one equality, which it compares with the session's own condition once for each statement; a list of
tenants is read and hashed once for each statement.
"""

from collections.abc import Iterator

from db.base import Base, ByColumn, ByParent, OfCustomer, TenantOwned
from db.models import CatalogueToken, ChangeToken, Product, ProductDocument, Tenant
from db.scope.roles import Kind, Roles, listed, quoted
from db.scope.tenant_scope import TenantScope

CATALOGUE = (Product, ProductDocument, CatalogueToken)
"""The same for everybody. A table that is neither here nor owned is for the carrier's jobs."""

SEARCH_BY_INDEX = "ALTER FUNCTION pg_catalog.textlike(text, text) LEAKPROOF"
"""What an administrator may run once in a database, so that search reads its trigram index.

PostgreSQL holds every row against a policy before it hands it to a function that might tell its
value to somebody, and takes LIKE for one of these: without this, search reads the rows in scope.
"""

_ROOT = "partnergraph.root"
_TENANTS = "partnergraph.tenants"
_CUSTOMER = "partnergraph.customer"


def settings_of(scope: TenantScope) -> dict[str, str]:
    """The settings of a transaction: numbers and identifiers, so nothing in them needs quotes."""
    if scope.root_tenant_id is None:
        return {}
    settings = {_ROOT: f"{scope.root_tenant_id:d}"}
    if scope.tenant_ids is not None:
        settings[_TENANTS] = "{" + ",".join(f"{tenant:d}" for tenant in scope.tenant_ids) + "}"
    if scope.customer_id is not None:
        settings[_CUSTOMER] = scope.customer_id.hex
    return settings


def create(roles: Roles, schema: str) -> list[str]:
    """The statements that give the roles their rights, and close the tables to all else."""
    owned = [table for table, _ in _owned()]
    tenants = Tenant.__tablename__
    every = [table.name for table in Base.metadata.sorted_tables]
    catalogue = [model.__tablename__ for model in CATALOGUE]
    sees = listed([*owned, tenants, *catalogue])
    tree_builders = [roles.writer(Kind.TREE), roles.writer(Kind.PART)]
    return [
        f"REVOKE ALL ON {listed(every)} FROM {listed(roles.assumed)}",
        # A server may have taken it from the public.
        f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {listed([roles.app, *roles.assumed])}",
        f"GRANT SELECT ON {sees} TO {listed([*roles.readers, *roles.writers])}",
        f"GRANT INSERT, UPDATE, DELETE ON {listed(owned)} TO {listed(roles.writers)}",
        f"GRANT INSERT, UPDATE, DELETE ON {quoted(tenants)} TO {listed(tree_builders)}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {listed(every)} TO {quoted(roles.carrier)}",
        # Whoever connects may ask which revision this is (`db.migrations.state`); the carrier's
        # role can make a whole dump.
        f"GRANT SELECT ON alembic_version TO {listed([roles.app, roles.carrier])}",
        *(statement for table in (tenants, *owned) for statement in _closed(table)),
        *(_policy(table, name, to, rows) for table, name, to, rows in _policies(roles)),
        # Marks are written by functions of the owner (`db.changes.triggers`), beyond the scope of
        # whoever made the change. They say nothing but that there was one.
        _policy(ChangeToken.__tablename__, "owner", [roles.owner], "true"),
    ]


def drop() -> list[str]:
    """The statements that take the policies away, whichever version made them."""
    return [
        """DO $$ DECLARE found record; BEGIN
          FOR found IN SELECT tablename, policyname FROM pg_policies
                       WHERE schemaname = current_schema() AND policyname LIKE 'partnergraph\\_%'
          LOOP
            EXECUTE format('DROP POLICY %I ON %I', found.policyname, found.tablename);
            EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', found.tablename);
            EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', found.tablename);
          END LOOP;
        END $$"""
    ]


def suspend_for_owner() -> list[str]:
    """Let the owner see every row until `resume_for_owner`: no other role is concerned."""
    return [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in protected()]


def resume_for_owner() -> list[str]:
    return [f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in protected()]


def protected() -> list[str]:
    """The tables with row-level security."""
    return [Tenant.__tablename__, *(table for table, _ in _owned())]


def _owned() -> list[tuple[str, OfCustomer]]:
    """The tables that tenants own, each with which rows are a customer's."""
    owned = {
        mapper.local_table.description: mapper.class_.of_customer
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, TenantOwned)
    }
    return sorted(owned.items(), key=lambda item: item[0])


def _closed(table: str) -> list[str]:
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    ]


def _policy(table: str, name: str, to: list[str], rows: str) -> str:
    return f"CREATE POLICY partnergraph_{name} ON {table} TO {listed(to)} USING ({rows})"


def _policies(roles: Roles) -> Iterator[tuple[str, str, list[str], str]]:
    """`(table, name, roles, rows)`: which rows the roles see, change, and may leave behind."""
    of = {kind: [roles.reader(kind), roles.writer(kind)] for kind in Kind}
    part = f"{_IN_TREE} AND {_in_part('id')}"
    tenants = Tenant.__tablename__
    yield tenants, Kind.TREE, of[Kind.TREE], _IN_TREE
    yield tenants, Kind.PART, of[Kind.PART], part
    yield tenants, Kind.CUSTOMER, of[Kind.CUSTOMER], part
    yield tenants, "carrier", [roles.carrier], "true"
    part = f"{_IN_TREE} AND {_in_part('tenant_id')}"
    for table, of_customer in _owned():
        yield table, Kind.TREE, of[Kind.TREE], _IN_TREE
        yield table, Kind.PART, of[Kind.PART], part
        if own := _customers_own(table, of_customer):
            yield table, Kind.CUSTOMER, of[Kind.CUSTOMER], f"{part} AND {own}"
        yield table, "carrier", [roles.carrier], "true"


def _setting(name: str, kind: str) -> str:
    # A connection that had the setting in an earlier transaction holds an empty text.
    return f"NULLIF(current_setting('{name}', true), '')::{kind}"


_IN_TREE = f"root_tenant_id = {_setting(_ROOT, 'integer')}"
_THE_CUSTOMER = _setting(_CUSTOMER, "uuid")


def _in_part(column: str) -> str:
    # Spelled so that the planner expects it to hold: the session's own condition says the same,
    # and counted twice it would promise too few rows to read them in order.
    tenants = f"SELECT unnest({_setting(_TENANTS, 'integer[]')})"
    return f"NULLIF({column} IN ({tenants}), false) IS NOT NULL"


def _customers_own(table: str, of_customer: OfCustomer) -> str | None:
    match of_customer:
        case ByColumn(column):
            return f"{column} = {_THE_CUSTOMER}"
        case ByParent(column, parent):
            return (
                f"EXISTS (SELECT FROM {parent} parent WHERE parent.id = {table}.{column} "
                f"AND parent.tenant_id = {table}.tenant_id "
                f"AND parent.customer_id = {_THE_CUSTOMER})"
            )
        case None:
            return None
