"""Offers and the consents given to them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
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
from db.enums import BusinessCase, ConsentBy, OfferStatus
from db.ids import new_id
from db.types import closed_set


class Offer(TenantOwned, Base):
    __tablename__ = "offers"
    of_customer = ByColumn("customer_id")

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    customer_id: Mapped[UUID]
    cart_id: Mapped[UUID | None]
    """Null if the carrier reported the offer and its cart is unknown."""
    business_case: Mapped[BusinessCase] = mapped_column(closed_set(BusinessCase))
    status: Mapped[OfferStatus] = mapped_column(closed_set(OfferStatus))
    created_by_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    valid_until: Mapped[date | None]
    search_offers: Mapped[str]
    search_customers: Mapped[str]
    """Search texts, one for each scope (`db.search`)."""

    __table_args__ = (
        owned_by_tenant(),
        link("customer_id", "customers"),
        link("cart_id", "carts"),
        link("created_by_id", "portal_users"),
        UniqueConstraint("cart_id", "root_tenant_id"),
        *numbered(),
        found_by_id(),
        Index(None, "root_tenant_id", "created_at", "id"),
        Index(None, "tenant_id", "root_tenant_id", "created_at", "id"),
        Index(None, "customer_id", "root_tenant_id", "created_at", "id"),
        trigram_index("offers", "search_offers", "search_customers"),
    )


class OfferConsent(TenantOwned, Base):
    """The consent of the customer or, additionally for a prospect, of the carrier."""

    __tablename__ = "offer_consents"
    of_customer = ByParent("offer_id", "offers")

    offer_id: Mapped[UUID] = mapped_column(primary_key=True)
    given_by: Mapped[ConsentBy] = mapped_column(closed_set(ConsentBy), primary_key=True)
    given_at: Mapped[datetime]
    name: Mapped[str]
    email: Mapped[str | None]

    __table_args__ = (owned_by_tenant(), link("offer_id", "offers"))
