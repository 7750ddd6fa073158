"""What the tables of the first revision share: names, types, and groups of columns and checks."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
ID = sa.Uuid()
INTEGER = sa.Integer()
TEXT = sa.String()
HASH = sa.String(64)
DATE = sa.Date()
INSTANT = sa.DateTime(timezone=True)
AMOUNT = sa.Numeric(asdecimal=True).with_variant(sa.String(40), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def table(name: str, *parts: SchemaItem | Sequence[SchemaItem]) -> None:
    """Add a table to METADATA."""
    items = [[part] if isinstance(part, SchemaItem) else part for part in parts]
    sa.Table(name, METADATA, *(item for group in items for item in group))


def key(kind: Any, *names: str) -> list[SchemaItem]:
    """Columns of the primary key."""
    return [sa.Column(name, kind, primary_key=True, autoincrement=False) for name in names]


def required(kind: Any, *names: str) -> list[SchemaItem]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def optional(kind: Any, *names: str) -> list[SchemaItem]:
    return [sa.Column(name, kind) for name in names]


def closed_set(name: str, members: str) -> sa.Enum:
    """Text with a check of its members, which are separated by spaces."""
    return sa.Enum(
        *members.split(), name=name, native_enum=False, create_constraint=True, length=40
    )


def business_case() -> list[SchemaItem]:
    members = (
        "NEW_ORDER REORDER CONTRACT_RENEWAL TARIFF_CHANGE CONTRACT_ADJUSTMENT "
        "NEW_SITE_WITH_PORTING NEW_NUMBERS_FOR_SITE PROVIDER_CHANGE_FOR_SITE "
        "PRODUCT_CHANGE PRODUCT_CHANGE_WITH_NEW_ORDER"
    )
    return required(closed_set("business_case", members), "business_case")


def order_phase() -> list[SchemaItem]:
    members = (
        "RECEIVED ACCEPTED CLARIFICATION ON_HOLD CONFIRMED PROVISIONING "
        "COMPLETED REJECTED FAILED PARTIAL CANCELLED"
    )
    return required(closed_set("order_phase", members), "phase")


def document() -> list[SchemaItem]:
    members = "PRODUCT_SHEET SERVICE_DESCRIPTION PRICE_LIST TERMS GUIDE ORDER_CONFIRMATION OTHER"
    kind = closed_set("document_kind", members)
    return [*required(kind, "kind"), *required(TEXT, "title", "content_type", "url")]


def address() -> list[SchemaItem]:
    return optional(TEXT, "street", "house_number", "postal_code", "city", "country")


def product() -> sa.Column[Any]:
    return sa.Column("product_id", ID, sa.ForeignKey("products.id"))


def items_of(column: str, parent: str) -> list[SchemaItem]:
    """The columns and checks of the items of a cart or contract."""
    return [
        *owned(*key(ID, column), *key(INTEGER, "position")),
        link(column, parent),
        product(),
        *required(TEXT, "name"),
        *required(INTEGER, "quantity"),
        *amounts("one_time_amount", "monthly_amount"),
        *required(JSON, "characteristics"),
        *not_negative("quantity"),
    ]


def amounts(*names: str) -> list[SchemaItem]:
    """Amounts and their currency, which is set if one of them is."""
    null = " AND ".join(f"{name} IS NULL" for name in names)
    check = sa.CheckConstraint(f"currency IS NOT NULL OR ({null})", name="amount_has_currency")
    columns = [*optional(AMOUNT, *names), *optional(TEXT, "currency")]
    return [*columns, check, *not_negative(*names)]


def not_negative(*columns: str) -> list[SchemaItem]:
    return [sa.CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative") for name in columns]


def owned(*columns: SchemaItem) -> list[SchemaItem]:
    """The columns of the primary key, which begins with the root of the tree and ends with the
    tenant that owns the row."""
    root, tenant = key(INTEGER, "root_tenant_id"), key(INTEGER, "tenant_id")
    return [*root, *columns, *tenant, owned_by_tenant()]


def owned_by_tenant() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "root_tenant_id"], ["tenants.id", "tenants.root_tenant_id"]
    )


def link(column: str, parent: str) -> sa.ForeignKeyConstraint:
    """A reference within the tenant."""
    return composite_link(parent, **{column: "id"})


def composite_link(parent: str, **columns: str) -> sa.ForeignKeyConstraint:
    """A reference within the tenant by several columns, each with the one that it refers to."""
    pairs = {"root_tenant_id": "root_tenant_id", **columns, "tenant_id": "tenant_id"}
    return sa.ForeignKeyConstraint([*pairs], [f"{parent}.{name}" for name in pairs.values()])


def identified() -> list[SchemaItem]:
    """The columns of a primary key with an id, and the index for look-ups by id alone."""
    return [*owned(*key(ID, "id")), sa.Index(None, "id")]


def numbered() -> list[SchemaItem]:
    """A number that is unique within the tree, and the index of lists sorted by it."""
    return [
        *required(TEXT, "number"),
        sa.UniqueConstraint("number", "root_tenant_id"),
        sa.Index(None, "root_tenant_id", "number", "id"),
    ]


def sorted_by(column: str, *filters: str) -> list[SchemaItem]:
    """Indexes of lists in the order of a column, by the column that each list filters on."""
    # `root_tenant_id` itself may be the filter; it occurs once.
    columns = (dict.fromkeys((first, "root_tenant_id", column, "id")) for first in filters)
    return [sa.Index(None, *names) for names in columns]


def index_where(condition: str, name: str, *columns: str, unique: bool = False) -> sa.Index:
    """An index of the rows that meet the condition."""
    where = sa.text(condition)
    return sa.Index(name, *columns, unique=unique, postgresql_where=where, sqlite_where=where)


def searched(table: str, *kinds: str) -> list[SchemaItem]:
    """The texts that search reads, one for each kind of document, with their index."""
    columns = [f"search_{kind}" for kind in kinds]
    index = sa.Index(
        f"ix_{table}_search",
        *columns,
        postgresql_using="gin",
        postgresql_ops=dict.fromkeys(columns, "gin_trgm_ops"),
    )
    return [*required(TEXT, *columns), index.ddl_if(dialect="postgresql")]
