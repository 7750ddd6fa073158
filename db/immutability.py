"""Triggers that refuse changes of stated content, history and the audit log.

SQLite has no privileges, so triggers enforce the same rules on both databases:

- the stated columns of an order never change, and an order is never deleted;
- its stated parts are never changed or deleted, and none is added after the order's first history
  entry, which seals it;
- history, intake messages and the audit log are append-only.
"""

from collections.abc import Iterator, Sequence

from db.models import (
    AuditEntry,
    CarrierAuditEntry,
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
    CarrierAuditEntry.__tablename__,
)


def create(dialect: str) -> list[str]:
    """The statements that create the triggers."""
    return _postgresql() if dialect == "postgresql" else _sqlite()


def drop(dialect: str) -> list[str]:
    """The statements that drop the triggers."""
    if dialect == "postgresql":
        # CASCADE drops the triggers that call the functions.
        return [
            "DROP FUNCTION IF EXISTS partnergraph_refuse() CASCADE",
            "DROP FUNCTION IF EXISTS partnergraph_refuse_sealed() CASCADE",
        ]
    names = [f"{table}_{_RULE_OF_EVENT[event]}" for table, event, _, _ in _rules()]
    names += [f"{table}_sealed" for table in _STATED_PARTS]
    return [f"DROP TRIGGER IF EXISTS {name}" for name in names]


def _rules() -> Iterator[tuple[str, str, Sequence[str], str]]:
    """`(table, event, columns that must not change or empty for all, message)`."""
    orders = Order.__tablename__
    yield orders, "UPDATE", STATED_COLUMNS, f"{orders}: {_STATED}"
    yield orders, "DELETE", (), f"{orders}: an order is never deleted"
    for table, mutable in _STATED_PARTS.items():
        columns = [c.name for c in Order.metadata.tables[table].columns if c.name not in mutable]
        yield table, "UPDATE", columns, f"{table}: {_STATED}"
        yield table, "DELETE", (), f"{table}: {_STATED}"
    for table in _APPEND_ONLY_TABLES:
        yield table, "UPDATE", (), f"{table}: {_APPEND_ONLY}"
        yield table, "DELETE", (), f"{table}: {_APPEND_ONLY}"


_RULE_OF_EVENT = {"UPDATE": "immutable", "DELETE": "undeletable"}


def _trigger(table: str, event: str, columns: Sequence[str], differs: str) -> str:
    """The start of a trigger that refuses an event, or changes of columns if there are any."""
    changed = " OR ".join(f"OLD.{c} {differs} NEW.{c}" for c in columns)
    return (
        f"CREATE TRIGGER {table}_{_RULE_OF_EVENT[event]} BEFORE {event} ON {table} "
        f"FOR EACH ROW {f'WHEN ({changed})' if columns else ''}"
    )


def _postgresql() -> list[str]:
    return [
        """CREATE FUNCTION partnergraph_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
        END $$""",
        f"""CREATE FUNCTION partnergraph_refuse_sealed() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
          IF EXISTS (SELECT 1 FROM {OrderHistoryEntry.__tablename__} h
                     WHERE h.root_tenant_id = NEW.root_tenant_id AND h.order_id = NEW.order_id
                     AND h.sequence = 1) THEN
            RAISE EXCEPTION '{_SEALED}' USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END $$""",
        *(
            f"{_trigger(table, event, columns, 'IS DISTINCT FROM')} "
            f"EXECUTE FUNCTION partnergraph_refuse('{message}')"
            for table, event, columns, message in _rules()
        ),
        *(
            f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION partnergraph_refuse_sealed()"
            for table in _STATED_PARTS
        ),
    ]


def _sqlite() -> list[str]:
    return [
        *(
            f"{_trigger(table, event, columns, 'IS NOT')} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            for table, event, columns, message in _rules()
        ),
        *(
            f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} FOR EACH ROW "
            f"WHEN EXISTS (SELECT 1 FROM {OrderHistoryEntry.__tablename__} h "
            "WHERE h.root_tenant_id = NEW.root_tenant_id AND h.order_id = NEW.order_id "
            "AND h.sequence = 1) "
            f"BEGIN SELECT RAISE(ABORT, '{_SEALED}'); END"
            for table in _STATED_PARTS
        ),
    ]
