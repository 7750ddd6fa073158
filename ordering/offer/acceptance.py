"""An offer that became an order."""

from datetime import datetime

from db import detached
from db.enums import BusinessCase, OfferStatus
from db.ids import new_id
from db.models import Customer, Offer
from db.search import search_text
from ordering.errors import Refusal, RefusedError
from ordering.lookups import Lookups


def mark_ordered(
    lookups: Lookups,
    customer: Customer,
    number: str,
    case: BusinessCase,
    *,
    ordered_at: datetime,
    now: datetime,
) -> Offer:
    """The offer that an order came from, now ORDERED. It is added if its number is unknown.

    Raises `RefusedError` if it belongs to another customer, or led to another order.
    """
    offer = lookups.offers.get((customer.root_tenant_id, number))
    if offer is None:
        offer = lookups.offers.add(
            detached.new(
                Offer,
                id=new_id(),
                tenant_id=customer.tenant_id,
                root_tenant_id=customer.root_tenant_id,
                number=number,
                customer_id=customer.id,
                business_case=case,
                status=OfferStatus.ORDERED,
                created_at=ordered_at,
                updated_at=now,
                search_offers=search_text(number),
                search_customers=search_text(customer.name),
            )
        )
    elif offer.customer_id != customer.id:
        raise RefusedError(
            Refusal.BELONGS_TO_ANOTHER, f"offer {number} belongs to another customer", "offer"
        )
    elif offer.id in lookups.ordered_offers:
        raise RefusedError(
            Refusal.OFFER_ALREADY_ORDERED, f"offer {number} already led to another order", "offer"
        )
    elif offer.status is not OfferStatus.ORDERED:
        offer.status, offer.updated_at = OfferStatus.ORDERED, now
    lookups.ordered_offers.add(offer.id)
    return offer
