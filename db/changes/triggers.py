"""Who marks changes (`db.models.changes`): triggers on every table that the graph shows.

They follow the models, as those of `db.immutability` do. A change of a row marks the tree, the
tenant and the customer that it belongs to; one that is given to another owner marks both.

A mark must never be newer than the state that a snapshot shows, nor older. So it is written in the
transaction of the change. On PostgreSQL writers do not wait for each other, and none can hide
another's mark, in whichever order they commit: each changes a row of its own, one that is free at
that moment or a new one, and keeps it until it ends. SQLite has one writer at a time.
"""

from dataclasses import dataclass

from db.base import Base, ByColumn, ByParent, TenantOwned
from db.models import (
    AuditEntry,
    CatalogueToken,
    ChangeToken,
    Customer,
    IntakeMessage,
    Product,
    ProductDocument,
    Tenant,
)
from db.models.changes import EVERY_CUSTOMER, WHOLE_TREE
from db.scope.roles import quoted

UNMARKED = (AuditEntry, IntakeMessage, ChangeToken)
"""Owned by tenants, and not marked: the graph shows no messages, and what shows the audit log is
answered anew each time (`server.etag_source`). It grows by what others do, which is no change of
documents."""

_CATALOGUE = (Product, ProductDocument)
_MARKS = ChangeToken.__tablename__
_CATALOGUE_MARKS = CatalogueToken.__tablename__
_TENANTS = Tenant.__tablename__
_CUSTOMERS = Customer.__tablename__
_NOBODY = "CAST(NULL AS uuid)"
_SET = "partnergraph.change"
_MARKED = "partnergraph.marked_"


@dataclass(frozen=True, slots=True)
class _Rule:
    """Whose a row of a table is, as SQL about a row that has a name."""

    table: str
    tenant: str
    customer: str
    """May be NULL; for a tenant's own row it stands for all customers."""

    known_by: str
    """The identifier that tells it without a look at another table; may be NULL."""

    of: str
    """The name of that other table."""

    def key(self, row: str) -> str:
        """SQL of the text by which a transaction remembers that it has marked whose this is."""
        tenant = self.tenant.format(row=row)
        return (
            f"(' ' || {row}.root_tenant_id || '/' || {tenant} || '/{self.of}' "
            f"|| {_text(self.known_by.format(row=row))} || ' ')"
        )

    def place(self, row: str) -> str:
        """SQL of the name of the setting in which it does."""
        return _place(self.known_by.format(row=row))


def _text(identifier: str) -> str:
    return f"COALESCE({identifier}::text, '')"


def _place(identifier: str) -> str:
    # One of 256 settings, so that each holds little.
    return f"('{_MARKED}' || right({_text(identifier)}, 2))"


def marked() -> list[str]:
    """The tables whose changes are marked."""
    return [*(rule.table for rule in _rules()), *(each.__tablename__ for each in _CATALOGUE)]


def create(dialect: str, schema: str) -> list[str]:
    """The statements that create the triggers. From then on nothing is as it was before: while
    there were none, anything may have changed."""
    made = _postgresql(schema) if dialect == "postgresql" else _sqlite()
    return [*made, *everything_changed(dialect)]


def drop(dialect: str) -> list[str]:
    """The statements that drop them, whichever version made them."""
    if dialect == "postgresql":
        # With the functions go the triggers that call them.
        return [
            """DO $$ DECLARE found record; BEGIN
              FOR found IN SELECT oid::regprocedure AS name FROM pg_proc
                           WHERE pronamespace = current_schema()::regnamespace
                           AND proname LIKE 'partnergraph\\_mark%'
              LOOP EXECUTE format('DROP FUNCTION %s CASCADE', found.name); END LOOP;
            END $$"""
        ]
    return [
        f"DROP TRIGGER IF EXISTS {table}_{event}_marked"
        for table in marked()
        for event in ("insert", "update", "delete")
    ]


def everything_changed(dialect: str) -> list[str]:
    """The statements that mark a change for everybody. For whoever goes around the triggers."""
    change = "gen_random_uuid()" if dialect == "postgresql" else _RANDOM
    return [
        f"DELETE FROM {_CATALOGUE_MARKS}",
        f"INSERT INTO {_CATALOGUE_MARKS} (id, change) VALUES ({change}, {change})",
    ]


def _rules() -> list[_Rule]:
    # A tenant's own row is marked each time, as it is marked for others too.
    rules = [_Rule(_TENANTS, "{row}.id", _NOBODY, _NOBODY, "itself")]
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if not issubclass(model, TenantOwned) or model in UNMARKED:
            continue
        match model.of_customer:
            case ByColumn(column):
                customer = f"{{row}}.{column}"
                known_by, of = customer, ""
            case ByParent(column, parent):
                customer = (
                    f"(SELECT parent.customer_id FROM {parent} parent WHERE "
                    f"parent.id = {{row}}.{column} AND parent.tenant_id = {{row}}.tenant_id)"
                )
                known_by, of = f"{{row}}.{column}", parent
            case None:
                customer, known_by, of = _NOBODY, _NOBODY, ""
        table = mapper.local_table.description
        rules.append(_Rule(table, "{row}.tenant_id", customer, known_by, of))
    return sorted(rules, key=lambda rule: rule.table)


