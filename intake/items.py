"""Items, prices and places of an order."""

import hashlib
import re
from decimal import Decimal
from typing import Any

from db.enums import ItemAction, PriceKind
from intake.payload import LONGEST_KEY, LONGEST_NAME, Part
from intake.schemas import known_types
from ordering.stated import Characteristic, StatedItem, StatedPrice, StatedSite

_ACTIONS = {
    "add": ItemAction.ADD,
    "modify": ItemAction.MODIFY,
    "delete": ItemAction.DELETE,
    "noChange": ItemAction.NO_CHANGE,
}
_PRICE_KINDS = {
    "nonrecurring": PriceKind.ONE_TIME,
    "onetime": PriceKind.ONE_TIME,
    "recurring": PriceKind.RECURRING,
    "usage": PriceKind.USAGE,
}
_PERIOD = re.compile(r"(\d{1,4})\s*([^\W\d]+)")

Names = dict[str, tuple[str, str]]
"""What `ordering.receive.differences` calls something, as its JSON path and its full name."""


def read_items(order: Part, names: Names) -> list[StatedItem]:
    """The items, each before those that are nested in it."""
    items: list[StatedItem] = []
    _read_items(order, None, items, names)
    return items


def _read_items(part: Part, parent: int | None, items: list[StatedItem], names: Names) -> None:
    for item_part in part.parts("productOrderItem"):
        items.append(_item(item_part, parent, len(items), names))
        _read_items(item_part, len(items) - 1, items, names)


def _item(part: Part, parent: int | None, index: int, names: Names) -> StatedItem:
    reference = part.key("id")
    label = reference or f"#{index + 1}"
    what = f"items {label}"
    names[what] = (part.path, part.name)
    product = part.part("product")
    offering = part.part("productOffering") or (product and product.part("productOffering"))
    specification = product and product.part("productSpecification")
    number = offering.key("id") if offering else None
    offering_name = offering.text("name", longest=LONGEST_NAME) if offering else None
    name = (
        offering_name
        or (product and product.text("name", longest=LONGEST_NAME))
        or (specification and specification.text("name", longest=LONGEST_NAME))
        or None
    )
    action = part.text("action")
    item = StatedItem(
        label=label,
        reference=reference,
        parent=parent,
        action=_ACTIONS[action] if action else None,
        quantity=part.integer("quantity"),
        name=name,
        product_number=number,
        product_name=offering_name,
        state=part.text("state"),
        terms=[_term(term) for term in part.parts("itemTerm")],
        relationships=[
            {"kind": relation.text("relationshipType"), "reference": relation.text("id")}
            for relation in part.parts("productOrderItemRelationship")
            if relation.has_text("relationshipType") and relation.has_text("id")
        ],
    )
    for field, key in _ITEM_MEMBERS.items():
        names[f"{what} {field}"] = (f"{part.path}.{key}", f"{part.name}.{key}")
    item.prices = read_prices(part, "itemPrice", f"{what} ", names)
    for holder in (product, part):
        item.characteristics += named_characteristics(holder, "productCharacteristic")
    return item


def finish_items(order: Part, items: list[StatedItem], names: Names) -> None:
    """What is left of each item, once all that has a place was taken."""
    parts = list(_all_parts(order))
    # From the inside out: an item holds those that are nested in it.
    for part, item in reversed(list(zip(parts, items, strict=True))):
        for path, characteristic in part.place_rest(known_types=known_types()):
            item.characteristics.append(characteristic)
            names[f"items {item.label} characteristics {characteristic.name}"] = (
                path,
                f"{part.name}.{characteristic.name}",
            )
        for characteristic in item.characteristics:
            names.setdefault(
                f"items {item.label} characteristics {characteristic.name}",
                (part.path, f"{part.name}.{characteristic.name}"),
            )


_ITEM_MEMBERS = {
    "name": "productOffering.name",
    "product": "productOffering.id",
    "quantity": "quantity",
    "action": "action",
    "terms": "itemTerm",
    "relationships": "productOrderItemRelationship",
}


def _all_parts(part: Part) -> list[Part]:
    return [found for item in part.parts("productOrderItem") for found in (item, *_all_parts(item))]


def named_characteristics(part: Part | None, key: str) -> list[Characteristic]:
    """A list of characteristics by their own names."""
    found: list[Characteristic] = []
    for entry in part.parts(key) if part else ():
        if entry.value.get("value") is not None:
            name = entry.text("name", "id") or f"{key}{len(found)}"
            found += entry.characteristics("value", name)
    return found


def _term(part: Part) -> dict[str, Any]:
    duration = part.part("duration")
    return {
        "name": part.text("name"),
        "description": part.text("description"),
        "amount": duration.integer("amount") if duration else None,
        "unit": duration.text("units") if duration else None,
    }


