"""Second layer: row-level security, so that PostgreSQL itself hides rows outside of a scope.

It is forced on the owner too. Policies apply to the roles of `db.scope.roles` and read the settings
of the transaction (`db.scope.transactions`); without settings no row is visible. Like the triggers
they are derived from the models and belong to no revision. SQLite has no roles and no second layer.

The planner uses the same indexes as without the policies: the root is one equality, compared with
the session's own condition once per statement; a list of tenants is read and hashed once per
statement.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from db.base import Base, ByColumn, ByParent, OfCustomer
from db.models import (
    MODELS_OF_TENANTS,
    CatalogueToken,
    ChangeToken,
    Product,
    ProductDocument,
    Tenant,
)
from db.scope.privileges import CHANGES, Changes
from db.scope.roles import Kind, Roles, listed, quoted
from db.scope.tenant_scope import TenantScope

CATALOGUE = (Product, ProductDocument, CatalogueToken)
"""Models that everybody reads. Tables that are neither here nor owned are the carrier's alone."""

SEARCH_BY_INDEX = "ALTER FUNCTION pg_catalog.textlike(text, text) LEAKPROOF"
"""Lets search use its trigram index. An administrator may run it once in a database.

PostgreSQL applies policies before any function that could leak values of hidden rows, and counts
LIKE among them. Without this statement a search therefore reads all rows in scope.
"""

_ROOT = "partnergraph.root"
_TENANTS = "partnergraph.tenants"
_CUSTOMER = "partnergraph.customer"


def settings_of(scope: TenantScope) -> dict[str, str]:
    """The settings of a transaction by name. Values are numbers and hex digits, safe to quote."""
    if scope.root_tenant_id is None:
        return {}
    settings = {_ROOT: f"{scope.root_tenant_id:d}"}
    if scope.tenant_ids is not None:
        settings[_TENANTS] = "{" + ",".join(f"{tenant:d}" for tenant in scope.tenant_ids) + "}"
    if scope.customer_id is not None:
        settings[_CUSTOMER] = scope.customer_id.hex
    return settings


def create(roles: Roles, schema: str, *, distributed: bool = False) -> list[str]:
    """The statements that grant the roles their rights and protect the tables by policies.

    Policies of distributed tables (`db.distribution`) mean the same in another form: Citus accepts
    no subqueries in policies, and calls functions instead.
    """
    owned = [table for table, _ in _owned()]
    tenants = Tenant.__tablename__
    tables = [table.name for table in Base.metadata.sorted_tables]
    catalogue = [model.__tablename__ for model in CATALOGUE]
    visible = listed([*owned, tenants, *catalogue])
    return [
        f"REVOKE ALL ON {listed(tables)} FROM {listed(roles.assumed)}",
        # The server may have revoked it from PUBLIC.
        f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {listed([roles.app, *roles.assumed])}",
        f"GRANT SELECT ON {visible} TO {listed([*roles.readers, *roles.writers])}",
        *(
            statement
            for writer, changes in CHANGES.items()
            for statement in _grants(changes, roles.writer(*writer))
        ),
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {listed(tables)} TO {quoted(roles.carrier)}",
        # Every user reads the revision (`db.migrations.state`), and the carrier's role can dump the
        # whole database.
        f"GRANT SELECT ON alembic_version TO {listed([roles.app, roles.carrier])}",
        *(statement for table in (tenants, *owned) for statement in _row_security(table)),
        *(_functions() if distributed else ()),
        *(
            _policy(table, name, to, rows)
            for table, name, to, rows in _policies(
                roles, _FUNCTIONS if distributed else _SUBQUERIES
            )
        ),
        # Functions of the owner renew tokens (`db.changes.triggers`), beyond the scope of the
        # session that made the change. A token reveals only that there was a change.
        _policy(ChangeToken.__tablename__, "owner", [roles.owner], "true"),
    ]


def drop() -> list[str]:
    """The statements that drop the policies of any version of the program."""
    return [
        """DO $$ DECLARE policy record; BEGIN
          FOR policy IN SELECT tablename, policyname FROM pg_policies
                       WHERE schemaname = current_schema() AND policyname LIKE 'partnergraph\\_%'
          LOOP
            EXECUTE format('DROP POLICY %I ON %I', policy.policyname, policy.tablename);
            EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', policy.tablename);
            EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', policy.tablename);
          END LOOP;
        END $$""",
        *(f"DROP FUNCTION IF EXISTS {_function(parent)}" for parent in _parents()),
    ]


def suspend_for_owner() -> list[str]:
    """Let the owner, and no other role, see every row until `resume_for_owner`."""
    return [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in protected()]


def resume_for_owner() -> list[str]:
    return [f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in protected()]


def protected() -> list[str]:
    """The tables with row-level security."""
    return [Tenant.__tablename__, *(table for table, _ in _owned())]


def _owned() -> list[tuple[str, OfCustomer]]:
    """The tables that tenants own, each with the rule for a customer's rows."""
    models = sorted(MODELS_OF_TENANTS.items())
    return [(table, model.of_customer) for table, model in models if model is not Tenant]


