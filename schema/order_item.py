"""Items of an order."""

from collections.abc import Sequence
from typing import Any

import strawberry

from db.models import OrderItem as OrderItemRow
from execution.resolving import EVERYTHING, Rows, by_level, reads
from resolvers import relations
from resolvers.batch_loader import resolved
from resolvers.context import Context
from schema.characteristic import Characteristic, characteristics_of
from schema.enums import ItemAction
from schema.fields import to_one
from schema.price import Price


@strawberry.type(description="A contractual term of an item, such as a commitment period.")
class ItemTerm:
    name: str | None = strawberry.field(
        description="The name of the term. Null if none was stated."
    )
    description: str | None = strawberry.field(
        description="A description of the term. Null if none was stated."
    )
    amount: int | None = strawberry.field(
        description="The duration of the term, in the unit that `unit` names. Null if none was "
        "stated."
    )
    unit: str | None = strawberry.field(
        description='The unit of the duration: "month". Null if none was stated.'
    )


@strawberry.type(description="A relationship of an item to another item of the same order.")
class ItemRelationship:
    kind: str = strawberry.field(description='The kind of relationship: "reliesOn" or "bundles".')
    reference: str = strawberry.field(description="The `reference` of the other item.")


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


async def _item_prices(
    parents: Sequence[OrderItemRow], context: Context, rows: Rows = EVERYTHING
) -> list[list[Any]]:
    keys = [item.order_id for item in parents]
    prices = await resolved(context.loaders.parts(relations.PRICES_OF_ORDER, keys, rows))
    return [
        [price for price in group if price.item_position == item.position]
        for item, group in zip(parents, prices, strict=True)
    ]


@strawberry.type(description="An item of an order.")
class OrderItem:
    position: int = strawberry.field(description="The position of the item in the order, from 1.")
    parent_position: int | None = strawberry.field(
        description="The position of the item that this item is a part of. Null if it is not a "
        "part of another item."
    )
    reference: str | None = strawberry.field(
        description="The item's identifier in the ordering system. Null if none was stated."
    )
    action: ItemAction = strawberry.field(description="What the item does to the product.")
    product = to_one(
        relations.PRODUCT,
        "product_id",
        "The product in the catalogue. Null if the item names none.",
    )
    name: str = strawberry.field(description="The name of what was ordered.")
    quantity: int = strawberry.field(description="The ordered quantity.")
    state: str | None = strawberry.field(
        description='The state of the item as TMF622 v5 names it: "inProgress". Null if none was '
        "reported."
    )
    prices = strawberry.field(
        resolver=by_level(_item_prices, reads=("order_id", "position"), rows=[()]),
        graphql_type=list[Price],
        description="The prices of the item, each for a quantity of one.",
    )
    terms: list[ItemTerm] = strawberry.field(
        resolver=_terms, description="The contractual terms that were stated for the item."
    )
    relationships: list[ItemRelationship] = strawberry.field(
        resolver=_relationships,
        description="The relationships of the item to other items of the order.",
    )
    characteristics: list[Characteristic] = characteristics_of(
        "characteristics", "The properties of the product, as ordered."
    )
