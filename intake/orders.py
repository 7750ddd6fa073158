"""What a product order of TMF622 says, in the words of `ordering`.

How roles, business cases and places are found is described in `docs/intake.md`.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from db.enums import BusinessCase, CustomerKind, ItemAction, MilestoneKind
from intake.items import (
    Names,
    finish_items,
    named_characteristics,
    read_items,
    read_prices,
    read_site,
)
from intake.payload import LONGEST_KEY, LONGEST_NAME, Part
from intake.schemas import known_types
from ordering.stated import (
    Characteristic,
    StatedCustomer,
    StatedExternalId,
    StatedItem,
    StatedOrder,
)

# The first of these that a payload has is the tenant.
TENANT_ROLES = (
    ("tenant", "mandant", "submandant", "subtenant"),
    ("partner", "vertriebspartner", "reseller", "wiederverkäufer"),
    ("seller", "verkäufer"),
    ("dealer", "händler", "haendler"),
)
CUSTOMER_ROLES = (
    ("customer", "kunde", "endcustomer", "endkunde", "buyer", "käufer", "consumer", "subscriber"),
    ("prospect", "interessent"),
)
_DEALER_ROLES = frozenset({"dealer", "händler", "haendler"})
_SUB_PARTNER_ROLES = frozenset({"subpartner", "untervertriebspartner", "uvp"})
_DEALER_NAMES = frozenset({"dealerid", "händlerid", "haendlerid"})
_SUB_PARTNER_NAMES = frozenset({"subpartnerid", "uvpkennung", "uvp"})
_CASE_NAMES = frozenset({"businesscase", "geschäftsvorfall", "geschaeftsvorfall"})

# Folded to letters; the longest that a text contains decides.
_CASES: dict[str, BusinessCase] = {
    **{case.value.replace("_", "").casefold(): case for case in BusinessCase},
    "neubestellung": BusinessCase.NEW_ORDER,
    "nachbestellung": BusinessCase.REORDER,
    "vertragsverlängerung": BusinessCase.CONTRACT_RENEWAL,
    "tarifwechsel": BusinessCase.TARIFF_CHANGE,
    "vertragsanpassung": BusinessCase.CONTRACT_ADJUSTMENT,
    "neuerstandortanbieterwechselrufnummern": BusinessCase.NEW_SITE_WITH_PORTING,
    "neuerstandort": BusinessCase.NEW_SITE_WITH_PORTING,
    "neuerufnummernfürbestehendenstandort": BusinessCase.NEW_NUMBERS_FOR_SITE,
    "neuerufnummern": BusinessCase.NEW_NUMBERS_FOR_SITE,
    "anbieterwechselfürbestehendenstandort": BusinessCase.PROVIDER_CHANGE_FOR_SITE,
    "anbieterwechsel": BusinessCase.PROVIDER_CHANGE_FOR_SITE,
    "produktwechsel": BusinessCase.PRODUCT_CHANGE,
    "produktwechselmitneubestellung": BusinessCase.PRODUCT_CHANGE_WITH_NEW_ORDER,
}

# What is reported while processing: never part of what was stated.
_PROGRESS = re.compile(
    r"(state|itemStateChange|note|agreement|productOrder(Milestone|JeopardyAlert|ErrorMessage)"
    r"|expectedCompletionDate|completionDate|cancellation(Date|Reason))(?![A-Za-z])"
)


@dataclass(frozen=True, slots=True)
class Party:
    """`label` is the full name of its characteristics."""

    number: str
    name: str | None
    label: str


@dataclass(frozen=True, slots=True)
class Note:
    text: str
    reference: str | None
    author: str | None
    written_at: datetime | None


@dataclass(frozen=True, slots=True)
class Milestone:
    kind: MilestoneKind
    reference: str | None
    name: str | None
    message: str | None
    status: str | None
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Alert:
    reason: str
    reference: str | None
    kind: str | None
    date: datetime | None


@dataclass(slots=True)
class Said:
    """Everything that a payload says of an order: what was stated, and how far it has come."""

    stated: StatedOrder
    names: Names
    tenant: Party | None
    state: str | None
    state_at: datetime | None
    """When it came into that state, as far as the order itself tells."""
    reason: str | None
    """Of a failure or a cancellation."""
    expected: datetime | None
    agreements: list[str]
    """Numbers of contracts; the first is the order's, the others are kept as characteristics."""
    notes: list[Note] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    item_states: list[tuple[str, str, str]] = field(default_factory=list)
    """JSON path, item and state."""
    reported: list[Characteristic] = field(default_factory=list)


