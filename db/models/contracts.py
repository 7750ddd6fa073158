"""Contracts: the basis of billing. Orders create and change them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    Base,
    ByColumn,
    ByParent,
    TenantOwned,
    found_by_id,
    link,
    numbered,
    owned_by_tenant,
    trigram_index,
)
from db.enums import ContractStatus
from db.ids import new_id
from db.models.carts import PricedItem, priced_item_checks
from db.types import closed_set


class Contract(TenantOwned, Base):
    __tablename__ = "contracts"
    of_customer = ByColumn("customer_id")

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    customer_id: Mapped[UUID]
    site_id: Mapped[UUID | None]
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    """The product of the first item."""
    status: Mapped[ContractStatus] = mapped_column(closed_set(ContractStatus))
    term_start: Mapped[date | None]
    term_end: Mapped[date | None]
    term_end_sort: Mapped[date] = mapped_column(
        Computed("coalesce(term_end, '9999-12-31')", persisted=True)
    )
    """`term_end` with unknown dates last, for keyset pagination without NULLs."""
    minimum_months: Mapped[int | None]
    notice_period_months: Mapped[int | None]
    renewable_from: Mapped[date | None]
    """The first day on which the contract can be renewed: six months before its term ends."""
    dealer_id: Mapped[str | None]
    sub_partner_id: Mapped[str | None]
    predecessor_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    search_contracts: Mapped[str]
    search_customers: Mapped[str]
    """Search texts, one for each scope (`db.search`)."""

    __table_args__ = (
        owned_by_tenant(),
        link("customer_id", "customers"),
        link("site_id", "sites"),
        link("predecessor_id", "contracts"),
        *numbered(),
        found_by_id(),
        UniqueConstraint("predecessor_id", "root_tenant_id"),
        CheckConstraint("term_end >= term_start", name="term_ends_after_start"),
        CheckConstraint(
            "minimum_months >= 0 AND notice_period_months >= 0", name="months_not_negative"
        ),
        CheckConstraint("predecessor_id <> id", name="not_its_own_predecessor"),
        Index(None, "root_tenant_id", "created_at", "id"),
        Index(None, "root_tenant_id", "term_end_sort", "id"),
        Index(None, "root_tenant_id", "updated_at", "id"),
        Index(None, "tenant_id", "root_tenant_id", "created_at", "id"),
        Index(None, "customer_id", "root_tenant_id", "created_at", "id"),
        Index(None, "site_id", "root_tenant_id", "created_at", "id"),
        Index(None, "product_id", "root_tenant_id", "created_at", "id"),
        trigram_index("contracts", "search_contracts", "search_customers"),
    )


class ContractItem(PricedItem, Base):
    __tablename__ = "contract_items"
    of_customer = ByParent("contract_id", "contracts")

    contract_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__ = (owned_by_tenant(), link("contract_id", "contracts"), *priced_item_checks())
