"""Triggers that refuse changes of stated content, history and the audit log.

SQLite has no privileges, so triggers enforce the same rules on both databases:

- the stated columns of an order never change, and an order is never deleted;
- its stated parts are never changed or deleted, and none is added after the order's first history
  entry, which seals it;
- history, intake messages and the audit log are append-only.
"""

from db.models import (
    AuditEntry,
    IntakeMessage,
    Order,
    OrderExternalId,
    OrderHistoryEntry,
    OrderItem,
    OrderPrice,
)

STATED_COLUMNS = (
    "id",
    "tenant_id",
    "root_tenant_id",
    "number",
    "customer_id",
    "site_id",
    "product_id",
    "offer_id",
    "business_case",
    "category",
    "description",
    "dealer_id",
    "sub_partner_id",
    "confirmed_by_id",
    "received_at",
    "requested_start_date",
    "requested_completion_date",
    "automated",
    "characteristics",
)
"""Columns of `orders`."""

_STATED = "stated content cannot be changed"
_SEALED = "stated parts cannot be added to a received order"
_APPEND_ONLY = "append-only"

# Table → columns that may change.
_STATED_PARTS: dict[str, tuple[str, ...]] = {
    OrderItem.__tablename__: ("state",),
    OrderPrice.__tablename__: (),
    OrderExternalId.__tablename__: (),
}
_APPEND_ONLY_TABLES = (
    OrderHistoryEntry.__tablename__,
    IntakeMessage.__tablename__,
    AuditEntry.__tablename__,
)


def create(dialect: str) -> list[str]:
    """The statements that create the triggers."""
    return _postgresql() if dialect == "postgresql" else _sqlite()


def drop(dialect: str) -> list[str]:
    """The statements that drop the triggers."""
    if dialect == "postgresql":
        tables = {Order.__tablename__, *_STATED_PARTS, *_APPEND_ONLY_TABLES}
        triggers = [
            f"DROP TRIGGER IF EXISTS {table}_{rule} ON {table}"
            for table in sorted(tables)
            for rule in ("immutable", "undeletable", "sealed")
        ]
        return [
            *triggers,
            "DROP FUNCTION IF EXISTS partnergraph_refuse()",
            "DROP FUNCTION IF EXISTS partnergraph_refuse_sealed()",
        ]
    return [f"DROP TRIGGER IF EXISTS {name}" for name in sorted(_sqlite_names())]


def _part_columns(table: str) -> list[str]:
    mutable = _STATED_PARTS[table]
    columns = Order.metadata.tables[table].columns
    return [c.name for c in columns if c.name not in mutable]


def _rules() -> list[tuple[str, str, list[str] | None, str]]:
    """`(table, event, columns that must not change or None for all, message)`."""
    rules: list[tuple[str, str, list[str] | None, str]] = [
        (Order.__tablename__, "UPDATE", list(STATED_COLUMNS), f"{Order.__tablename__}: {_STATED}"),
        (Order.__tablename__, "DELETE", None, f"{Order.__tablename__}: an order is never deleted"),
    ]
    for table in _STATED_PARTS:
        rules.append((table, "UPDATE", _part_columns(table), f"{table}: {_STATED}"))
        rules.append((table, "DELETE", None, f"{table}: {_STATED}"))
    for table in _APPEND_ONLY_TABLES:
        rules.append((table, "UPDATE", None, f"{table}: {_APPEND_ONLY}"))
        rules.append((table, "DELETE", None, f"{table}: {_APPEND_ONLY}"))
    return rules


_RULE_OF_EVENT = {"UPDATE": "immutable", "DELETE": "undeletable"}


def _postgresql() -> list[str]:
    statements = [
        """CREATE FUNCTION partnergraph_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
        END $$""",
        f"""CREATE FUNCTION partnergraph_refuse_sealed() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
          IF EXISTS (SELECT 1 FROM {OrderHistoryEntry.__tablename__} h
                     WHERE h.order_id = NEW.order_id AND h.sequence = 1) THEN
            RAISE EXCEPTION '{_SEALED}' USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END $$""",
    ]
    for table, event, columns, message in _rules():
        when = ""
        if columns is not None:
            changed = " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns)
            when = f"WHEN ({changed}) "
        statements.append(
            f"CREATE TRIGGER {table}_{_RULE_OF_EVENT[event]} BEFORE {event} ON {table} "
            f"FOR EACH ROW {when}EXECUTE FUNCTION partnergraph_refuse('{message}')"
        )
    statements += [
        f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION partnergraph_refuse_sealed()"
        for table in _STATED_PARTS
    ]
    return statements


def _sqlite() -> list[str]:
    statements = []
    for table, event, columns, message in _rules():
        when = ""
        if columns is not None:
            when = "WHEN " + " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in columns)
        statements.append(
            f"CREATE TRIGGER {table}_{_RULE_OF_EVENT[event]} BEFORE {event} ON {table} "
            f"FOR EACH ROW {when} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
    statements += [
        f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} FOR EACH ROW "
        f"WHEN EXISTS (SELECT 1 FROM {OrderHistoryEntry.__tablename__} h "
        "WHERE h.order_id = NEW.order_id AND h.sequence = 1) "
        f"BEGIN SELECT RAISE(ABORT, '{_SEALED}'); END"
        for table in _STATED_PARTS
    ]
    return statements


def _sqlite_names() -> set[str]:
    names = {f"{table}_{_RULE_OF_EVENT[event]}" for table, event, _, _ in _rules()}
    return names | {f"{table}_sealed" for table in _STATED_PARTS}
