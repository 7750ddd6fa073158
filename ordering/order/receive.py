"""Receiving an order."""

from datetime import datetime
from typing import Any

from db import detached
from db.enums import ItemAction, MilestoneKind, OrderPhase
from db.ids import new_id
from db.models import Order, OrderExternalId, OrderItem, OrderPrice, Tenant
from ordering.automation import is_automated
from ordering.catalogue import find_or_add_product
from ordering.customer.parties import find_or_add_customer, find_or_add_site
from ordering.lookups import Lookups
from ordering.offer.acceptance import mark_ordered
from ordering.order.aggregate import PARTS, OrderAggregate, search_texts
from ordering.order.lifecycle import RANK
from ordering.order.stated import (
    Characteristic,
    StatedCustomer,
    StatedOrder,
    names_of_item,
    values_of,
)


def receive(
    lookups: Lookups, tenant: Tenant, stated: StatedOrder, *, now: datetime
) -> OrderAggregate:
    """A new order in phase RECEIVED, version 1, with everything that was stated.

    What was stated never changes afterwards. Customer, site, offer and products are added if their
    numbers are unknown. Raises `RefusedError`.
    """
    named = stated.customer or StatedCustomer(tenant.number, tenant.name)
    customer = find_or_add_customer(lookups, tenant, named, now)
    site = find_or_add_site(lookups, customer, stated.site, now) if stated.site else None
    received_at = min(stated.received_at, now)
    case, offer = stated.business_case, None
    if stated.offer_number:
        offer = mark_ordered(
            lookups, customer, stated.offer_number, case, ordered_at=received_at, now=now
        )
    products = [
        find_or_add_product(
            lookups, item.product_number, item.product_name or item.name or item.product_number
        )
        if item.product_number
        else None
        for item in stated.items
    ]
    first = next((product for product in products if product is not None), None)
    row = detached.new(
        Order,
        id=new_id(),
        tenant_id=tenant.id,
        root_tenant_id=tenant.root_tenant_id,
        number=stated.number,
        customer_id=customer.id,
        site_id=site.id if site else None,
        product_id=first.id if first else None,
        offer_id=offer.id if offer else None,
        business_case=case,
        category=stated.category,
        description=stated.description,
        dealer_id=stated.dealer_id,
        sub_partner_id=stated.sub_partner_id,
        received_at=received_at,
        requested_start_date=stated.requested_start_date,
        requested_completion_date=stated.requested_completion_date,
        automated=is_automated(first.family if first else None, case),
        characteristics=_as_json(stated.characteristics),
        phase=OrderPhase.RECEIVED,
        delayed=False,
        reported_characteristics=[],
        updated_at=now,
        version=1,
        **search_texts(stated.number, [e.value for e in stated.external_ids], customer, offer),
    )
    order = OrderAggregate(row, {part: [] for part in PARTS}, lookups)
    for position, (item, product) in enumerate(zip(stated.items, products, strict=True), 1):
        order.add(
            OrderItem,
            parent_position=None if item.parent is None else item.parent + 1,
            reference=item.reference,
            action=item.action or ItemAction.ADD,
            product_id=product.id if product else None,
            name=item.name or names_of_item(item.product_number, item.reference, position)[0],
            quantity=1 if item.quantity is None else item.quantity,
            state=item.state,
            terms=item.terms,
            relationships=item.relationships,
            characteristics=_as_json(item.characteristics),
        )
        for price in item.prices:
            order.add(OrderPrice, item_position=position, **values_of(price))
    for price in stated.prices:
        order.add(OrderPrice, item_position=None, **values_of(price))
    for external_id in stated.external_ids:
        order.add(OrderExternalId, **values_of(external_id))
    order.add_history(OrderPhase.RECEIVED, occurred_at=received_at, reason=None)
    order.report_times.take("phase", received_at, f"{RANK[OrderPhase.RECEIVED]:02}")
    order.add_milestone(MilestoneKind.ORDER_RECEIVED, reached_at=received_at)
    return order


def _as_json(characteristics: list[Characteristic]) -> list[dict[str, Any]]:
    return [{"name": c.name, "value": c.value} for c in characteristics]
