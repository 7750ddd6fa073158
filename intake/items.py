"""Items of an order."""

from collections.abc import Sequence
from typing import Any

from intake.json_node import JsonNode
from intake.json_place import LONGEST_NAME, Names
from intake.prices import read_prices
from intake.schemas import known_types
from intake.words import ITEM_ACTIONS
from ordering.order.stated import Characteristic, StatedItem

_MEMBERS = {
    "name": "productOffering.name",
    "product": "productOffering.id",
    "quantity": "quantity",
    "action": "action",
    "terms": "itemTerm",
    "relationships": "productOrderItemRelationship",
}
"""Where an item says what `StatedItem` has under another name."""


def read_items(order: JsonNode, names: Names) -> list[tuple[JsonNode, StatedItem]]:
    """All items with their objects, each before those that are nested in it."""
    items: list[tuple[JsonNode, StatedItem]] = []
    _read_items(order, None, items, names)
    return items


def _read_items(
    node: JsonNode, parent: int | None, items: list[tuple[JsonNode, StatedItem]], names: Names
) -> None:
    for item in node.nodes("productOrderItem"):
        index = len(items)
        items.append((item, _item(item, parent, index, names)))
        _read_items(item, index, items, names)


def _item(node: JsonNode, parent: int | None, index: int, names: Names) -> StatedItem:
    reference = node.key("id")
    label = reference or f"#{index + 1}"
    subject = f"items {label}"
    names.add_fields(subject, node.place, _MEMBERS)
    product = node.node("product")
    offering = node.node("productOffering") or (product and product.node("productOffering"))
    specification = product and product.node("productSpecification")
    number = offering.key("id") if offering else None
    offering_name = offering.text("name", longest=LONGEST_NAME) if offering else None
    name = (
        offering_name
        or (product and product.text("name", longest=LONGEST_NAME))
        or (specification and specification.text("name", longest=LONGEST_NAME))
        or None
    )
    action = node.text("action")
    item = StatedItem(
        label=label,
        reference=reference,
        parent=parent,
        action=ITEM_ACTIONS[action] if action else None,
        quantity=node.integer("quantity"),
        name=name,
        product_number=number,
        product_name=offering_name,
        state=node.text("state"),
        terms=[_term(term) for term in node.nodes("itemTerm")],
        relationships=[
            {"kind": relation.text("relationshipType"), "reference": relation.text("id")}
            for relation in node.nodes("productOrderItemRelationship")
            if relation.has_text("relationshipType") and relation.has_text("id")
        ],
    )
    item.prices = read_prices(node, "itemPrice", f"{subject} ", names)
    for holder in (product, node):
        item.characteristics += named_characteristics(holder, "productCharacteristic")
    return item


def finish_items(items: Sequence[tuple[JsonNode, StatedItem]], names: Names) -> None:
    """Keep what has no other place as characteristics of its item."""
    # From the inside out: what is left of an item must not go to the one around it.
    for node, item in reversed(items):
        subject = f"items {item.label} characteristics"
        for place, characteristic in node.place_rest(known_types=known_types()):
            item.characteristics.append(characteristic)
            name = characteristic.name
            names.add_characteristic(f"{subject} {name}", name, node.place, place)
        for characteristic in item.characteristics:
            name = characteristic.name
            if f"{subject} {name}" not in names:
                names.add_characteristic(f"{subject} {name}", name, node.place, node.place)


def named_characteristics(node: JsonNode | None, key: str) -> list[Characteristic]:
    """A list of characteristics under their own names."""
    characteristics: list[Characteristic] = []
    for entry in node.nodes(key) if node else ():
        if entry.value.get("value") is not None:
            name = entry.text("name", "id") or f"{key}{len(characteristics)}"
            characteristics += entry.characteristics("value", name)
    return characteristics


def _term(node: JsonNode) -> dict[str, Any]:
    duration = node.node("duration")
    return {
        "name": node.text("name"),
        "description": node.text("description"),
        "amount": duration.integer("amount") if duration else None,
        "unit": duration.text("units") if duration else None,
    }