def read_order(part: Part, number: str, at: datetime) -> Said:
    """`at` is when the order was received if it does not say so. Raises `InvalidError`."""
    names: Names = {}
    tenant, customer, dealer_id, sub_partner_id = _parties(part, names)
    created = part.instant("creationDate")
    state = part.text("state")
    state_at, reason = _state(part, state, created)
    agreements = part.parts("agreement")
    quotes = part.parts("quote")
    items = read_items(part, names)
    site = read_site(part)
    if site is not None:
        names["site"] = (site[1], "place")
    order_characteristics = named_characteristics(part, "productOrderCharacteristic")
    stated = StatedOrder(
        number=number,
        customer=customer,
        business_case=BusinessCase.NEW_ORDER,
        received_at=created or at,
        site=site[0] if site else None,
        offer_number=quotes[0].key("id") if quotes else None,
        category=part.text("category"),
        description=part.text("description"),
        dealer_id=dealer_id or _named(part, items, order_characteristics, _DEALER_NAMES),
        sub_partner_id=sub_partner_id
        or _named(part, items, order_characteristics, _SUB_PARTNER_NAMES),
        requested_start_date=part.instant("requestedStartDate"),
        requested_completion_date=part.instant("requestedCompletionDate"),
        external_ids=_external_ids(part, names),
        items=items,
        prices=read_prices(part, "orderTotalPrice", "", names),
        characteristics=order_characteristics,
    )
    stated.business_case = _business_case(part, stated, bool(agreements))
    for field_name, key in _MEMBERS.items():
        if key in part.value:
            names[field_name] = (f"{part.path}.{key}", key)
    said = Said(
        stated=stated,
        names=names,
        tenant=tenant,
        state=state,
        state_at=state_at,
        reason=reason,
        expected=part.instant("expectedCompletionDate"),
        agreements=_agreements(agreements),
        notes=[_note(note) for note in part.parts("note") if note.value.get("text")],
        milestones=[_milestone(m) for m in part.parts("productOrderMilestone")],
        alerts=[_alert(alert) for alert in part.parts("productOrderJeopardyAlert")],
        item_states=_item_states(part, items, names),
    )
    if part.value.get("id") is not None:
        part.place("id")
    finish_items(part, items, names)
    for path, characteristic in part.place_rest(known_types=known_types()):
        is_progress = _PROGRESS.match(characteristic.name)
        (said.reported if is_progress else stated.characteristics).append(characteristic)
        names[f"characteristics {characteristic.name}"] = (path, characteristic.name)
    return said


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


def _parties(
    part: Part, names: Names
) -> tuple[Party | None, StatedCustomer | None, str | None, str | None]:
    by_role: dict[str, Part] = {}
    for related in part.parts("relatedParty"):
        party = related.part("partyOrPartyRole")
        if party is not None:
            by_role.setdefault(_folded(related.value.get("role")), party)
    tenant = _first(by_role, TENANT_ROLES)
    customer = _first(by_role, CUSTOMER_ROLES)
    dealer = next((by_role[role] for role in by_role if role in _DEALER_ROLES), None)
    sub_partner = next((by_role[role] for role in by_role if role in _SUB_PARTNER_ROLES), None)
    stated = None
    if customer is not None and (number := _party_number(customer[1])):
        is_prospect = customer[0] in CUSTOMER_ROLES[1]
        stated = StatedCustomer(
            number,
            customer[1].text("name", "partyName", longest=LONGEST_NAME),
            CustomerKind.PROSPECT if is_prospect else CustomerKind.CUSTOMER,
        )
        names["customer"] = (customer[1].path, customer[1].name)
    seller = None
    if tenant is not None and (number := _party_number(tenant[1])):
        name = tenant[1].text("name", "partyName", longest=LONGEST_NAME)
        seller = Party(number, name, tenant[1].name)
    return (
        seller,
        stated,
        _party_number(dealer) if dealer else None,
        _party_number(sub_partner) if sub_partner else None,
    )


def _first(by_role: dict[str, Part], roles: tuple[tuple[str, ...], ...]) -> tuple[str, Part] | None:
    for alike in roles:
        for role, party in by_role.items():
            if role in alike:
                return role, party
    return None


def _party_number(party: Part) -> str | None:
    return party.key("id", "partyId")


def _named(
    part: Part,
    items: list[StatedItem],
    characteristics: list[Characteristic],
    wanted: frozenset[str],
) -> str | None:
    """A value that stands by name in the order or among its characteristics."""
    for key, value in part.value.items():
        if _folded(key) in wanted and isinstance(value, str):
            return part.key(key)
    everywhere = [*characteristics, *(c for item in items for c in item.characteristics)]
    for characteristic in everywhere:
        if _folded(characteristic.name) in wanted and isinstance(characteristic.value, str):
            return characteristic.value[:LONGEST_KEY]
    return None


