"""How lists of offers are filtered and sorted."""

from enum import Enum

import strawberry
from sqlalchemy import exists, select

from auth.oauth_scopes import OAuthScope
from db.base import linked
from db.conditions import either, one_of, searched, within
from db.models import Offer, Order
from db.queries import lists
from schema.enums import BusinessCase, Direction, OfferStatus
from schema.filters.numbers import of_customer, of_tenant
from schema.filters.ranges import DateTimeRange
from schema.inputs import ServedBy, condition, sort_by
from schema.listing import Listing


@strawberry.input(
    description="Conditions on offers. An offer must meet all conditions that are set."
)
class OfferFilter:
    status: list[OfferStatus] | None = condition(
        one_of(Offer.status), "Offers that have one of these statuses.", served_by=ServedBy.ORDER
    )
    business_case: list[BusinessCase] | None = condition(
        one_of(Offer.business_case),
        "Offers for one of these business cases.",
        served_by=ServedBy.ORDER,
    )
    created: DateTimeRange | None = condition(
        within(Offer.created_at), "Offers that were created in this range."
    )
    updated: DateTimeRange | None = condition(
        within(Offer.updated_at), "Offers that last changed in this range.", served_by=ServedBy.SCAN
    )
    customer: str | None = of_customer(
        Offer.customer_id, 'Offers to the customer with this number: "K-100042".'
    )
    tenant: str | None = of_tenant(
        Offer.tenant_id,
        'Offers of the tenant with this number, or of a tenant below it: "M-10001".',
    )
    has_order: bool | None = condition(
        either(exists(select(Order.id).where(linked(Order.offer_id, Offer)))),
        "If true, offers that resulted in an order; if false, all others.",
        OAuthScope.ORDERS_READ,
    )
    search: str | None = condition(
        searched(Offer),
        "Offers in which every one of these words occurs: in the offer number, or in the "
        "customer's name (with the scope `customers:read`). Texts that your credential "
        "may not read are not searched. A word also matches as a part of a longer word. Case is "
        "ignored.",
    )


@strawberry.enum(description="The fields that offers can be sorted by.")
class OfferSortField(Enum):
    CREATED_AT = sort_by(Offer.created_at, "By `createdAt`.")
    UPDATED_AT = sort_by(Offer.updated_at, "By `updatedAt`.")
    NUMBER = sort_by(Offer.number, "By `number`, as text.")


OFFERS = Listing(
    lists.OFFERS,
    "offers",
    OfferFilter,
    OfferSortField,
    (OfferSortField.CREATED_AT, Direction.DESC),
    "the newest first",
)
