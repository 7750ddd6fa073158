"""Triggers that renew change tokens (`db.models.changes`), on every table that the graph shows.

They are derived from the models, as those of `db.immutability` are. A change of a row renews the
tokens of its tree, tenant and customer; a row that changes its owner renews those of both.

A token must be as new as the state that a snapshot shows, so the transaction of the change writes
it. On PostgreSQL writers do not wait for each other, and none can hide another's change, in
whichever order they commit: each updates a row that no other transaction holds, or adds one, and
holds it until it ends. SQLite has one writer at a time.

A transaction renews each token once. PostgreSQL's triggers remember that in settings of the
transaction, SQLite's in a row that the program's transactions add and remove (`db.engine`).
"""

from collections.abc import Collection
from dataclasses import dataclass

from db.base import ByColumn, ByParent
from db.models import (
    MODELS_OF_TENANTS,
    AuditEntry,
    CatalogueToken,
    ChangeToken,
    Customer,
    IdempotencyKey,
    IntakeMessage,
    Product,
    ProductDocument,
    Tenant,
)
from db.models.changes import EVERY_CUSTOMER, TRANSACTION, WHOLE_TREE
from db.scope.roles import quoted

UNTRACKED = (AuditEntry, IdempotencyKey, IntakeMessage, ChangeToken)
"""Models owned by tenants that renew no token when they change. The graph shows no intake messages
and no keys, and answers with audit entries get no entity tag (`server.etag_source`)."""

_CATALOGUE = (Product, ProductDocument)
_TOKENS = ChangeToken.__tablename__
_CATALOGUE_TOKENS = CatalogueToken.__tablename__
_TENANTS = Tenant.__tablename__
_CUSTOMERS = Customer.__tablename__
_NULL = "CAST(NULL AS uuid)"
_TOKEN_SETTING = "partnergraph.token"  # noqa: S105 (the name of a setting)
_RENEWED_SETTING = "partnergraph.renewed_"

_ROWS = {"insert": ("NEW",), "delete": ("OLD",), "update": ("OLD", "NEW")}
"""The rows that a trigger gets, by event."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """The owner of a table's rows, as SQL in which `{row}` stands for the row."""

    table: str
    tenant: str
    customer: str
    """May be NULL. For a tenant's own row it stands for all customers."""

    known_by: str
    """A column that determines the owner without reading another table; may be NULL."""

    parent: str
    """The table that the column refers to; "itself" for a tenant's own row."""

    def key(self, row: str) -> str:
        """SQL of the text under which a transaction remembers the owners it has renewed."""
        tenant = self.tenant.format(row=row)
        return (
            f"(' ' || {row}.root_tenant_id || '/' || {tenant} || '/{self.parent}' "
            f"|| {_text(self.known_by.format(row=row))} || ' ')"
        )

    def setting(self, row: str) -> str:
        """SQL of the name of the setting that holds the key."""
        return _renewed_setting(self.known_by.format(row=row))


def _text(identifier: str) -> str:
    return f"COALESCE({identifier}::text, '')"


def _renewed_setting(identifier: str) -> str:
    # One of 256 settings, so that each stays short.
    return f"('{_RENEWED_SETTING}' || right({_text(identifier)}, 2))"


def tracked_tables() -> list[str]:
    """The tables whose changes renew tokens."""
    return [*(rule.table for rule in _rules()), *(model.__tablename__ for model in _CATALOGUE)]


def create(dialect: str, schema: str, *, distributed: bool = False) -> list[str]:
    """The statements that create the triggers, and renew every token: while there were no
    triggers, anything may have changed.

    On distributed tables (`db.distribution`) there are none for tenants and the catalogue. Every
    node has a copy of these, and would try to renew the same tokens.
    """
    copied = {_TENANTS, *(model.__tablename__ for model in _CATALOGUE)} if distributed else set()
    statements = _postgresql(schema, copied) if dialect == "postgresql" else _sqlite()
    return [*statements, *renew_all(dialect)]


def drop(dialect: str) -> list[str]:
    """The statements that drop the triggers of any version of the program."""
    if dialect == "postgresql":
        # CASCADE drops the triggers that call the functions.
        return [
            """DO $$ DECLARE function record; BEGIN
              FOR function IN SELECT oid::regprocedure AS name FROM pg_proc
                           WHERE pronamespace = current_schema()::regnamespace
                           AND proname LIKE 'partnergraph\\_token\\_%'
              LOOP EXECUTE format('DROP FUNCTION %s CASCADE', function.name); END LOOP;
            END $$"""
        ]
    return [
        f"DROP TRIGGER IF EXISTS {table}_{event}_token"
        for table in tracked_tables()
        for event in _ROWS
    ]


