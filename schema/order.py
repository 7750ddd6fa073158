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
from resolvers import relations
from resolvers.batch_loader import resolved
from resolvers.context import Context
from schema.characteristic import characteristics_of
from schema.delay import Delay
from schema.document import Document
from schema.enums import ActionParty, BusinessCase, ContractEffect, OrderPhase, OrderStatus
from schema.external_id import ExternalId
from schema.fields import LocaleArgument, label_of, locale_of, to_one, to_parts
from schema.history_entry import HistoryEntry
from schema.milestone import Milestone
from schema.node import Node, rows_of
from schema.note import Note
from schema.order_item import OrderItem
from schema.price import Price
from schema.processing_estimate import ProcessingEstimate, processing_estimate
from schema.required_scopes import requires


@strawberry.type(description="What must be done before processing of an order can continue.")
class ActionRequired:
    text: str = strawberry.field(
        description="What must be done, in the words of the carrier's staff. The text is always "
        "German."
    )
    by: ActionParty = strawberry.field(description="The party that must act.")
    due: datetime | None = strawberry.field(
        description="When the action is due. Null if no time was set."
    )


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


async def _total_prices(
    parents: Sequence[OrderRow], context: Context, rows: Rows = EVERYTHING
) -> list[list[Any]]:
    keys = [order.id for order in parents]
    prices = await resolved(context.loaders.parts(relations.PRICES_OF_ORDER, keys, rows))
    return [[price for price in group if price.item_position is None] for group in prices]


@strawberry.type(
    description="An order (Auftrag). What was stated when it was placed never changes; its "
    "processing is reported as it progresses. An order results from a cart or an "
    "offer, and leads to a contract.",
    directives=requires(OAuthScope.ORDERS_READ),
)
class Order(Node):
    number: str = strawberry.field(description='The order number (Auftragsnummer): "A-10000042".')
    business_case: BusinessCase = strawberry.field(
        description="The business case that the order is for."
    )
    business_case_label = label_of("business_case")
    category: str | None = strawberry.field(
        description="The category that the ordering system assigned to the order. Null if it "
        "assigned none."
    )
    description: str | None = strawberry.field(
        description="A description of the order in free text. Null if none was stated."
    )
    dealer_id: str | None = strawberry.field(
        description="The dealer id (Händler-ID), by which commissions are matched. Null if none "
        "was stated.",
        directives=requires(OAuthScope.COMMISSIONS_READ),
    )
    sub_partner_id: str | None = strawberry.field(
        description="The sub-partner id (UVP-Kennung), by which commissions are matched. Null if "
        "none was stated.",
        directives=requires(OAuthScope.COMMISSIONS_READ),
    )
    received_at: datetime = strawberry.field(description="When the carrier received the order.")
    requested_start_date: datetime | None = strawberry.field(
        description="When processing should start, as requested with the order. Null if no date "
        "was requested."
    )
    requested_completion_date: datetime | None = strawberry.field(
        description="The completion date requested by the customer (Kundenwunschtermin). Null if "
        "none was requested."
    )
    expected_completion_date: datetime | None = strawberry.field(
        description="The binding delivery date (verbindlicher Liefertermin). Null until the "
        "carrier sets it."
    )
    completed_at: datetime | None = strawberry.field(
        description="When the order was completed. Null if it is not completed."
    )
    updated_at: datetime = strawberry.field(
        description="When the order last changed in any way. Linking a contract counts as a change."
    )
    version: int = strawberry.field(
        description="The version of the order: 1 when received, increased by each change."
    )
    automated: bool = strawberry.field(
        description="Whether an order of this product and business case is processed "
        "automatically, which takes minutes."
    )

    status: OrderStatus = strawberry.field(
        description="The status of the order. `phase` is more detailed."
    )
    status_label = label_of("status", 'The name of the status, to show to people: "In Arbeit".')
    status_explanation = strawberry.field(
        resolver=by_level(_explanations),
        graphql_type=str,
        description="An explanation of the status in whole sentences, to show to people: what is "
        "happening, who must act, what comes next and whom to contact.",
    )
    phase: OrderPhase = strawberry.field(
        description="The phase of processing: the detailed state behind `status`."
    )
    phase_label = label_of("phase")
    tmf622_state = strawberry.field(
        resolver=_tmf622_state,
        graphql_type=str,
        description='The state that TMF622 v5 defines for the phase: "inProgress".',
    )
    action_required = strawberry.field(
        resolver=_action_required,
        graphql_type=ActionRequired | None,
        description="What must be done before processing can continue. Null if nothing is "
        "required.",
    )
    delayed: bool = strawberry.field(
        description="Whether the order is in progress and has a delay that is not resolved."
    )
    milestones = to_parts(
        relations.MILESTONES_OF_ORDER,
        Milestone,
        "The milestones of the order, planned and reached.",
    )
    delays = to_parts(
        relations.DELAYS_OF_ORDER,
        Delay,
        "The reported delays of the order, including resolved ones.",
    )
    history = to_parts(
        relations.HISTORY_OF_ORDER,
        HistoryEntry,
        "Every phase that the order has entered, the earliest first. The last entry is the "
        "current `phase`.",
    )
    processing_estimate = strawberry.field(
        resolver=processing_estimate,
        graphql_type=ProcessingEstimate | None,
        description="An estimate of when the order will be completed, based on completed orders of "
        "the same product and business case. Null if there are none, or if the order has ended.",
    )

    items = to_parts(relations.ITEMS_OF_ORDER, OrderItem, "The ordered items, by position.")
    total_prices = strawberry.field(
        resolver=by_level(_total_prices, reads=("id",), rows=[()]),
        graphql_type=list[Price],
        description="The prices of the order as a whole. Empty if prices are stated for items "
        "only.",
    )
    external_ids = to_parts(
        relations.EXTERNAL_IDS_OF_ORDER,
        ExternalId,
        "The numbers of the order in other systems, such as your own reference.",
    )
    notes = to_parts(
        relations.NOTES_OF_ORDER, Note, "The notes that came with the order or were added later."
    )
    documents = to_parts(
        relations.DOCUMENTS_OF_ORDER,
        Document,
        "The documents of the order. `Product.documents` has the documents of its products.",
    )
    characteristics = characteristics_of(
        "characteristics", "Further properties that were stated when the order was placed."
    )
    reported_characteristics = characteristics_of(
        "reported_characteristics",
        "Further properties that the carrier's systems reported during processing.",
    )

    tenant = to_one(relations.TENANT, "tenant_id", "The tenant that serves the customer.")
    customer = to_one(relations.CUSTOMER, "customer_id", "The customer that the order is for.")
    site = to_one(
        relations.SITE,
        "site_id",
        "The site where the products will be used. Null if none was stated.",
    )
    product = to_one(
        relations.PRODUCT,
        "product_id",
        "The main product: the product of the first item that names one. Null if no item does.",
    )
    offer = to_one(
        relations.OFFER,
        "offer_id",
        "The offer that the order results from. Null for an order placed by power of attorney, "
        "which has no offer.",
    )
    contract = to_one(
        relations.CONTRACT,
        "contract_id",
        "The contract that the order created or changed. Null until the contract is linked, which "
        "happens some time after the order was received.",
    )
    contract_effect: ContractEffect | None = strawberry.field(
        description="The effect of the order on its contract. Null if there is no contract yet, "
        "or if the effect is not known."
    )
    confirmed_by = to_one(
        relations.PORTAL_USER,
        "confirmed_by_id",
        "The portal user who confirmed the order. Null if it was not confirmed in the portal.",
    )

    is_type_of = rows_of(OrderRow)
