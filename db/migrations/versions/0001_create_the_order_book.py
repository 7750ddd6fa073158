"""Create the order book"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
AMOUNT = sa.Numeric(asdecimal=True).with_variant(sa.String(40), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

TABLES = (
    "products",
    "tenants",
    "api_clients",
    "customers",
    "product_documents",
    "api_keys",
    "portal_users",
    "sites",
    "contracts",
    "carts",
    "contract_items",
    "cart_items",
    "offers",
    "offer_consents",
    "orders",
    "intake_messages",
    "order_delays",
    "order_documents",
    "order_external_ids",
    "order_history",
    "order_items",
    "order_milestones",
    "order_notes",
    "order_prices",
)

SEARCHED = ("contracts", "customers", "offers", "orders")


def _expected_sort() -> str:
    unknown = {
        "postgresql": "TIMESTAMP WITH TIME ZONE '9999-12-31 00:00:00+00'",
        "sqlite": "'9999-12-31 00:00:00.000000'",
    }[op.get_bind().dialect.name]
    return f"coalesce(expected_completion_date, {unknown})"


def upgrade() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "family",
            sa.Enum(
                "CENTRAFLEX",
                "SIP_TRUNK",
                "VOICE_SITE",
                "DSL",
                "LEASED_LINE",
                "FIBRE",
                "OTHER",
                name="product_family",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("description_de", sa.String(), nullable=True),
        sa.Column("description_en", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("number", name=op.f("uq_products_number")),
    )
    op.create_table(
        "tenants",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(parent_id IS NULL) = (root_tenant_id = id)",
            name=op.f("ck_tenants_root_has_no_parent"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_tenants_parent_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("id", "root_tenant_id", name=op.f("uq_tenants_id_root_tenant_id")),
        sa.UniqueConstraint("number", name=op.f("uq_tenants_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_tenants_public_id")),
    )
    op.create_index(
        op.f("ix_tenants_parent_id_name_public_id"),
        "tenants",
        ["parent_id", "name", "public_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_tenants_root_tenant_id_name_public_id"),
        "tenants",
        ["root_tenant_id", "name", "public_id"],
        unique=False,
    )
    op.create_table(
        "api_clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_api_clients_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_clients")),
    )
    op.create_index(op.f("ix_api_clients_tenant_id"), "api_clients", ["tenant_id"], unique=False)
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "CUSTOMER",
                "PROSPECT",
                name="customer_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=True),
        sa.Column("house_number", sa.String(), nullable=True),
        sa.Column("postal_code", sa.String(), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_customers_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("id", "tenant_id", name=op.f("pk_customers")),
        sa.UniqueConstraint(
            "root_tenant_id", "number", name=op.f("uq_customers_root_tenant_id_number")
        ),
    )
    op.create_index(
        op.f("ix_customers_root_tenant_id_created_at_id"),
        "customers",
        ["root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customers_root_tenant_id_name_id"),
        "customers",
        ["root_tenant_id", "name", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customers_tenant_id_root_tenant_id_name_id"),
        "customers",
        ["tenant_id", "root_tenant_id", "name", "id"],
        unique=False,
    )
    op.create_table(
        "product_documents",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "PRODUCT_SHEET",
                "SERVICE_DESCRIPTION",
                "PRICE_LIST",
                "TERMS",
                "GUIDE",
                "ORDER_CONFIRMATION",
                "OTHER",
                name="document_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_documents_product_id")
        ),
        sa.PrimaryKeyConstraint("product_id", "position", name=op.f("pk_product_documents")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name=op.f("fk_api_keys_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
    )
    op.create_index(op.f("ix_api_keys_client_id"), "api_keys", ["client_id"], unique=False)
    op.create_table(
        "portal_users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "tenant_id"],
            ["customers.id", "customers.tenant_id"],
            name=op.f("fk_portal_users_customer_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_portal_users_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("id", "tenant_id", name=op.f("pk_portal_users")),
        sa.UniqueConstraint(
            "root_tenant_id", "email", name=op.f("uq_portal_users_root_tenant_id_email")
        ),
    )
    op.create_index(
        op.f("ix_portal_users_customer_id"), "portal_users", ["customer_id"], unique=False
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("street", sa.String(), nullable=True),
        sa.Column("house_number", sa.String(), nullable=True),
        sa.Column("postal_code", sa.String(), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "tenant_id"],
            ["customers.id", "customers.tenant_id"],
            name=op.f("fk_sites_customer_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_sites_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("id", "tenant_id", name=op.f("pk_sites")),
        sa.UniqueConstraint("customer_id", "number", name=op.f("uq_sites_customer_id_number")),
    )
    op.create_index(
        op.f("ix_sites_tenant_id_root_tenant_id_number_id"),
        "sites",
        ["tenant_id", "root_tenant_id", "number", "id"],
        unique=False,
    )
    op.create_table(
        "contracts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "ACTIVE",
                "TERMINATED",
                "EXPIRED",
                "REPLACED",
                name="contract_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("term_start", sa.Date(), nullable=True),
        sa.Column("term_end", sa.Date(), nullable=True),
        sa.Column(
            "term_end_sort",
            sa.Date(),
            sa.Computed("coalesce(term_end, '9999-12-31')", persisted=True),
            nullable=False,
        ),
        sa.Column("minimum_months", sa.Integer(), nullable=True),
        sa.Column("notice_period_months", sa.Integer(), nullable=True),
        sa.Column("renewable_from", sa.Date(), nullable=True),
        sa.Column("dealer_id", sa.String(), nullable=True),
        sa.Column("sub_partner_id", sa.String(), nullable=True),
        sa.Column("predecessor_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "minimum_months >= 0 AND notice_period_months >= 0",
            name=op.f("ck_contracts_months_not_negative"),
        ),
        sa.CheckConstraint(
            "predecessor_id <> id", name=op.f("ck_contracts_not_its_own_predecessor")
        ),
        sa.CheckConstraint(
            "term_end >= term_start", name=op.f("ck_contracts_term_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "tenant_id"],
            ["customers.id", "customers.tenant_id"],
            name=op.f("fk_contracts_customer_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["predecessor_id", "tenant_id"],
            ["contracts.id", "contracts.tenant_id"],
            name=op.f("fk_contracts_predecessor_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_contracts_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["site_id", "tenant_id"],
            ["sites.id", "sites.tenant_id"],
            name=op.f("fk_contracts_site_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_contracts_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("id", "tenant_id", name=op.f("pk_contracts")),
        sa.UniqueConstraint("predecessor_id", name=op.f("uq_contracts_predecessor_id")),
        sa.UniqueConstraint(
            "root_tenant_id", "number", name=op.f("uq_contracts_root_tenant_id_number")
        ),
    )
    op.create_index(
        op.f("ix_contracts_customer_id_root_tenant_id_created_at_id"),
        "contracts",
        ["customer_id", "root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contracts_product_id_root_tenant_id_created_at_id"),
        "contracts",
        ["product_id", "root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contracts_root_tenant_id_created_at_id"),
        "contracts",
        ["root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contracts_root_tenant_id_updated_at_id"),
        "contracts",
        ["root_tenant_id", "updated_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contracts_root_tenant_id_term_end_sort_id"),
        "contracts",
        ["root_tenant_id", "term_end_sort", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contracts_site_id_root_tenant_id_created_at_id"),
        "contracts",
        ["site_id", "root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contracts_tenant_id_root_tenant_id_created_at_id"),
        "contracts",
        ["tenant_id", "root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "carts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column(
            "business_case",
            sa.Enum(
                "NEW_ORDER",
                "REORDER",
                "CONTRACT_RENEWAL",
                "TARIFF_CHANGE",
                "CONTRACT_ADJUSTMENT",
                "NEW_SITE_WITH_PORTING",
                "NEW_NUMBERS_FOR_SITE",
                "PROVIDER_CHANGE_FOR_SITE",
                "PRODUCT_CHANGE",
                "PRODUCT_CHANGE_WITH_NEW_ORDER",
                name="business_case",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "OPEN",
                "FROZEN",
                name="cart_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id", "tenant_id"],
            ["contracts.id", "contracts.tenant_id"],
            name=op.f("fk_carts_contract_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "tenant_id"],
            ["customers.id", "customers.tenant_id"],
            name=op.f("fk_carts_customer_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["site_id", "tenant_id"],
            ["sites.id", "sites.tenant_id"],
            name=op.f("fk_carts_site_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_carts_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("id", "tenant_id", name=op.f("pk_carts")),
        sa.UniqueConstraint(
            "root_tenant_id", "number", name=op.f("uq_carts_root_tenant_id_number")
        ),
    )
    op.create_index(
        op.f("ix_carts_contract_id_root_tenant_id_created_at_id"),
        "carts",
        ["contract_id", "root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_carts_site_id_root_tenant_id_created_at_id"),
        "carts",
        ["site_id", "root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_carts_tenant_id_root_tenant_id_created_at_id"),
        "carts",
        ["tenant_id", "root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_carts_customer_id_root_tenant_id_created_at_id"),
        "carts",
        ["customer_id", "root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "contract_items",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("one_time_amount", AMOUNT, nullable=True),
        sa.Column("monthly_amount", AMOUNT, nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("characteristics", JSON, nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "currency IS NOT NULL OR (one_time_amount IS NULL AND monthly_amount IS NULL)",
            name=op.f("ck_contract_items_amount_has_currency"),
        ),
        sa.CheckConstraint(
            "monthly_amount >= 0", name=op.f("ck_contract_items_monthly_amount_not_negative")
        ),
        sa.CheckConstraint(
            "one_time_amount >= 0", name=op.f("ck_contract_items_one_time_amount_not_negative")
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_contract_items_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["contract_id", "tenant_id"],
            ["contracts.id", "contracts.tenant_id"],
            name=op.f("fk_contract_items_contract_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_contract_items_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_contract_items_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint(
            "contract_id", "tenant_id", "position", name=op.f("pk_contract_items")
        ),
    )
    op.create_table(
        "cart_items",
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("one_time_amount", AMOUNT, nullable=True),
        sa.Column("monthly_amount", AMOUNT, nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("characteristics", JSON, nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "currency IS NOT NULL OR (one_time_amount IS NULL AND monthly_amount IS NULL)",
            name=op.f("ck_cart_items_amount_has_currency"),
        ),
        sa.CheckConstraint(
            "monthly_amount >= 0", name=op.f("ck_cart_items_monthly_amount_not_negative")
        ),
        sa.CheckConstraint(
            "one_time_amount >= 0", name=op.f("ck_cart_items_one_time_amount_not_negative")
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_cart_items_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["cart_id", "tenant_id"],
            ["carts.id", "carts.tenant_id"],
            name=op.f("fk_cart_items_cart_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_cart_items_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_cart_items_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("cart_id", "tenant_id", "position", name=op.f("pk_cart_items")),
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("cart_id", sa.Uuid(), nullable=True),
        sa.Column(
            "business_case",
            sa.Enum(
                "NEW_ORDER",
                "REORDER",
                "CONTRACT_RENEWAL",
                "TARIFF_CHANGE",
                "CONTRACT_ADJUSTMENT",
                "NEW_SITE_WITH_PORTING",
                "NEW_NUMBERS_FOR_SITE",
                "PROVIDER_CHANGE_FOR_SITE",
                "PRODUCT_CHANGE",
                "PRODUCT_CHANGE_WITH_NEW_ORDER",
                name="business_case",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "CREATED",
                "SENT",
                "CONSENTED",
                "ORDERED",
                "DECLINED",
                "WITHDRAWN",
                "EXPIRED",
                name="offer_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cart_id", "tenant_id"],
            ["carts.id", "carts.tenant_id"],
            name=op.f("fk_offers_cart_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id", "tenant_id"],
            ["portal_users.id", "portal_users.tenant_id"],
            name=op.f("fk_offers_created_by_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "tenant_id"],
            ["customers.id", "customers.tenant_id"],
            name=op.f("fk_offers_customer_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_offers_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("id", "tenant_id", name=op.f("pk_offers")),
        sa.UniqueConstraint("cart_id", name=op.f("uq_offers_cart_id")),
        sa.UniqueConstraint(
            "root_tenant_id", "number", name=op.f("uq_offers_root_tenant_id_number")
        ),
    )
    op.create_index(
        op.f("ix_offers_customer_id_root_tenant_id_created_at_id"),
        "offers",
        ["customer_id", "root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_offers_root_tenant_id_created_at_id"),
        "offers",
        ["root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_offers_tenant_id_root_tenant_id_created_at_id"),
        "offers",
        ["tenant_id", "root_tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "offer_consents",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "given_by",
            sa.Enum(
                "CUSTOMER",
                "CARRIER",
                name="consent_by",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id", "tenant_id"],
            ["offers.id", "offers.tenant_id"],
            name=op.f("fk_offer_consents_offer_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_offer_consents_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint(
            "offer_id", "given_by", "tenant_id", name=op.f("pk_offer_consents")
        ),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("offer_id", sa.Uuid(), nullable=True),
        sa.Column(
            "business_case",
            sa.Enum(
                "NEW_ORDER",
                "REORDER",
                "CONTRACT_RENEWAL",
                "TARIFF_CHANGE",
                "CONTRACT_ADJUSTMENT",
                "NEW_SITE_WITH_PORTING",
                "NEW_NUMBERS_FOR_SITE",
                "PROVIDER_CHANGE_FOR_SITE",
                "PRODUCT_CHANGE",
                "PRODUCT_CHANGE_WITH_NEW_ORDER",
                name="business_case",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("dealer_id", sa.String(), nullable=True),
        sa.Column("sub_partner_id", sa.String(), nullable=True),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("requested_start_date", INSTANT, nullable=True),
        sa.Column("requested_completion_date", INSTANT, nullable=True),
        sa.Column("automated", sa.Boolean(), nullable=False),
        sa.Column("characteristics", JSON, nullable=False),
        sa.Column(
            "phase",
            sa.Enum(
                "RECEIVED",
                "ACCEPTED",
                "CLARIFICATION",
                "ON_HOLD",
                "CONFIRMED",
                "PROVISIONING",
                "COMPLETED",
                "REJECTED",
                "FAILED",
                "PARTIAL",
                "CANCELLED",
                name="order_phase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "IN_PROGRESS",
                "COMPLETED",
                "ERROR",
                name="order_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            sa.Computed(
                "CASE WHEN phase IN ('COMPLETED') THEN 'COMPLETED' WHEN phase IN ('REJECTED', 'FAILED', 'PARTIAL', 'CANCELLED') THEN 'ERROR' ELSE 'IN_PROGRESS' END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column(
            "contract_effect",
            sa.Enum(
                "CREATED",
                "AMENDED",
                "EXTENDED",
                "REPLACED",
                name="contract_effect",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("expected_completion_date", INSTANT, nullable=True),
        sa.Column(
            "expected_sort", INSTANT, sa.Computed(_expected_sort(), persisted=True), nullable=False
        ),
        sa.Column("completed_at", INSTANT, nullable=True),
        sa.Column("processing_seconds", sa.Integer(), nullable=True),
        sa.Column("action_text", sa.String(), nullable=True),
        sa.Column(
            "action_by",
            sa.Enum(
                "PARTNER",
                "CUSTOMER",
                "CARRIER",
                name="action_party",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("action_due", INSTANT, nullable=True),
        sa.Column("delayed", sa.Boolean(), nullable=False),
        sa.Column("reported_characteristics", JSON, nullable=False),
        sa.Column("report_times", JSON, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(phase = 'CLARIFICATION') = (action_text IS NOT NULL)",
            name=op.f("ck_orders_action_in_clarification"),
        ),
        sa.CheckConstraint(
            "(phase = 'COMPLETED') = (completed_at IS NOT NULL) AND (completed_at IS NULL) = (processing_seconds IS NULL)",
            name=op.f("ck_orders_completed_has_times"),
        ),
        sa.CheckConstraint(
            "(action_text IS NULL) = (action_by IS NULL) AND (action_due IS NULL OR action_text IS NOT NULL)",
            name=op.f("ck_orders_action_whole"),
        ),
        sa.CheckConstraint(
            "contract_effect IS NULL OR contract_id IS NOT NULL",
            name=op.f("ck_orders_effect_has_contract"),
        ),
        sa.CheckConstraint(
            "processing_seconds >= 0", name=op.f("ck_orders_processing_not_negative")
        ),
        sa.CheckConstraint(
            "updated_at >= received_at", name=op.f("ck_orders_updated_after_received")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_orders_version_positive")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id", "tenant_id"],
            ["portal_users.id", "portal_users.tenant_id"],
            name=op.f("fk_orders_confirmed_by_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id", "tenant_id"],
            ["contracts.id", "contracts.tenant_id"],
            name=op.f("fk_orders_contract_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "tenant_id"],
            ["customers.id", "customers.tenant_id"],
            name=op.f("fk_orders_customer_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["offer_id", "tenant_id"],
            ["offers.id", "offers.tenant_id"],
            name=op.f("fk_orders_offer_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_orders_product_id")),
        sa.ForeignKeyConstraint(
            ["site_id", "tenant_id"],
            ["sites.id", "sites.tenant_id"],
            name=op.f("fk_orders_site_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_orders_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("id", "tenant_id", name=op.f("pk_orders")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_orders_offer_id")),
        sa.UniqueConstraint(
            "root_tenant_id", "number", name=op.f("uq_orders_root_tenant_id_number")
        ),
    )
    op.create_index(
        op.f("ix_orders_contract_id_root_tenant_id_received_at_id"),
        "orders",
        ["contract_id", "root_tenant_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_orders_customer_id_root_tenant_id_received_at_id"),
        "orders",
        ["customer_id", "root_tenant_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_orders_processing",
        "orders",
        ["root_tenant_id", "product_id", "business_case", "processing_seconds"],
        unique=False,
        postgresql_where=sa.text("processing_seconds IS NOT NULL"),
        sqlite_where=sa.text("processing_seconds IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_orders_product_id_root_tenant_id_received_at_id"),
        "orders",
        ["product_id", "root_tenant_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_orders_root_tenant_id_expected_sort_id"),
        "orders",
        ["root_tenant_id", "expected_sort", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_orders_root_tenant_id_number_id"),
        "orders",
        ["root_tenant_id", "number", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_orders_root_tenant_id_received_at_id"),
        "orders",
        ["root_tenant_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_orders_root_tenant_id_updated_at_id"),
        "orders",
        ["root_tenant_id", "updated_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_orders_site_id_root_tenant_id_received_at_id"),
        "orders",
        ["site_id", "root_tenant_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_orders_summary",
        "orders",
        ["root_tenant_id", "tenant_id", "phase", "business_case", "delayed"],
        unique=False,
    )
    op.create_index(
        op.f("ix_orders_tenant_id_root_tenant_id_received_at_id"),
        "orders",
        ["tenant_id", "root_tenant_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_orders_tenant_id_root_tenant_id_updated_at_id"),
        "orders",
        ["tenant_id", "root_tenant_id", "updated_at", "id"],
        unique=False,
    )
    op.create_table(
        "intake_messages",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=True),
        sa.Column("occurred_at", INSTANT, nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "tenant_id"],
            ["orders.id", "orders.tenant_id"],
            name=op.f("fk_intake_messages_order_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_intake_messages_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("order_id", "digest", "tenant_id", name=op.f("pk_intake_messages")),
    )
    op.create_index(
        op.f("ix_intake_messages_order_id_kind_occurred_at"),
        "intake_messages",
        ["order_id", "kind", "occurred_at"],
        unique=False,
    )
    op.create_table(
        "order_delays",
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reported_at", INSTANT, nullable=False),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "resolved_at >= reported_at", name=op.f("ck_order_delays_resolved_after_reported")
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "tenant_id"],
            ["orders.id", "orders.tenant_id"],
            name=op.f("fk_order_delays_order_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_order_delays_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("order_id", "position", "tenant_id", name=op.f("pk_order_delays")),
    )
    op.create_table(
        "order_documents",
        sa.Column(
            "kind",
            sa.Enum(
                "PRODUCT_SHEET",
                "SERVICE_DESCRIPTION",
                "PRICE_LIST",
                "TERMS",
                "GUIDE",
                "ORDER_CONFIRMATION",
                "OTHER",
                name="document_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "tenant_id"],
            ["orders.id", "orders.tenant_id"],
            name=op.f("fk_order_documents_order_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_order_documents_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint(
            "order_id", "position", "tenant_id", name=op.f("pk_order_documents")
        ),
    )
    op.create_table(
        "order_external_ids",
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "tenant_id"],
            ["orders.id", "orders.tenant_id"],
            name=op.f("fk_order_external_ids_order_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_order_external_ids_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint(
            "order_id", "position", "tenant_id", name=op.f("pk_order_external_ids")
        ),
    )
    op.create_index(
        op.f("ix_order_external_ids_root_tenant_id_value"),
        "order_external_ids",
        ["root_tenant_id", "value"],
        unique=False,
    )
    op.create_table(
        "order_history",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("previous_sequence", sa.Integer(), nullable=True),
        sa.Column(
            "phase",
            sa.Enum(
                "RECEIVED",
                "ACCEPTED",
                "CLARIFICATION",
                "ON_HOLD",
                "CONFIRMED",
                "PROVISIONING",
                "COMPLETED",
                "REJECTED",
                "FAILED",
                "PARTIAL",
                "CANCELLED",
                name="order_phase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(sequence = 1) = (previous_sequence IS NULL) AND (previous_sequence IS NULL OR previous_sequence = sequence - 1)",
            name=op.f("ck_order_history_sequence_without_gaps"),
        ),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_order_history_sequence_positive")),
        sa.ForeignKeyConstraint(
            ["order_id", "previous_sequence", "tenant_id"],
            ["order_history.order_id", "order_history.sequence", "order_history.tenant_id"],
            name=op.f("fk_order_history_order_id_previous_sequence_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "tenant_id"],
            ["orders.id", "orders.tenant_id"],
            name=op.f("fk_order_history_order_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_order_history_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("order_id", "sequence", "tenant_id", name=op.f("pk_order_history")),
    )
    op.create_table(
        "order_items",
        sa.Column("parent_position", sa.Integer(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column(
            "action",
            sa.Enum(
                "ADD",
                "MODIFY",
                "DELETE",
                "NO_CHANGE",
                name="item_action",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("terms", JSON, nullable=False),
        sa.Column("relationships", JSON, nullable=False),
        sa.Column("characteristics", JSON, nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_order_items_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["order_id", "tenant_id"],
            ["orders.id", "orders.tenant_id"],
            name=op.f("fk_order_items_order_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_order_items_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_order_items_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("order_id", "position", "tenant_id", name=op.f("pk_order_items")),
    )
    op.create_table(
        "order_milestones",
        sa.Column(
            "kind",
            sa.Enum(
                "ORDER_RECEIVED",
                "CONFIRMATION_SENT",
                "CONTRACT_LINKED",
                "DATE_CONFIRMED",
                "PORTING_CONFIRMED",
                "NUMBERS_ASSIGNED",
                "SERVICE_ACTIVE",
                "CANCELLATION_REQUESTED",
                "OTHER",
                name="milestone_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("planned_at", INSTANT, nullable=True),
        sa.Column("reached_at", INSTANT, nullable=True),
        sa.Column("violated", sa.Boolean(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "tenant_id"],
            ["orders.id", "orders.tenant_id"],
            name=op.f("fk_order_milestones_order_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_order_milestones_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint(
            "order_id", "position", "tenant_id", name=op.f("pk_order_milestones")
        ),
    )
    op.create_table(
        "order_notes",
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("written_at", INSTANT, nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "tenant_id"],
            ["orders.id", "orders.tenant_id"],
            name=op.f("fk_order_notes_order_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_order_notes_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("order_id", "position", "tenant_id", name=op.f("pk_order_notes")),
    )
    op.create_table(
        "order_prices",
        sa.Column("item_position", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "ONE_TIME",
                "RECURRING",
                "USAGE",
                name="price_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("net_amount", AMOUNT, nullable=True),
        sa.Column("gross_amount", AMOUNT, nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("tax_rate", AMOUNT, nullable=True),
        sa.Column("period", sa.String(), nullable=True),
        sa.Column("period_length", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("alterations", JSON, nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("root_tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "currency IS NOT NULL OR (net_amount IS NULL AND gross_amount IS NULL)",
            name=op.f("ck_order_prices_amount_has_currency"),
        ),
        sa.CheckConstraint(
            "gross_amount >= 0", name=op.f("ck_order_prices_gross_amount_not_negative")
        ),
        sa.CheckConstraint("net_amount >= 0", name=op.f("ck_order_prices_net_amount_not_negative")),
        sa.CheckConstraint("tax_rate >= 0", name=op.f("ck_order_prices_tax_rate_not_negative")),
        sa.ForeignKeyConstraint(
            ["order_id", "item_position", "tenant_id"],
            ["order_items.order_id", "order_items.position", "order_items.tenant_id"],
            name=op.f("fk_order_prices_order_id_item_position_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "tenant_id"],
            ["orders.id", "orders.tenant_id"],
            name=op.f("fk_order_prices_order_id_tenant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_tenant_id"],
            ["tenants.id", "tenants.root_tenant_id"],
            name=op.f("fk_order_prices_tenant_id_root_tenant_id"),
        ),
        sa.PrimaryKeyConstraint("order_id", "position", "tenant_id", name=op.f("pk_order_prices")),
    )

    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for table in SEARCHED:
            op.create_index(
                f"ix_{table}_search_text",
                table,
                ["search_text"],
                postgresql_using="gin",
                postgresql_ops={"search_text": "gin_trgm_ops"},
            )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
