"""Carts: one customer, one business case; frozen once an offer exists."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    Base,
    ByColumn,
    ByParent,
    TenantOwned,
    found_by_id,
    link,
    non_negative,
    owned_by_tenant,
)
from db.enums import BusinessCase, CartStatus
from db.ids import new_id
from db.types import Json, closed_set


class Cart(TenantOwned, Base):
    __tablename__ = "carts"
    of_customer = ByColumn("customer_id")

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    customer_id: Mapped[UUID]
    site_id: Mapped[UUID | None]
    contract_id: Mapped[UUID | None]
    """The contract that the cart will change."""
    business_case: Mapped[BusinessCase] = mapped_column(closed_set(BusinessCase))
    status: Mapped[CartStatus] = mapped_column(closed_set(CartStatus))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        owned_by_tenant(),
        link("customer_id", "customers"),
        link("site_id", "sites"),
        link("contract_id", "contracts"),
        UniqueConstraint("number", "root_tenant_id"),
        found_by_id(),
        Index(None, "customer_id", "root_tenant_id", "created_at", "id"),
        Index(None, "tenant_id", "root_tenant_id", "created_at", "id"),
        Index(None, "site_id", "root_tenant_id", "created_at", "id"),
        Index(None, "contract_id", "root_tenant_id", "created_at", "id"),
    )


class PricedItem(TenantOwned):
    """A product with quantity and prices, as an item of a cart or a contract."""

    position: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    name: Mapped[str]
    quantity: Mapped[int]
    one_time_amount: Mapped[Decimal | None]
    monthly_amount: Mapped[Decimal | None]
    currency: Mapped[str | None]
    """ISO 4217."""
    characteristics: Mapped[list[Any]] = mapped_column(Json, default=list)
    """`[{"name": …, "value": …}, …]`"""


def priced_item_checks() -> list[CheckConstraint]:
    return [
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint(
            "currency IS NOT NULL OR (one_time_amount IS NULL AND monthly_amount IS NULL)",
            name="amount_has_currency",
        ),
        *non_negative("one_time_amount", "monthly_amount"),
    ]


class CartItem(PricedItem, Base):
    __tablename__ = "cart_items"
    of_customer = ByParent("cart_id", "carts")

    cart_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__ = (owned_by_tenant(), link("cart_id", "carts"), *priced_item_checks())