def renew_all(dialect: str) -> list[str]:
    """The statements that change every scope's token, for changes made without the triggers."""
    token = "gen_random_uuid()" if dialect == "postgresql" else _RANDOM
    return [
        f"DELETE FROM {_CATALOGUE_TOKENS}",
        f"INSERT INTO {_CATALOGUE_TOKENS} (id, token) VALUES ({token}, {token})",
    ]


def _rules() -> list[_Rule]:
    # A tenant's own row never counts as renewed: it renews the tokens of others, too.
    rules = [_Rule(_TENANTS, "{row}.id", _NULL, _NULL, "itself")]
    for table, model in MODELS_OF_TENANTS.items():
        if model is Tenant or model in UNTRACKED:
            continue
        match model.of_customer:
            case ByColumn(column):
                customer = f"{{row}}.{column}"
                known_by, parent = customer, ""
            case ByParent(column, parent):
                customer = (
                    f"(SELECT parent.customer_id FROM {parent} parent WHERE "
                    f"parent.root_tenant_id = {{row}}.root_tenant_id AND "
                    f"parent.id = {{row}}.{column} AND parent.tenant_id = {{row}}.tenant_id)"
                )
                known_by = f"{{row}}.{column}"
            case None:
                customer, known_by, parent = _NULL, _NULL, ""
        rules.append(_Rule(table, "{row}.tenant_id", customer, known_by, parent))
    return sorted(rules, key=lambda rule: rule.table)


def _trigger(table: str, event: str, action: str) -> str:
    return f"CREATE TRIGGER {table}_{event}_token AFTER {event} ON {table} {action}"


# --- PostgreSQL ---

_LONGEST = 8_192
"""Characters of each setting in which a transaction remembers what it has renewed. The oldest are
forgotten beyond that, and looked up again."""


def _postgresql(schema: str, without: Collection[str]) -> list[str]:
    # A writer's role sees its own scope alone, and the tokens go beyond it: a customer's change is
    # also one of the tenant. So these functions run as the owner, for whom this one table has a
    # policy (`db.scope.policies`). A caller can renew a token, and learns nothing.
    definer = f"SECURITY DEFINER SET search_path = {quoted(schema)}, pg_temp"
    statements = [
        _POSTGRESQL_CURRENT,
        f"""CREATE FUNCTION partnergraph_token_renew(root integer, tenant integer, customer uuid)
        RETURNS void LANGUAGE plpgsql {definer} AS $$ {_POSTGRESQL_RENEW} $$""",
        f"""CREATE FUNCTION partnergraph_token_renew_row(root integer, tenant integer,
        customer uuid, this uuid) RETURNS void LANGUAGE plpgsql {definer}
        AS $$ {_POSTGRESQL_RENEW_ROW} $$""",
        f"""CREATE FUNCTION partnergraph_token_renew_catalogue() RETURNS trigger LANGUAGE plpgsql
        {definer} AS $$ {_POSTGRESQL_RENEW_CATALOGUE} $$""",
        _POSTGRESQL_RENEW_OWNER,
    ]
    for rule in _rules():
        if rule.table in without:
            continue
        function = f"partnergraph_token_{rule.table}"
        renewals = "".join(
            f"""IF TG_OP <> '{other}' THEN
                IF strpos({_remembered(rule.setting(row))}, {rule.key(row)}) = 0 THEN
                  {_postgresql_renewal(rule, row)}
                END IF;
              END IF;"""
            for row, other in (("OLD", "INSERT"), ("NEW", "DELETE"))
        )
        statements.append(
            f"""CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN {renewals} RETURN NULL; END $$"""
        )
        # A WHEN clause would cost more: it is parsed again for each statement.
        renew = f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        statements += [_trigger(rule.table, event, renew) for event in _ROWS]
    renew = "FOR EACH STATEMENT EXECUTE FUNCTION partnergraph_token_renew_catalogue()"
    tables = [model.__tablename__ for model in _CATALOGUE if model.__tablename__ not in without]
    return [*statements, *(_trigger(table, event, renew) for table in tables for event in _ROWS)]