def _business_case(part: Part, stated: StatedOrder, has_contract: bool) -> BusinessCase:
    """As it is named, or read from what is done to the items; NEW_ORDER in doubt."""
    everywhere = [*stated.characteristics, *(c for i in stated.items for c in i.characteristics)]
    said = [str(c.value) for c in everywhere if _folded(c.name) in _CASE_NAMES]
    said += [str(value) for key, value in part.value.items() if _folded(key) in _CASE_NAMES]
    for text in [*said, stated.category or ""]:
        folded = _folded(text)
        if found := [name for name in _CASES if name in folded]:
            return _CASES[max(found, key=len)]
    actions = {item.action for item in stated.items if item.action is not None}
    if {ItemAction.ADD, ItemAction.DELETE} <= actions:
        return BusinessCase.PRODUCT_CHANGE
    if actions and ItemAction.ADD not in actions:
        return BusinessCase.CONTRACT_ADJUSTMENT
    if {ItemAction.ADD} < actions:
        return BusinessCase.REORDER
    return BusinessCase.NEW_ORDER


def _external_ids(part: Part, names: Names) -> list[StatedExternalId]:
    found = []
    for entry in part.parts("externalId"):
        value = entry.text("id", longest=LONGEST_NAME)
        if value is not None:
            external = StatedExternalId(
                entry.text("owner"), entry.text("externalIdentifierType"), value
            )
            found.append(external)
            names[f"external_ids {value}"] = (entry.path, f"{entry.name}.id")
    return found


def _agreements(parts: list[Part]) -> list[str]:
    first = [number for part in parts[:1] if (number := part.key("id"))]
    return first + [part.value["id"] for part in parts[1:] if isinstance(part.value.get("id"), str)]


def _state(
    part: Part, state: str | None, created: datetime | None
) -> tuple[datetime | None, str | None]:
    """When the order came into its state and why, from its own dates."""
    errors = part.parts("productOrderErrorMessage")
    if state == "completed":
        return part.instant("completionDate"), None
    if state == "cancelled":
        return part.instant("cancellationDate"), part.text("cancellationReason")
    if state in ("failed", "rejected", "partial") and errors:
        return errors[-1].instant("timestamp"), error_reason(errors[-1])
    return (created if state in ("acknowledged", "draft", None) else None), None


def error_reason(error: Part) -> str | None:
    """What an error message says, in one line."""
    return ": ".join(filter(None, (error.text("reason"), error.text("message")))) or None


def _note(part: Part) -> Note:
    return Note(
        text=part.text("text") or "",
        reference=part.text("id"),
        author=part.text("author"),
        written_at=part.instant("date"),
    )


def _milestone(part: Part) -> Milestone:
    name, message = part.text("name"), part.text("message", "description")
    known = {_folded(kind): kind for kind in MilestoneKind} | _GERMAN_MILESTONES
    texts = [name, message, part.value.get("id"), part.value.get("message")]
    kinds = [known[text] for text in map(_folded, texts) if text in known]
    return Milestone(
        kind=kinds[0] if kinds else MilestoneKind.OTHER,
        reference=part.key("id"),
        name=name,
        message=message,
        status=part.text("status"),
        date=part.instant("milestoneDate"),
    )


_GERMAN_MILESTONES = {
    "auftrageingegangen": MilestoneKind.ORDER_RECEIVED,
    "bestätigungversendet": MilestoneKind.CONFIRMATION_SENT,
    "vertragangelegt": MilestoneKind.CONTRACT_LINKED,
    "terminbestätigt": MilestoneKind.DATE_CONFIRMED,
    "portierungbestätigt": MilestoneKind.PORTING_CONFIRMED,
    "rufnummernvergeben": MilestoneKind.NUMBERS_ASSIGNED,
    "dienstaktiv": MilestoneKind.SERVICE_ACTIVE,
}


def _alert(part: Part) -> Alert:
    kind = part.text("jeopardyType")
    # The first that says why; the rest is left over.
    reason = part.text("message") or part.text("exception") or part.text("name")
    return Alert(reason or kind or "?", part.key("id"), kind, part.instant("alertDate"))


def _item_states(part: Part, items: list[StatedItem], names: Names) -> list[tuple[str, str, str]]:
    states = [
        (names[f"items {item.label}"][0] + ".state", item.label, item.state)
        for item in items
        if item.state
    ]
    for change in part.parts("itemStateChange"):
        item, state = change.text("itemId"), change.text("state")
        if item and state:
            states.append((change.path, item, state))
    return states


def _folded(text: object) -> str:
    return "".join(filter(str.isalpha, text.casefold())) if isinstance(text, str) else ""