# --- PostgreSQL ---

_ROWS = {"insert": ("NEW",), "delete": ("OLD",), "update": ("OLD", "NEW")}
"""What a trigger of the event is given."""

_LONGEST = 8_192
"""Characters of each setting in which a transaction remembers what it has marked; beyond, it
forgets what came first, and looks again."""


def _postgresql(schema: str) -> list[str]:
    # A writer's role sees its own scope alone, and the marks go beyond: a customer's change is
    # also one of the tenant. So these run as the owner, and for the owner there is a policy on
    # this one table (`db.scope.policies`). Whoever calls them can say that something changed, and
    # learns nothing.
    definer = f"SECURITY DEFINER SET search_path = {quoted(schema)}, pg_temp"
    statements = [
        _POSTGRESQL_CHANGE,
        f"""CREATE FUNCTION partnergraph_mark(root integer, tenant integer, customer uuid)
        RETURNS void LANGUAGE plpgsql {definer} AS $$ {_POSTGRESQL_MARK} $$""",
        f"""CREATE FUNCTION partnergraph_mark_row(root integer, tenant integer, customer uuid,
        this uuid) RETURNS void LANGUAGE plpgsql {definer} AS $$ {_POSTGRESQL_MARK_ROW} $$""",
        f"""CREATE FUNCTION partnergraph_mark_catalogue() RETURNS trigger LANGUAGE plpgsql
        {definer} AS $$ {_POSTGRESQL_MARK_CATALOGUE} $$""",
        _POSTGRESQL_MARK_OWNER,
    ]
    for rule in _rules():
        function = f"partnergraph_mark_{rule.table}"
        marks = "".join(
            f"""IF TG_OP <> '{other}' THEN
                IF strpos({_remembered(rule.place(row))}, {rule.key(row)}) = 0 THEN
                  {_postgresql_mark(rule, row)}
                END IF;
              END IF;"""
            for row, other in (("OLD", "INSERT"), ("NEW", "DELETE"))
        )
        statements.append(
            f"""CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN {marks} RETURN NULL; END $$"""
        )
        # A condition of the trigger itself would cost more: it is read anew for each statement.
        statements += [
            f"""CREATE TRIGGER {rule.table}_{event}_marked AFTER {event} ON {rule.table}
            FOR EACH ROW EXECUTE FUNCTION {function}()"""
            for event in _ROWS
        ]
    statements += [
        f"""CREATE TRIGGER {model.__tablename__}_{event}_marked AFTER {event}
        ON {model.__tablename__} FOR EACH STATEMENT EXECUTE FUNCTION partnergraph_mark_catalogue()
        """
        for model in _CATALOGUE
        for event in _ROWS
    ]
    return statements


def _postgresql_mark(rule: _Rule, row: str) -> str:
    """Marks whose the row is."""
    tenant = rule.tenant.format(row=row)
    mark = (
        f"PERFORM partnergraph_mark_owner({row}.root_tenant_id, {tenant}, "
        f"{rule.customer.format(row=row)}, {rule.place(row)}, {rule.key(row)});"
    )
    if rule.table == _TENANTS:
        # Each customer of a tenant sees the tenant's own row.
        mark += (
            f"PERFORM partnergraph_mark(root_tenant_id, tenant_id, id) FROM {_CUSTOMERS} "
            f"WHERE tenant_id = {tenant};"
        )
    return mark


def _remembered(place: str) -> str:
    # Settings that are local to a transaction are undone with a savepoint, as the marks are.
    return f"COALESCE(current_setting({place}, true), '')"


# What this transaction writes into marks.
_POSTGRESQL_CHANGE = f"""CREATE FUNCTION partnergraph_mark_change() RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
  this text := NULLIF(current_setting('{_SET}', true), '');
BEGIN
  IF this IS NULL THEN
    this := set_config('{_SET}', gen_random_uuid()::text, true);
  END IF;
  RETURN this::uuid;
END $$"""

# Remembers the owner, and by which key a row was known to be of it.
_POSTGRESQL_MARK_OWNER = f"""CREATE FUNCTION partnergraph_mark_owner(
  root integer, tenant integer, customer uuid, place text, key text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  owner_place text := {_place("customer")};
  owner text := ' ' || root || '/' || tenant || '/' || {_text("customer")} || ' ';
BEGIN
  IF strpos({_remembered("owner_place")}, owner) = 0 THEN
    PERFORM partnergraph_mark(root, tenant, customer);
    PERFORM set_config(
      owner_place, right({_remembered("owner_place")} || owner, {_LONGEST}), true);
  END IF;
  IF strpos({_remembered("place")}, key) = 0 THEN
    PERFORM set_config(place, right({_remembered("place")} || key, {_LONGEST}), true);
  END IF;
END $$"""

