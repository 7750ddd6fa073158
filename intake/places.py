"""The site of an order."""

import hashlib
from collections.abc import Iterable
from typing import Any

from intake.json_node import JsonNode
from intake.json_place import LONGEST_NAME, Place
from ordering.order.stated import StatedSite


def read_site(items: Iterable[JsonNode]) -> tuple[StatedSite, Place] | None:
    """The first place of an item that has an id or an address, with its place."""
    for item in items:
        product = item.node("product")
        for holder in (product, item):
            for related in holder.nodes("place") if holder else ():
                place = related.node("place") or related
                if (site := _site(place)) is not None:
                    return site, place.place
    return None


def _site(place: JsonNode) -> StatedSite | None:
    inner = next((p.node("place") or p for p in place.nodes("place")), None)
    address = next((p for p in (place, inner) if p is not None and _is_address(p.value)), None)
    if not isinstance(place.value.get("id"), str) and address is None:
        return None
    street = number = postal_code = city = country = None
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
