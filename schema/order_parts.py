"""The parts of an order."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from auth.oauth_scopes import OAuthScope
from db.enums import STATUS_OF_PHASE
from db.models import OrderExternalId, OrderHistoryEntry
from db.models import OrderItem as OrderItemRow
from db.models import OrderPrice as OrderPriceRow
from execution.resolving import EVERYTHING, Rows, by_level, reads
from resolvers import relations
from resolvers.batch_loader import resolved
from resolvers.context import Context
from schema.common import Characteristic, Money
from schema.enums import ItemAction, MilestoneKind, OrderPhase, OrderStatus, PriceKind
from schema.fields import label_of, lazy, to_one
from schema.permissions import requires


@reads("kind")
def _external_id_type(root: strawberry.Parent[OrderExternalId]) -> str | None:
    return root.kind


@strawberry.type(description="A number under which another system knows an order.")
class ExternalId:
    owner: str | None = strawberry.field(description="Whose number it is.")
    type: str | None = strawberry.field(
        resolver=_external_id_type, description='What kind of number it is: "POnumber".'
    )
    value: str = strawberry.field(description="The number itself.")


@strawberry.type(description="A fact in the processing of an order, beside its phase.")
class Milestone:
    kind: MilestoneKind = strawberry.field(description="What the milestone marks.")
    label = strawberry.field(
        resolver=label_of("kind"),
        graphql_type=str,
        description="The kind as people call it.",
    )
    name: str | None = strawberry.field(description="The milestone's own name, if it has one.")
    message: str | None = strawberry.field(description="What was reported about it.")
    reference: str | None = strawberry.field(
        description="Under what the reporting system knows the milestone."
    )
    planned_at: datetime | None = strawberry.field(description="When it is, or was, to be reached.")
    reached_at: datetime | None = strawberry.field(description="When it was reached; null until.")
    violated: bool = strawberry.field(description="Whether it was missed.")


@strawberry.type(description="Something that delays an order. It never changes the order's status.")
class Delay:
    kind: str | None = strawberry.field(
        description="How grave it is, as the reporting system put it."
    )
    reason: str = strawberry.field(description="What delays the order.")
    reference: str | None = strawberry.field(
        description="Under what the reporting system knows the delay."
    )
    reported_at: datetime = strawberry.field(description="When it was reported.")
    resolved_at: datetime | None = strawberry.field(
        description="When it was over; null while it lasts."
    )


@strawberry.type(description="A note on an order.")
class Note:
    author: str | None = strawberry.field(
        description="Who wrote it.", directives=requires(OAuthScope.PERSONAL_DATA_READ)
    )
    written_at: datetime | None = strawberry.field(description="When it was written.")
    text: str = strawberry.field(description="What it says.")
    reference: str | None = strawberry.field(
        description="The identifier of the note in the system that reported it."
    )


@reads("phase")
def _history_status(root: strawberry.Parent[OrderHistoryEntry]) -> OrderStatus:
    return STATUS_OF_PHASE[root.phase]


@strawberry.type(description="A phase that an order has entered.")
class HistoryEntry:
    sequence: int = strawberry.field(description="The entry's place: 1, 2, 3, without gaps.")
    phase: OrderPhase = strawberry.field(description="The phase.")
    phase_label = strawberry.field(
        resolver=label_of("phase"),
        graphql_type=str,
        description="The phase as people call it.",
    )
    status: OrderStatus = strawberry.field(
        resolver=_history_status, description="The status that the phase stands for."
    )
    occurred_at: datetime = strawberry.field(description="When the order entered the phase.")
    reason: str | None = strawberry.field(description="Why, where a reason was reported.")


@strawberry.type(description="A change of a price: a discount, say.")
class PriceAlteration:
    name: str | None = strawberry.field(description="What it is called.")
    description: str | None = strawberry.field(description="What it is.")
    percentage: Decimal | None = strawberry.field(description="By how many percent.")
    amount: Money | None = strawberry.field(description="By which amount.")
    duration: int | None = strawberry.field(description="For how many periods.")
    period: str | None = strawberry.field(description='The period: "month".')
    priority: int | None = strawberry.field(
        description="Which of several alterations is applied first: the lowest."
    )


@reads("net_amount", "currency")
def _net(root: strawberry.Parent[OrderPriceRow]) -> Money | None:
    return Money.of(root.net_amount, root.currency)


@reads("gross_amount", "currency")
def _gross(root: strawberry.Parent[OrderPriceRow]) -> Money | None:
    return Money.of(root.gross_amount, root.currency)


@reads("alterations")
def _alterations(root: strawberry.Parent[OrderPriceRow]) -> list[PriceAlteration]:
    return [_alteration(stored) for stored in root.alterations]


def _alteration(stored: dict[str, Any]) -> PriceAlteration:
    def decimal(name: str) -> Decimal | None:
        return None if stored.get(name) is None else Decimal(stored[name])

    return PriceAlteration(
        name=stored.get("name"),
        description=stored.get("description"),
        percentage=decimal("percentage"),
        amount=Money.of(decimal("amount"), stored.get("currency")),
        duration=stored.get("duration"),
        period=stored.get("period"),
        priority=stored.get("priority"),
    )


@strawberry.type(description="A price, as stated when ordering.")
class Price:
    kind: PriceKind = strawberry.field(description="When it is charged.")
    name: str | None = strawberry.field(description="What it is called.")
    description: str | None = strawberry.field(description="What it is for.")
    net: Money | None = strawberry.field(
        resolver=_net, description="The amount without value added tax."
    )
    gross: Money | None = strawberry.field(
        resolver=_gross, description="The amount with value added tax."
    )
    tax_rate: Decimal | None = strawberry.field(description="The value added tax in percent.")
    period: str | None = strawberry.field(
        description='The period of a recurring price: "month". Null otherwise.'
    )
    period_length: int | None = strawberry.field(
        description="How many such periods one charge covers; null means one."
    )
    unit: str | None = strawberry.field(description="What a usage price is charged for.")
    alterations: list[PriceAlteration] = strawberry.field(
        resolver=_alterations, description="Discounts and surcharges."
    )


@strawberry.type(description="A term that was stated for an item: a commitment, say.")
class ItemTerm:
    name: str | None = strawberry.field(description="What it is called.")
    description: str | None = strawberry.field(description="What it says.")
    amount: int | None = strawberry.field(description="How many units it lasts.")
    unit: str | None = strawberry.field(description='The unit: "month".')


@strawberry.type(description="How an item relates to another item of the same order.")
class ItemRelationship:
    kind: str = strawberry.field(description='The kind of relation: "reliesOn", "bundles".')
    reference: str = strawberry.field(description="The other item's `reference`.")


@reads("terms")
def _terms(root: strawberry.Parent[OrderItemRow]) -> list[ItemTerm]:
    return [
        ItemTerm(
            name=term.get("name"),
            description=term.get("description"),
            amount=term.get("amount"),
            unit=term.get("unit"),
        )
        for term in root.terms
    ]


@reads("relationships")
def _relationships(root: strawberry.Parent[OrderItemRow]) -> list[ItemRelationship]:
    return [
        ItemRelationship(kind=related["kind"], reference=related["reference"])
        for related in root.relationships
    ]


@reads("characteristics")
def _item_characteristics(root: strawberry.Parent[OrderItemRow]) -> list[Characteristic]:
    return Characteristic.list_of(root.characteristics)


async def _item_prices(
    parents: Sequence[OrderItemRow], context: Context, rows: Rows = EVERYTHING
) -> list[list[Any]]:
    keys = [item.order_id for item in parents]
    prices = await resolved(context.loaders.parts(relations.PRICES_OF_ORDER, keys, rows))
    return [
        [price for price in each if price.item_position == item.position]
        for item, each in zip(parents, prices, strict=True)
    ]


@strawberry.type(description="A position of an order.")
class OrderItem:
    position: int = strawberry.field(description="The item's place in the order, from 1.")
    parent_position: int | None = strawberry.field(
        description="The position of the item that this one is a part of."
    )
    reference: str | None = strawberry.field(
        description="Under what the ordering system knows the item."
    )
    action: ItemAction = strawberry.field(description="What is done to the product.")
    product = strawberry.field(
        resolver=to_one(relations.PRODUCT, "product_id"),
        graphql_type=lazy("Product") | None,
        description="The product, where the item names one of the catalogue.",
    )
    name: str = strawberry.field(description="What was ordered, in words.")
    quantity: int = strawberry.field(description="How many.")
    state: str | None = strawberry.field(
        description="The item's own state as TMF622 v5 calls it, where it was reported."
    )
    prices = strawberry.field(
        resolver=by_level(_item_prices, reads=("order_id", "position"), rows=[()]),
        graphql_type=list[Price],
        description="The prices, each for one.",
    )
    terms: list[ItemTerm] = strawberry.field(
        resolver=_terms, description="The terms that were stated."
    )
    relationships: list[ItemRelationship] = strawberry.field(
        resolver=_relationships, description="How the item relates to others of the order."
    )
    characteristics: list[Characteristic] = strawberry.field(
        resolver=_item_characteristics, description="The product's properties, as ordered."
    )