def _postgresql_renewal(rule: _Rule, row: str) -> str:
    """PL/pgSQL that renews the tokens of a row's owner."""
    tenant = rule.tenant.format(row=row)
    renewal = (
        f"PERFORM partnergraph_token_renew_owner({row}.root_tenant_id, {tenant}, "
        f"{rule.customer.format(row=row)}, {rule.setting(row)}, {rule.key(row)});"
    )
    if rule.table == _TENANTS:
        # Each customer of a tenant sees the tenant's own row.
        renewal += (
            f"PERFORM partnergraph_token_renew(root_tenant_id, tenant_id, id) FROM {_CUSTOMERS} "
            f"WHERE root_tenant_id = {row}.root_tenant_id AND tenant_id = {tenant};"
        )
    return renewal


def _remembered(setting: str) -> str:
    # Settings that are local to a transaction are undone with a savepoint, as the tokens are.
    return f"COALESCE(current_setting({setting}, true), '')"


# Returns the token of this transaction.
_POSTGRESQL_CURRENT = f"""CREATE FUNCTION partnergraph_token_current() RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
  this text := NULLIF(current_setting('{_TOKEN_SETTING}', true), '');
BEGIN
  IF this IS NULL THEN
    this := set_config('{_TOKEN_SETTING}', gen_random_uuid()::text, true);
  END IF;
  RETURN this::uuid;
END $$"""

# Renews the tokens of an owner, and remembers the owner and the key that led to it.
_POSTGRESQL_RENEW_OWNER = f"""CREATE FUNCTION partnergraph_token_renew_owner(
  root integer, tenant integer, customer uuid, setting text, key text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  owner_setting text := {_renewed_setting("customer")};
  owner text := ' ' || root || '/' || tenant || '/' || {_text("customer")} || ' ';
BEGIN
  IF strpos({_remembered("owner_setting")}, owner) = 0 THEN
    PERFORM partnergraph_token_renew(root, tenant, customer);
    PERFORM set_config(
      owner_setting, right({_remembered("owner_setting")} || owner, {_LONGEST}), true);
  END IF;
  IF strpos({_remembered("setting")}, key) = 0 THEN
    PERFORM set_config(setting, right({_remembered("setting")} || key, {_LONGEST}), true);
  END IF;
END $$"""

_POSTGRESQL_RENEW = f"""
DECLARE
  this uuid := partnergraph_token_current();
BEGIN
  PERFORM partnergraph_token_renew_row(root, {WHOLE_TREE}, '{EVERY_CUSTOMER}', this);
  PERFORM partnergraph_token_renew_row(root, tenant, '{EVERY_CUSTOMER}', this);
  IF customer IS NOT NULL THEN
    PERFORM partnergraph_token_renew_row(root, tenant, customer, this);
  END IF;
END
"""

_POSTGRESQL_RENEW_ROW = f"""
BEGIN
  -- Once in a transaction: each update leaves a dead version of the row behind.
  PERFORM FROM {_TOKENS} t WHERE t.root_tenant_id = root AND t.tenant_id = tenant
    AND t.customer_id = customer AND t.token = this;
  IF FOUND THEN
    RETURN;
  END IF;
  -- Rows that other transactions hold are skipped, so that none waits for another.
  UPDATE {_TOKENS} SET token = this WHERE root_tenant_id = root AND tenant_id = tenant AND id = (
    SELECT t.id FROM {_TOKENS} t WHERE t.root_tenant_id = root AND t.tenant_id = tenant
      AND t.customer_id = customer LIMIT 1 FOR UPDATE SKIP LOCKED);
  IF NOT FOUND THEN
    INSERT INTO {_TOKENS} (id, root_tenant_id, tenant_id, customer_id, token)
    VALUES (gen_random_uuid(), root, tenant, customer, this);
  END IF;
END
"""

_POSTGRESQL_RENEW_CATALOGUE = f"""
DECLARE
  this uuid := partnergraph_token_current();
BEGIN
  PERFORM FROM {_CATALOGUE_TOKENS} t WHERE t.token = this;
  IF FOUND THEN
    RETURN NULL;
  END IF;
  UPDATE {_CATALOGUE_TOKENS} SET token = this WHERE id = (
    SELECT t.id FROM {_CATALOGUE_TOKENS} t LIMIT 1 FOR UPDATE SKIP LOCKED);
  IF NOT FOUND THEN
    INSERT INTO {_CATALOGUE_TOKENS} (id, token) VALUES (gen_random_uuid(), this);
  END IF;
  RETURN NULL;
END
"""


# --- SQLite ---