_POSTGRESQL_MARK = f"""
DECLARE
  this uuid := partnergraph_mark_change();
BEGIN
  PERFORM partnergraph_mark_row(root, {WHOLE_TREE}, '{EVERY_CUSTOMER}', this);
  PERFORM partnergraph_mark_row(root, tenant, '{EVERY_CUSTOMER}', this);
  IF customer IS NOT NULL THEN
    PERFORM partnergraph_mark_row(root, tenant, customer, this);
  END IF;
END
"""

_POSTGRESQL_MARK_ROW = f"""
BEGIN
  -- Once in a transaction: each change of a row leaves a version of it behind.
  PERFORM FROM {_MARKS} m WHERE m.root_tenant_id = root AND m.tenant_id = tenant
    AND m.customer_id = customer AND m.change = this;
  IF FOUND THEN
    RETURN;
  END IF;
  -- A row that another transaction holds is passed over, so none waits for another.
  UPDATE {_MARKS} SET change = this WHERE id = (
    SELECT m.id FROM {_MARKS} m WHERE m.root_tenant_id = root AND m.tenant_id = tenant
      AND m.customer_id = customer LIMIT 1 FOR UPDATE SKIP LOCKED);
  IF NOT FOUND THEN
    INSERT INTO {_MARKS} (id, root_tenant_id, tenant_id, customer_id, change)
    VALUES (gen_random_uuid(), root, tenant, customer, this);
  END IF;
END
"""

_POSTGRESQL_MARK_CATALOGUE = f"""
DECLARE
  this uuid := partnergraph_mark_change();
BEGIN
  PERFORM FROM {_CATALOGUE_MARKS} m WHERE m.change = this;
  IF FOUND THEN
    RETURN NULL;
  END IF;
  UPDATE {_CATALOGUE_MARKS} SET change = this WHERE id = (
    SELECT m.id FROM {_CATALOGUE_MARKS} m LIMIT 1 FOR UPDATE SKIP LOCKED);
  IF NOT FOUND THEN
    INSERT INTO {_CATALOGUE_MARKS} (id, change) VALUES (gen_random_uuid(), this);
  END IF;
  RETURN NULL;
END
"""


# --- SQLite ---

_RANDOM = "lower(hex(randomblob(16)))"


def _sqlite() -> list[str]:
    statements = []
    for rule in _rules():
        for event, rows in _ROWS.items():
            marks = "".join(mark for row in rows for mark in _sqlite_marks(rule, row, event))
            statements.append(_sqlite_trigger(rule.table, event, marks))
    for model in _CATALOGUE:
        for event in _ROWS:
            mark = f"UPDATE {_CATALOGUE_MARKS} SET change = {_RANDOM};"
            statements.append(_sqlite_trigger(model.__tablename__, event, mark))
    return statements


def _sqlite_trigger(table: str, event: str, body: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{event}_marked AFTER {event} ON {table} FOR EACH ROW "
        f"BEGIN {body} END"
    )


def _sqlite_marks(rule: _Rule, row: str, event: str) -> list[str]:
    root, tenant = f"{row}.root_tenant_id", rule.tenant.format(row=row)
    every = f"'{EVERY_CUSTOMER.hex}'"
    units = [(str(WHOLE_TREE), every), (tenant, every)]
    if "NULL" not in rule.customer:
        units.append((tenant, rule.customer.format(row=row)))
    marks = [_sqlite_mark(root, *unit) for unit in units]
    if rule.table == _TENANTS and event != "insert":
        # Each customer of a tenant sees the tenant's own row.
        of_tenant = f"customer.root_tenant_id = {root} AND customer.tenant_id = {tenant}"
        marks += [
            f"""UPDATE {_MARKS} SET change = {_RANDOM} WHERE root_tenant_id = {root}
            AND tenant_id = {tenant};""",
            f"""INSERT INTO {_MARKS} (id, root_tenant_id, tenant_id, customer_id, change)
            SELECT {_RANDOM}, {root}, {tenant}, customer.id, {_RANDOM} FROM {_CUSTOMERS} customer
            WHERE {of_tenant} AND NOT EXISTS (SELECT 1 FROM {_MARKS} m WHERE
            m.root_tenant_id = {root} AND m.tenant_id = {tenant} AND m.customer_id = customer.id);
            """,
        ]
    return marks


def _sqlite_mark(root: str, tenant: str, customer: str) -> str:
    there = f"root_tenant_id = {root} AND tenant_id = {tenant} AND customer_id = {customer}"
    return (
        f"UPDATE {_MARKS} SET change = {_RANDOM} WHERE {there};"
        f"INSERT INTO {_MARKS} (id, root_tenant_id, tenant_id, customer_id, change) "
        f"SELECT {_RANDOM}, {root}, {tenant}, {customer}, {_RANDOM} "
        f"WHERE {customer} IS NOT NULL "
        f"AND NOT EXISTS (SELECT 1 FROM {_MARKS} WHERE {there});"
    )
