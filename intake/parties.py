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
    by_role = _ByRole.of(order)
    return Parties(
        _tenant(by_role),
        _customer(by_role, names),
        _number_in_role(by_role, DEALER_ROLES),
        _number_in_role(by_role, SUB_PARTNER_ROLES),
    )


@dataclass(frozen=True, slots=True)
class _ByRole:
    """The related parties of an order: the index of the first one in each role."""

    order: JsonNode
    indexes: dict[str, int]

    @classmethod
    def of(cls, order: JsonNode) -> "_ByRole":
        indexes: dict[str, int] = {}
        related = order.value.get("relatedParty")
        for index, party in enumerate(related if isinstance(related, list) else ()):
            if isinstance(party, dict) and isinstance(party.get("partyOrPartyRole"), dict):
                indexes.setdefault(folded(party.get("role")), index)
        return cls(order, indexes)

    def first(self, groups: tuple[tuple[str, ...], ...]) -> tuple[str, JsonNode, str] | None:
        """Role, object and number of the first party in one of the roles, by groups of them.

        None if it has no number.
        """
        for group in groups:
            for role, index in self.indexes.items():
                if role in group:
                    party = self.order.element("relatedParty", index).node("partyOrPartyRole")
                    number = party and party.key("id", "partyId")
                    return (role, party, number) if party and number else None
        return None


def named_value(
    order: JsonNode, characteristics: Collection[Characteristic], names: frozenset[str]
) -> str | None:
    """The text of a member of the order, or else of a characteristic, with one of these names."""
    for key in order.folded_as(names):
        if isinstance(order.value[key], str):
            return order.key(key)
    for characteristic in characteristics:
        if folded(characteristic.name) in names and isinstance(characteristic.value, str):
            return characteristic.value[:LONGEST_KEY]
    return None


def _tenant(by_role: _ByRole) -> Party | None:
    if (in_role := by_role.first(TENANT_ROLES)) is None:
        return None
    _, node, number = in_role
    return Party(number, _name(node), node.place)


def _customer(by_role: _ByRole, names: Names) -> StatedCustomer | None:
    if (in_role := by_role.first(CUSTOMER_ROLES)) is None:
        return None
    role, node, number = in_role
    names.add("customer", node.place)
    is_prospect = role in PROSPECT_ROLES
    kind = CustomerKind.PROSPECT if is_prospect else CustomerKind.CUSTOMER
    return StatedCustomer(number, _name(node), kind)


def _number_in_role(by_role: _ByRole, roles: tuple[str, ...]) -> str | None:
    in_role = by_role.first((roles,))
    return in_role[2] if in_role else None


def _name(node: JsonNode) -> str | None:
    return node.text("name", "partyName", longest=LONGEST_NAME)