def _grants(changes: Changes, role: str) -> Iterator[str]:
    """The statements that let a role make the changes."""
    for model, verbs in changes.items():
        rights = []
        if verbs.insert:
            rights.append("INSERT")
        if verbs.update:
            rights.append(f"UPDATE ({listed(verbs.update)})")
        if verbs.delete:
            rights.append("DELETE")
        yield f"GRANT {', '.join(rights)} ON {model.__tablename__} TO {quoted(role)}"


def _row_security(table: str) -> list[str]:
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    ]


def _policy(table: str, name: str, to: list[str], rows: str) -> str:
    return f"CREATE POLICY partnergraph_{name} ON {table} TO {listed(to)} USING ({rows})"


def _policies(roles: Roles, form: "_Form") -> Iterator[tuple[str, str, list[str], str]]:
    """`(table, name, roles, rows)`: the rows that the roles read, change and leave behind."""
    of = {kind: roles.of_kind(kind) for kind in Kind}
    part = f"{_IN_TREE} AND {form.in_part('id')}"
    tenants = Tenant.__tablename__
    yield tenants, Kind.TREE, of[Kind.TREE], _IN_TREE
    yield tenants, Kind.PART, of[Kind.PART], part
    yield tenants, Kind.CUSTOMER, of[Kind.CUSTOMER], part
    yield tenants, "carrier", [roles.carrier], "true"
    part = f"{_IN_TREE} AND {form.in_part('tenant_id')}"
    for table, of_customer in _owned():
        yield table, Kind.TREE, of[Kind.TREE], _IN_TREE
        yield table, Kind.PART, of[Kind.PART], part
        if own := _customer_condition(table, of_customer, form):
            yield table, Kind.CUSTOMER, of[Kind.CUSTOMER], f"{part} AND {own}"
        yield table, "carrier", [roles.carrier], "true"


def _setting(name: str, kind: str) -> str:
    # After a transaction that had the setting, the connection has it as an empty string.
    return f"NULLIF(current_setting('{name}', true), '')::{kind}"


_IN_TREE = f"root_tenant_id = {_setting(_ROOT, 'integer')}"
_THE_CUSTOMER = _setting(_CUSTOMER, "uuid")


@dataclass(frozen=True, slots=True)
class _Form:
    """How policies state what a subquery states best."""

    in_part: Callable[[str], str]
    """The column holds one of the tenants in scope."""
    of_parent: Callable[[str, str, str], str]
    """A row of a table belongs to a parent, by a column, that belongs to the customer."""


def _in_list(column: str) -> str:
    # Written so that the planner assumes it to be true: the session has the same condition, and
    # applied twice, the planner would expect too few rows to read them in order.
    tenants = f"SELECT unnest({_setting(_TENANTS, 'integer[]')})"
    return f"NULLIF({column} IN ({tenants}), false) IS NOT NULL"


def _in_array(column: str) -> str:
    # Citus fails at IS NOT NULL in policies. The planner expects half of the rows of COALESCE.
    return f"COALESCE({column} = ANY ({_setting(_TENANTS, 'integer[]')}), false)"


def _parent_exists(table: str, column: str, parent: str) -> str:
    key = f"{table}.root_tenant_id", f"{table}.{column}", f"{table}.tenant_id"
    return f"EXISTS ({_parent_of_customer(parent, *key)})"


def _parent_found(table: str, column: str, parent: str) -> str:
    return f"{_function(parent)}({table}.root_tenant_id, {table}.{column}, {table}.tenant_id)"


_SUBQUERIES = _Form(_in_list, _parent_exists)
_FUNCTIONS = _Form(_in_array, _parent_found)


def _parent_of_customer(parent: str, root: str, key: str, tenant: str) -> str:
    return (
        f"SELECT FROM {parent} parent WHERE parent.root_tenant_id = {root} AND parent.id = {key} "
        f"AND parent.tenant_id = {tenant} AND parent.customer_id = {_THE_CUSTOMER}"
    )


def _function(parent: str) -> str:
    return f"partnergraph_customer_has_{parent}"


def _functions() -> list[str]:
    return [
        f"""CREATE FUNCTION {_function(parent)}(root integer, key uuid, tenant integer)
        RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN
          RETURN EXISTS ({_parent_of_customer(parent, "root", "key", "tenant")});
        END $$"""
        for parent in _parents()
    ]


def _parents() -> list[str]:
    """The tables whose rows have parts."""
    rules = (of_customer for _, of_customer in _owned())
    return sorted({rule.table for rule in rules if isinstance(rule, ByParent)})


def _customer_condition(table: str, of_customer: OfCustomer, form: _Form) -> str | None:
    match of_customer:
        case ByColumn(column):
            return f"{column} = {_THE_CUSTOMER}"
        case ByParent(column, parent):
            return form.of_parent(table, column, parent)
        case None:
            return None
