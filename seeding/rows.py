"""The tables to fill, in the order of loading, and the columns of their rows.

The stated data of an order must be loaded before its history, whose first entry makes them
immutable (`db.immutability`).
"""

from typing import Any

Row = tuple[Any, ...]

_OWNER = "tenant_id root_tenant_id"
_ADDRESS = "street house_number postal_code city country"
_PRICED_ITEM = (
    f"{_OWNER} position product_id name quantity one_time_amount monthly_amount currency "
    "characteristics"
)
_PART = f"order_id position {_OWNER}"

COLUMNS: dict[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "tenants": "id public_id root_tenant_id parent_id number name email created_at",
        "products": "id number name family description_de description_en",
        "product_documents": "product_id position kind title language content_type url",
        "customers": (
            f"id {_OWNER} number kind name email created_at updated_at search_customers {_ADDRESS}"
        ),
        "sites": f"id {_OWNER} customer_id number name created_at {_ADDRESS}",
        "portal_users": f"id {_OWNER} customer_id name email created_at disabled_at",
        "contracts": (
            f"id {_OWNER} number customer_id site_id product_id status term_start term_end "
            "minimum_months notice_period_months renewable_from dealer_id sub_partner_id "
            "predecessor_id created_at updated_at version search_contracts search_customers"
        ),
        "contract_items": f"contract_id {_PRICED_ITEM}",
        "carts": (
            f"id {_OWNER} number customer_id site_id contract_id business_case status created_at "
            "updated_at"
        ),
        "cart_items": f"cart_id {_PRICED_ITEM}",
        "offers": (
            f"id {_OWNER} number customer_id cart_id business_case status created_by_id "
            "created_at updated_at sent_at decided_at valid_until search_offers search_customers"
        ),
        "offer_consents": f"offer_id given_by {_OWNER} given_at name email",
        "orders": (
            f"id {_OWNER} number customer_id site_id product_id offer_id business_case category "
            "description dealer_id sub_partner_id confirmed_by_id received_at "
            "requested_start_date requested_completion_date automated characteristics phase "
            "contract_id contract_effect expected_completion_date completed_at "
            "processing_seconds action_text action_by action_due delayed "
            "reported_characteristics report_times updated_at version search_orders search_offers "
            "search_contracts search_customers"
        ),
        "order_items": (
            f"{_PART} parent_position reference action product_id name quantity state terms "
            "relationships characteristics"
        ),
        "order_prices": (
            f"{_PART} item_position kind name description net_amount gross_amount currency "
            "tax_rate period period_length unit alterations"
        ),
        "order_external_ids": f"{_PART} owner kind value",
        "order_milestones": (f"{_PART} kind name message reference planned_at reached_at violated"),
        "order_delays": f"{_PART} reference kind reason reported_at resolved_at",
        "order_notes": f"{_PART} reference author account written_at text",
        "order_documents": f"{_PART} kind title content_type url created_at",
        "order_history": (f"order_id sequence {_OWNER} previous_sequence phase occurred_at reason"),
    }.items()
}


class Batch:
    """Rows that are loaded together: all data of some customers."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {table: [] for table in COLUMNS}

    def add(self, table: str, *row: Any) -> None:
        """Raises ValueError for a row that has not one value for each of `COLUMNS`."""
        if len(row) != len(COLUMNS[table]):
            raise ValueError(f"{table}: {len(row)} values for {len(COLUMNS[table])} columns")
        self.rows[table].append(row)

    def __len__(self) -> int:
        """Return the number of orders."""
        return len(self.rows["orders"])
