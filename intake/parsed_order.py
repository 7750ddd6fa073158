"""What a product order of TMF622 says, in the terms of `ordering`.

`docs/intake.md` describes how roles, business cases and places are recognised.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from db.enums import BusinessCase, ItemAction
from intake.facts import read_facts
from intake.items import finish_items, named_characteristics, read_items
from intake.json_node import JsonNode
from intake.json_place import LONGEST_NAME, Names, Place
from intake.parties import Party, named_value, read_parties
from intake.places import read_site
from intake.prices import read_prices
from intake.schemas import known_types
from intake.words import CASE_NAMES, CASES, DEALER_NAMES, SUB_PARTNER_NAMES, folded
from ordering.order.changes import Change
from ordering.order.stated import Characteristic, StatedExternalId, StatedOrder

_PROGRESS = re.compile(
    r"(state|itemStateChange|note|agreement|productOrder(Milestone|JeopardyAlert|ErrorMessage)"
    r"|expectedCompletionDate|completionDate|cancellation(Date|Reason))(?![A-Za-z])"
)
"""Names of what is reported during processing, and never stated when ordering."""

_MEMBERS = {
    "offer": "quote",
    "category": "category",
    "description": "description",
    "dealer_id": "relatedParty",
    "sub_partner_id": "relatedParty",
    "requested_start_date": "requestedStartDate",
    "requested_completion_date": "requestedCompletionDate",
    "contract": "agreement",
    "phase": "state",
}
"""Where an order says what `ordering` has under another name."""


@dataclass(frozen=True, slots=True)
class ParsedOrder:
    """Everything that a payload says about an order: as stated when ordering, and as reported."""

    place: Place
    """Where it is in the message."""
    stated: StatedOrder
    names: Names
    tenant: Party | None
    state: str | None
    state_at: datetime | None
    """When it entered that state, if the order itself says so."""
    reason: str | None
    """Of a failure or a cancellation."""
    facts: tuple[Change, ...]
    reported: tuple[Characteristic, ...]

    @property
    def path(self) -> str:
        return self.place.path


def read_order(order: JsonNode, number: str, at: datetime) -> ParsedOrder:
    """`at` is the time of receipt if the order does not say it. Raises `InvalidError`."""
    names = Names()
    names.add("order", order.place, "id", name="id")
    parties = read_parties(order, names)
    created, state = order.instant("creationDate"), order.text("state")
    state_at, reason = entered_state(order, state, created)
    quotes = order.nodes("quote")
    items_of_nodes = read_items(order, names)
    items = [item for _, item in items_of_nodes]
    site = read_site(node for node, _ in items_of_nodes)
    if site is not None:
        names.add("site", site[1], name="place")
    characteristics = named_characteristics(order, "productOrderCharacteristic")
    everywhere = [*characteristics, *(c for item in items for c in item.characteristics)]
    stated = StatedOrder(
        number=number,
        customer=parties.customer,
        business_case=BusinessCase.NEW_ORDER,
        received_at=created or at,
        site=site[0] if site else None,
        offer_number=quotes[0].key("id") if quotes else None,
        category=order.text("category"),
        description=order.text("description"),
        dealer_id=parties.dealer_id or named_value(order, everywhere, DEALER_NAMES),
        sub_partner_id=parties.sub_partner_id or named_value(order, everywhere, SUB_PARTNER_NAMES),
        requested_start_date=order.instant("requestedStartDate"),
        requested_completion_date=order.instant("requestedCompletionDate"),
        external_ids=_external_ids(order, names),
        items=items,
        prices=read_prices(order, "orderTotalPrice", "", names),
        characteristics=characteristics,
    )
    stated.business_case = _business_case(order, stated, everywhere)
    for field, member in _MEMBERS.items():
        if member in order.value:
            names.add(field, order.place, member, name=member)
    facts = tuple(read_facts(order, items, names))
    if order.value.get("id") is not None:
        order.mark_placed("id")
    finish_items(items_of_nodes, names)
    reported: list[Characteristic] = []
    for place, characteristic in order.place_rest(known_types=known_types()):
        is_progress = _PROGRESS.match(characteristic.name)
        (reported if is_progress else stated.characteristics).append(characteristic)
        name = characteristic.name
        names.add(f"characteristics {name}", place, name=name)
    tenant = parties.tenant
    return ParsedOrder(
        order.place, stated, names, tenant, state, state_at, reason, facts, tuple(reported)
    )


def error_reason(error: JsonNode) -> str | None:
    """The texts of an error message, in one line."""
    return ": ".join(filter(None, (error.text("reason"), error.text("message")))) or None


def entered_state(
    order: JsonNode, state: str | None, created: datetime | None
) -> tuple[datetime | None, str | None]:
    """When the order entered its state and why, by its own dates. Raises `InvalidError`."""
    errors = order.nodes("productOrderErrorMessage")
    if state == "completed":
        return order.instant("completionDate"), None
    if state == "cancelled":
        return order.instant("cancellationDate"), order.text("cancellationReason")
    if state in ("failed", "rejected", "partial") and errors:
        return errors[-1].instant("timestamp"), error_reason(errors[-1])
    return (created if state in ("acknowledged", "draft", None) else None), None


def _business_case(
    order: JsonNode, stated: StatedOrder, characteristics: list[Characteristic]
) -> BusinessCase:
    """As named by the order, or else by what is done to its items; NEW_ORDER if in doubt."""
    texts = [str(c.value) for c in characteristics if folded(c.name) in CASE_NAMES]
    texts += [str(order.value[key]) for key in order.folded_as(CASE_NAMES)]
    for text in map(folded, [*texts, stated.category or ""]):
        if contained := [name for name in CASES if name in text]:
            return CASES[max(contained, key=len)]
    actions = {item.action for item in stated.items if item.action is not None}
    if {ItemAction.ADD, ItemAction.DELETE} <= actions:
        return BusinessCase.PRODUCT_CHANGE
    if actions and ItemAction.ADD not in actions:
        return BusinessCase.CONTRACT_ADJUSTMENT
    if {ItemAction.ADD} < actions:
        return BusinessCase.REORDER
    return BusinessCase.NEW_ORDER


def _external_ids(order: JsonNode, names: Names) -> list[StatedExternalId]:
    external_ids = []
    for entry in order.nodes("externalId"):
        value = entry.text("id", longest=LONGEST_NAME)
        if value is not None:
            kind = entry.text("externalIdentifierType")
            external_ids.append(StatedExternalId(entry.text("owner"), kind, value))
            names.add(f"external_ids {value}", entry.place, "id")
    return external_ids
