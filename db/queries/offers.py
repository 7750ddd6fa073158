"""Offers and carts: filtered pages."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select

from db.base import linked
from db.enums import BusinessCase, CartStatus, OfferStatus
from db.keyset import Collection
from db.models import Cart, Offer, Order
from db.queries.conditions import either, found_by, one_of
from db.queries.ranges import InstantRange


class OfferSortField(StrEnum):
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    NUMBER = "NUMBER"


@dataclass(frozen=True, slots=True)
class OfferFilter:
    status: tuple[OfferStatus, ...] | None = None
    business_case: tuple[BusinessCase, ...] | None = None
    created: InstantRange = InstantRange()
    updated: InstantRange = InstantRange()
    customer_ids: tuple[UUID, ...] | None = None
    tenant_ids: tuple[int, ...] | None = None
    has_order: bool | None = None
    search: str | None = None


def _offer_conditions(filter: OfferFilter) -> list[ColumnElement[bool]]:
    return [
        *one_of(Offer.status, filter.status),
        *one_of(Offer.business_case, filter.business_case),
        *filter.created.bounds(Offer.created_at),
        *filter.updated.bounds(Offer.updated_at),
        *one_of(Offer.customer_id, filter.customer_ids),
        *one_of(Offer.tenant_id, filter.tenant_ids),
        *either(exists(select(Order.id).where(linked(Order.offer_id, Offer))), filter.has_order),
        *found_by(Offer.search_text, filter.search),
    ]


OFFERS: Collection[Offer, OfferFilter] = Collection(
    Offer,
    Offer.id,
    {
        OfferSortField.CREATED_AT: Offer.created_at,
        OfferSortField.UPDATED_AT: Offer.updated_at,
        OfferSortField.NUMBER: Offer.number,
    },
    _offer_conditions,
)


class CartSortField(StrEnum):
    CREATED_AT = "CREATED_AT"


@dataclass(frozen=True, slots=True)
class CartFilter:
    status: tuple[CartStatus, ...] | None = None
    business_case: tuple[BusinessCase, ...] | None = None


def _cart_conditions(filter: CartFilter) -> list[ColumnElement[bool]]:
    return [*one_of(Cart.status, filter.status), *one_of(Cart.business_case, filter.business_case)]


CARTS: Collection[Cart, CartFilter] = Collection(
    Cart, Cart.id, {CartSortField.CREATED_AT: Cart.created_at}, _cart_conditions
)
