"""Tenant, customer, dealer and sub-partner of an order."""

from collections.abc import Collection
from dataclasses import dataclass

from db.enums import CustomerKind
from intake.json_node import LONGEST_KEY, JsonNode
from intake.json_place import LONGEST_NAME, Names, Place
from intake.words import (
    CUSTOMER_ROLES,
    DEALER_ROLES,
    PROSPECT_ROLES,
    SUB_PARTNER_ROLES,
    TENANT_ROLES,
    folded,
)
from ordering.order.stated import Characteristic, StatedCustomer


@dataclass(frozen=True, slots=True)
class Party:
    number: str
    name: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Parties:
    tenant: Party | None
    customer: StatedCustomer | None
    dealer_id: str | None
    sub_partner_id: str | None


def read_parties(order: JsonNode, names: Names) -> Parties:
    by_role: dict[str, JsonNode] = {}
    for related in order.nodes("relatedParty"):
        node = related.node("partyOrPartyRole")
        if node is not None:
            by_role.setdefault(folded(related.value.get("role")), node)
    return Parties(
        _tenant(by_role),
        _customer(by_role, names),
        _number_in_role(by_role, DEALER_ROLES),
        _number_in_role(by_role, SUB_PARTNER_ROLES),
    )


def named_value(
    order: JsonNode, characteristics: Collection[Characteristic], names: Collection[str]
) -> str | None:
    """The text of a member of the order, or else of a characteristic, with one of these names."""
    for key, value in order.value.items():
        if folded(key) in names and isinstance(value, str):
            return order.key(key)
    for characteristic in characteristics:
        if folded(characteristic.name) in names and isinstance(characteristic.value, str):
            return characteristic.value[:LONGEST_KEY]
    return None


def _tenant(by_role: dict[str, JsonNode]) -> Party | None:
    if (in_role := _first(by_role, TENANT_ROLES)) is None:
        return None
    _, node, number = in_role
    return Party(number, _name(node), node.place)


def _customer(by_role: dict[str, JsonNode], names: Names) -> StatedCustomer | None:
    if (in_role := _first(by_role, CUSTOMER_ROLES)) is None:
        return None
    role, node, number = in_role
    names.add("customer", node.place)
    is_prospect = role in PROSPECT_ROLES
    kind = CustomerKind.PROSPECT if is_prospect else CustomerKind.CUSTOMER
    return StatedCustomer(number, _name(node), kind)


def _number_in_role(by_role: dict[str, JsonNode], roles: tuple[str, ...]) -> str | None:
    in_role = _first(by_role, (roles,))
    return in_role[2] if in_role else None


def _first(
    by_role: dict[str, JsonNode], roles: tuple[tuple[str, ...], ...]
) -> tuple[str, JsonNode, str] | None:
    """Role, object and number of the first party in one of the roles; None if it has no number."""
    for group in roles:
        for role, node in by_role.items():
            if role in group:
                number = node.key("id", "partyId")
                return None if number is None else (role, node, number)
    return None


def _name(node: JsonNode) -> str | None:
    return node.text("name", "partyName", longest=LONGEST_NAME)
