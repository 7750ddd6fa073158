"""The catalogue, carts, offers with the consents given to them, and contracts."""

import sqlalchemy as sa

from db.migrations.first.columns import (
    DATE,
    ID,
    INSTANT,
    INTEGER,
    TEXT,
    business_case,
    closed_set,
    document,
    identified,
    items_of,
    key,
    link,
    numbered,
    optional,
    owned,
    product,
    required,
    searched,
    sorted_by,
    table,
)

_FAMILIES = "CENTRAFLEX SIP_TRUNK VOICE_SITE DSL LEASED_LINE FIBRE OTHER"

table(
    "products",
    key(ID, "id"),
    sa.Column("number", TEXT, nullable=False, unique=True),
    required(TEXT, "name"),
    required(closed_set("product_family", _FAMILIES), "family"),
    optional(TEXT, "description_de", "description_en"),
)

table(
    "product_documents",
    sa.Column("product_id", ID, sa.ForeignKey("products.id"), primary_key=True),
    key(INTEGER, "position"),
    document(),
    required(sa.String(2), "language"),
)

table(
    "carts",
    identified(),
    required(TEXT, "number"),
    sa.UniqueConstraint("number", "root_tenant_id"),
    required(ID, "customer_id"),
    optional(ID, "site_id", "contract_id"),
    business_case(),
    required(closed_set("cart_status", "OPEN FROZEN"), "status"),
    required(INSTANT, "created_at", "updated_at"),
    link("customer_id", "customers"),
    link("site_id", "sites"),
    link("contract_id", "contracts"),
    sorted_by("created_at", "contract_id", "customer_id", "site_id", "tenant_id"),
)

table("cart_items", items_of("cart_id", "carts"))

table(
    "offers",
    identified(),
    numbered(),
    required(ID, "customer_id"),
    optional(ID, "cart_id", "created_by_id"),
    business_case(),
    required(
        closed_set("offer_status", "CREATED SENT CONSENTED ORDERED DECLINED WITHDRAWN EXPIRED"),
        "status",
    ),
    required(INSTANT, "created_at", "updated_at"),
    optional(INSTANT, "sent_at", "decided_at"),
    optional(DATE, "valid_until"),
    link("customer_id", "customers"),
    link("cart_id", "carts"),
    link("created_by_id", "portal_users"),
    sa.UniqueConstraint("cart_id", "root_tenant_id"),
    sorted_by("created_at", "customer_id", "root_tenant_id", "tenant_id"),
    searched("offers", "offers", "customers"),
)

table(
    "offer_consents",
    owned(*key(ID, "offer_id"), *key(closed_set("consent_by", "CUSTOMER CARRIER"), "given_by")),
    required(INSTANT, "given_at"),
    required(TEXT, "name"),
    optional(TEXT, "email"),
    link("offer_id", "offers"),
)

table(
    "contracts",
    identified(),
    numbered(),
    required(ID, "customer_id"),
    optional(ID, "site_id", "predecessor_id"),
    product(),
    required(closed_set("contract_status", "ACTIVE TERMINATED EXPIRED REPLACED"), "status"),
    optional(DATE, "term_start", "term_end", "renewable_from"),
    sa.Column(
        "term_end_sort",
        DATE,
        sa.Computed("coalesce(term_end, '9999-12-31')", persisted=True),
        nullable=False,
    ),
    optional(INTEGER, "minimum_months", "notice_period_months"),
    optional(TEXT, "dealer_id", "sub_partner_id"),
    required(INSTANT, "created_at", "updated_at"),
    required(INTEGER, "version"),
    link("customer_id", "customers"),
    link("site_id", "sites"),
    link("predecessor_id", "contracts"),
    sa.UniqueConstraint("predecessor_id", "root_tenant_id"),
    sa.CheckConstraint("term_end >= term_start", name="term_ends_after_start"),
    sa.CheckConstraint(
        "minimum_months >= 0 AND notice_period_months >= 0", name="months_not_negative"
    ),
    sa.CheckConstraint("predecessor_id <> id", name="not_its_own_predecessor"),
    sorted_by("created_at", "customer_id", "product_id", "root_tenant_id", "site_id", "tenant_id"),
    sorted_by("term_end_sort", "root_tenant_id"),
    sorted_by("updated_at", "root_tenant_id"),
    searched("contracts", "contracts", "customers"),
)

table("contract_items", items_of("contract_id", "contracts"))
