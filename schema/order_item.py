"""Items of an order."""

from collections.abc import Sequence
from typing import Any

import strawberry

from db.models import OrderItem as OrderItemRow
from execution.resolving import EVERYTHING, Rows, by_level, reads
from resolvers import relations
from resolvers.batch_loader import resolved
from resolvers.context import Context
from schema.characteristic import Characteristic
from schema.enums import ItemAction
from schema.fields import lazy, to_one
from schema.price import Price


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