def read_prices(part: Part, key: str, what: str, names: Names) -> list[StatedPrice]:
    """The prices of an item or of the whole order."""
    prices = []
    for index, price in enumerate(part.parts(key)):
        prices.append(_price(price))
        names[f"{what}prices {index}"] = (price.path, price.name)
        for field, member in _PRICE_MEMBERS.items():
            at = (f"{price.path}.{member}", f"{price.name}.{member}")
            names[f"{what}prices {index} {field}"] = at
    return prices


_PRICE_MEMBERS = {
    "kind": "priceType",
    "name": "name",
    "description": "description",
    "net_amount": "price.dutyFreeAmount.value",
    "gross_amount": "price.taxIncludedAmount.value",
    "currency": "price.dutyFreeAmount.unit",
    "tax_rate": "price.taxRate",
    "period": "recurringChargePeriod",
    "period_length": "recurringChargePeriod",
    "unit": "unitOfMeasure",
    "alterations": "priceAlteration",
}


def _price(part: Part) -> StatedPrice:
    kind = _PRICE_KINDS.get(
        "".join(filter(str.isalpha, str(part.value.get("priceType")).casefold()))
    )
    if kind is not None:
        part.place("priceType")
    elif part.value.get("recurringChargePeriod"):
        kind = PriceKind.RECURRING
    else:
        kind = PriceKind.USAGE if part.value.get("unitOfMeasure") else PriceKind.ONE_TIME
    period = part.text("recurringChargePeriod")
    counted = _PERIOD.fullmatch(period.strip()) if period else None
    price = StatedPrice(
        kind=kind,
        name=part.text("name"),
        description=part.text("description"),
        period=counted[2] if counted else period,
        period_length=int(counted[1]) if counted else None,
        unit=part.text("unitOfMeasure"),
    )
    if (amounts := part.part("price")) is not None:
        price.tax_rate = amounts.amount("taxRate")
        # One currency a price: an amount in another one ("EUT") has no place, and is left over.
        for field, key in (("net_amount", "dutyFreeAmount"), ("gross_amount", "taxIncludedAmount")):
            money = amounts.part(key)
            if money is not None and price.currency in (None, money.value.get("unit")):
                amount, currency = _money(money)
                setattr(price, field, amount)
                price.currency = price.currency or currency
    price.alterations = [_alteration(alteration) for alteration in part.parts("priceAlteration")]
    return price


def _money(part: Part | None) -> tuple[Decimal | None, str | None]:
    """Amount and currency: both, or neither."""
    if part is None or not part.has_text("unit") or (amount := part.amount("value")) is None:
        return None, None
    return amount, part.text("unit", longest=LONGEST_KEY)


def _alteration(part: Part) -> dict[str, Any]:
    price = part.part("price")
    percentage = price.amount("percentage") if price else None
    money = (price.part("dutyFreeAmount") or price.part("taxIncludedAmount")) if price else None
    amount, currency = _money(money)
    return {
        "name": part.text("name"),
        "description": part.text("description"),
        "percentage": None if percentage is None else f"{percentage:f}",
        "amount": None if amount is None else f"{amount:f}",
        "currency": currency,
        "duration": part.integer("applicationDuration"),
        "period": part.text("recurringChargePeriod"),
        "priority": part.integer("priority"),
    }


def read_site(order: Part) -> tuple[StatedSite, str] | None:
    """The first place of an item by which a site can be known, with its JSON path."""
    for item in _all_parts(order):
        product = item.part("product")
        for holder in (product, item):
            for related in holder.parts("place") if holder else ():
                place = related.part("place") or related
                if (site := _site(place)) is not None:
                    return site, place.path
    return None


def _site(place: Part) -> StatedSite | None:
    inner = next((p.part("place") or p for p in place.parts("place")), None)
    address = next((p for p in (place, inner) if p is not None and _is_address(p.value)), None)
    if not isinstance(place.value.get("id"), str) and address is None:
        return None
    country = None
    street = number = postal_code = city = None
    if address is not None:
        street, number = address.text("streetName"), address.text("streetNr")
        postal_code, city = address.text("postcode"), address.text("city")
        country = address.text("country")
    line = ", ".join(
        " ".join(filter(None, pair))
        for pair in ((street, number), (postal_code, city))
        if any(pair)
    )
    site_number = place.key("id") or hashlib.sha256(line.casefold().encode()).hexdigest()[:12]
    return StatedSite(
        number=site_number,
        name=place.text("name", longest=LONGEST_NAME) or line or site_number,
        street=street,
        house_number=number,
        postal_code=postal_code,
        city=city,
        country=country,
    )


def _is_address(value: dict[str, Any]) -> bool:
    return any(isinstance(value.get(key), str) for key in ("streetName", "postcode", "city"))