_RANDOM = "lower(hex(randomblob(16)))"
_CURRENT = f"(SELECT token FROM {_CATALOGUE_TOKENS} WHERE id = '{TRANSACTION.hex}')"

BEGIN_TRANSACTION = (
    f"INSERT INTO {_CATALOGUE_TOKENS} (id, token) VALUES ('{TRANSACTION.hex}', {_RANDOM})"
)
"""On SQLite the first statement of a transaction that renews each token once. Without it each row
renews the tokens anew, which costs more than to write the row."""
END_TRANSACTION = f"DELETE FROM {_CATALOGUE_TOKENS} WHERE id = '{TRANSACTION.hex}'"
"""The last one: the changes of later transactions must not pass for those of this one."""


def _sqlite() -> list[str]:
    statements = []
    for rule in _rules():
        for event, rows in _ROWS.items():
            body = "".join(sql for row in rows for sql in _sqlite_renewals(rule, row, event))
            when = " OR ".join(f"NOT {_sqlite_is_renewed(rule, row)}" for row in rows)
            # A tenant's own row renews the tokens of others, too.
            when = "" if rule.table == _TENANTS else f"WHEN {when} "
            statements.append(_trigger(rule.table, event, f"FOR EACH ROW {when}BEGIN {body} END"))
    renew = (
        f"FOR EACH ROW BEGIN UPDATE {_CATALOGUE_TOKENS} SET token = {_RANDOM} "
        f"WHERE id <> '{TRANSACTION.hex}'; END"
    )
    tables = [model.__tablename__ for model in _CATALOGUE]
    return [*statements, *(_trigger(table, event, renew) for table in tables for event in _ROWS)]


def _sqlite_is_renewed(rule: _Rule, row: str) -> str:
    """SQL that tells whether the transaction has renewed the tokens of a row's owner: the last of
    them has the transaction's token. A savepoint that is rolled back takes it away."""
    tenant, customer = rule.tenant.format(row=row), rule.customer.format(row=row)
    if "NULL" in rule.customer:
        customer = f"'{EVERY_CUSTOMER.hex}'"
    return (
        f"EXISTS (SELECT 1 FROM {_TOKENS} t WHERE t.root_tenant_id = {row}.root_tenant_id "
        f"AND t.tenant_id = {tenant} AND t.customer_id = {customer} AND t.token = {_CURRENT})"
    )


def _sqlite_renewals(rule: _Rule, row: str, event: str) -> list[str]:
    root, tenant = f"{row}.root_tenant_id", rule.tenant.format(row=row)
    every = f"'{EVERY_CUSTOMER.hex}'"
    owners = [(str(WHOLE_TREE), every), (tenant, every)]
    if "NULL" not in rule.customer:
        owners.append((tenant, rule.customer.format(row=row)))
    statements = [_sqlite_renewal(root, *owner) for owner in owners]
    if rule.table == _TENANTS and event != "insert":
        # Each customer of a tenant sees the tenant's own row.
        of_tenant = f"customer.root_tenant_id = {root} AND customer.tenant_id = {tenant}"
        statements += [
            f"""UPDATE {_TOKENS} SET token = {_RANDOM} WHERE root_tenant_id = {root}
            AND tenant_id = {tenant};""",
            f"""INSERT INTO {_TOKENS} (id, root_tenant_id, tenant_id, customer_id, token)
            SELECT {_RANDOM}, {root}, {tenant}, customer.id, {_RANDOM} FROM {_CUSTOMERS} customer
            WHERE {of_tenant} AND NOT EXISTS (SELECT 1 FROM {_TOKENS} t WHERE
            t.root_tenant_id = {root} AND t.tenant_id = {tenant} AND t.customer_id = customer.id);
            """,
        ]
    return statements


def _sqlite_renewal(root: str, tenant: str, customer: str) -> str:
    owner = f"root_tenant_id = {root} AND tenant_id = {tenant} AND customer_id = {customer}"
    token = f"COALESCE({_CURRENT}, {_RANDOM})"
    return (
        f"UPDATE {_TOKENS} SET token = {token} WHERE {owner};"
        f"INSERT INTO {_TOKENS} (id, root_tenant_id, tenant_id, customer_id, token) "
        f"SELECT {_RANDOM}, {root}, {tenant}, {customer}, {token} "
        f"WHERE {customer} IS NOT NULL "
        f"AND NOT EXISTS (SELECT 1 FROM {_TOKENS} WHERE {owner});"
    )
