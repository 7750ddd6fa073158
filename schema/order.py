"""Orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from auth.oauth_scopes import OAuthScope
from db.models import Order as OrderRow
from execution.resolving import EVERYTHING, Rows, by_level, reads
from ordering import texts
from ordering.order.lifecycle import TMF622_STATE
from resolvers import processing, relations
from resolvers.batch_loader import resolved
from resolvers.context import Context
from schema.common import Characteristic, Document, PortalUser
from schema.enums import ActionParty, BusinessCase, ContractEffect, OrderPhase, OrderStatus
from schema.fields import LocaleArgument, label_of, lazy, locale_of, to_one, to_parts
from schema.node import Node, rows_of
from schema.order_parts import (
    Delay,
    ExternalId,
    HistoryEntry,
    Milestone,
    Note,
    OrderItem,
    Price,
)
from schema.permissions import requires
from schema.processing import ProcessingEstimate


@strawberry.type(description="What somebody must do before processing can go on.")
class ActionRequired:
    text: str = strawberry.field(
        description="What must be done, in the words of the carrier's staff: German."
    )
    by: ActionParty = strawberry.field(description="Who must do it.")
    due: datetime | None = strawberry.field(description="Until when.")


@reads("action_text", "action_by", "action_due")
def _action_required(root: strawberry.Parent[OrderRow]) -> ActionRequired | None:
    if root.action_text is None or root.action_by is None:
        return None
    return ActionRequired(text=root.action_text, by=root.action_by, due=root.action_due)


def _explanations(
    parents: Sequence[OrderRow], context: Context, locale: LocaleArgument = None
) -> list[str]:
    language = locale_of(context, locale)
    return [texts.explain(order, language, context.present) for order in parents]


@reads("phase")
def _tmf622_state(root: strawberry.Parent[OrderRow]) -> str:
    return TMF622_STATE[root.phase]


@reads("characteristics")
def _characteristics(root: strawberry.Parent[OrderRow]) -> list[Characteristic]:
    return Characteristic.list_of(root.characteristics)


@reads("reported_characteristics")
def _reported_characteristics(root: strawberry.Parent[OrderRow]) -> list[Characteristic]:
    return Characteristic.list_of(root.reported_characteristics)


async def _total_prices(
    parents: Sequence[OrderRow], context: Context, rows: Rows = EVERYTHING
) -> list[list[Any]]:
    keys = [order.id for order in parents]
    prices = await resolved(context.loaders.parts(relations.PRICES_OF_ORDER, keys, rows))
    return [[price for price in each if price.item_position is None] for each in prices]


async def _estimates(
    parents: Sequence[OrderRow], context: Context, rows: Rows = EVERYTHING
) -> list[Any]:
    return list(await processing.processing_estimates(context, parents, rows))


@strawberry.type(
    description="An order (Auftrag): everything that was stated when ordering, which never "
    "changes, and the state of its processing. It results from a cart or an offer, and leads to a "
    "contract.",
    directives=requires(OAuthScope.ORDERS_READ),
)
class Order(Node):
    number: str = strawberry.field(description='The order number (Auftragsnummer): "A-10000042".')
    business_case: BusinessCase = strawberry.field(description="What the order is about.")
    business_case_label = strawberry.field(
        resolver=label_of("business_case"),
        graphql_type=str,
        description="The business case as people call it.",
    )
    category: str | None = strawberry.field(
        description="How the ordering system classified the order."
    )
    description: str | None = strawberry.field(description="What was stated about the order.")
    dealer_id: str | None = strawberry.field(
        description="The dealer (Händler-ID) that a commission is matched by.",
        directives=requires(OAuthScope.COMMISSIONS_READ),
    )
    sub_partner_id: str | None = strawberry.field(
        description="The sub-partner (UVP-Kennung) that a commission is matched by.",
        directives=requires(OAuthScope.COMMISSIONS_READ),
    )
    received_at: datetime = strawberry.field(description="When the order was received.")
    requested_start_date: datetime | None = strawberry.field(
        description="When processing should start, as stated."
    )
    requested_completion_date: datetime | None = strawberry.field(
        description="The date that the customer asked for (Kundenwunschtermin)."
    )
    expected_completion_date: datetime | None = strawberry.field(
        description="The binding delivery date (verbindlicher Liefertermin); null until it is set."
    )
    completed_at: datetime | None = strawberry.field(
        description="When the order was completed; null unless it is."
    )
    updated_at: datetime = strawberry.field(
        description="When anything about the order last changed, a contract that appeared included."
    )
    version: int = strawberry.field(description="Counts the changes, from 1.")
    automated: bool = strawberry.field(
        description="Whether an order of this product and business case is processed without a "
        "person, and so within minutes."
    )

    status: OrderStatus = strawberry.field(description="The state, as people see it.")
    status_label = strawberry.field(
        resolver=label_of("status"),
        graphql_type=str,
        description='The state as people call it: "In Arbeit".',
    )
    status_explanation = strawberry.field(
        resolver=by_level(_explanations),
        graphql_type=str,
        description="What is happening to this order, who must act, what comes next and whom to "
        "contact: sentences to show to a reader.",
    )
    phase: OrderPhase = strawberry.field(description="The finer state behind `status`.")
    phase_label = strawberry.field(
        resolver=label_of("phase"),
        graphql_type=str,
        description="The phase as people call it.",
    )
    tmf622_state = strawberry.field(
        resolver=_tmf622_state,
        graphql_type=str,
        description='The phase as TMF622 v5 calls it: "inProgress".',
    )
    action_required = strawberry.field(
        resolver=_action_required,
        graphql_type=ActionRequired | None,
        description="What somebody must do before processing can go on; null when nothing is.",
    )
    delayed: bool = strawberry.field(
        description="Whether the order is in progress with a delay that is not resolved."
    )
    milestones = strawberry.field(
        resolver=to_parts(relations.MILESTONES_OF_ORDER),
        graphql_type=list[Milestone],
        description="Facts beside the phase, planned and reached.",
    )
    delays = strawberry.field(
        resolver=to_parts(relations.DELAYS_OF_ORDER),
        graphql_type=list[Delay],
        description="Delays that were reported, resolved ones included.",
    )
    history = strawberry.field(
        resolver=to_parts(relations.HISTORY_OF_ORDER),
        graphql_type=list[HistoryEntry],
        description="Every phase the order has entered, the first one first. The last is `phase`.",
    )
    processing_estimate = strawberry.field(
        resolver=by_level(
            _estimates,
            reads=("product_id", "business_case", "status", "received_at"),
            rows=[("basis", "product")],
        ),
        graphql_type=ProcessingEstimate | None,
        description="How long such an order takes, by those that are completed; null without any, "
        "and once the order has ended.",
    )

    items = strawberry.field(
        resolver=to_parts(relations.ITEMS_OF_ORDER),
        graphql_type=list[OrderItem],
        description="What was ordered.",
    )
    total_prices = strawberry.field(
        resolver=by_level(_total_prices, reads=("id",), rows=[()]),
        graphql_type=list[Price],
        description="Prices stated for the order as a whole. Empty where only items have prices.",
    )
    external_ids = strawberry.field(
        resolver=to_parts(relations.EXTERNAL_IDS_OF_ORDER),
        graphql_type=list[ExternalId],
        description="Under what other numbers the order is known: the partner's own references.",
    )
    notes = strawberry.field(
        resolver=to_parts(relations.NOTES_OF_ORDER),
        graphql_type=list[Note],
        description="Notes that were stated or added.",
    )
    documents = strawberry.field(
        resolver=to_parts(relations.DOCUMENTS_OF_ORDER),
        graphql_type=list[Document],
        description="Documents of the order. Those of its products are at `Product.documents`.",
    )
    characteristics = strawberry.field(
        resolver=_characteristics,
        graphql_type=list[Characteristic],
        description="What else was stated when ordering.",
    )
    reported_characteristics = strawberry.field(
        resolver=_reported_characteristics,
        graphql_type=list[Characteristic],
        description="What else the carrier's systems reported while processing.",
    )

    tenant = strawberry.field(
        resolver=to_one(relations.TENANT, "tenant_id"),
        graphql_type=lazy("Tenant") | None,
        description="The partner, or the part of one, whose order it is.",
    )
    customer = strawberry.field(
        resolver=to_one(relations.CUSTOMER, "customer_id"),
        graphql_type=lazy("Customer") | None,
        description="Who the order is for.",
    )
    site = strawberry.field(
        resolver=to_one(relations.SITE, "site_id"),
        graphql_type=lazy("Site") | None,
        description="Where the products will be used.",
    )
    product = strawberry.field(
        resolver=to_one(relations.PRODUCT, "product_id"),
        graphql_type=lazy("Product") | None,
        description="The main product: that of the first item which names one.",
    )
    offer = strawberry.field(
        resolver=to_one(relations.OFFER, "offer_id"),
        graphql_type=lazy("Offer") | None,
        description="The offer that the order results from; null for an order that a partner "
        "placed by power of attorney.",
    )
    contract = strawberry.field(
        resolver=to_one(relations.CONTRACT, "contract_id"),
        graphql_type=lazy("Contract") | None,
        description="The contract that the order created or changed. It appears a little later "
        "than the order; null until then.",
    )
    contract_effect: ContractEffect | None = strawberry.field(
        description="What the order did, or is doing, to its contract; null without one."
    )
    confirmed_by = strawberry.field(
        resolver=to_one(relations.PORTAL_USER, "confirmed_by_id"),
        graphql_type=PortalUser | None,
        description="The portal user who confirmed the order.",
    )

    is_type_of = rows_of(OrderRow)
