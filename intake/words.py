"""The words that messages use: roles, business cases, states, kinds of prices and milestones.

Words of free texts are compared as `folded`; enumerated values of the standard as they are.
"""

from functools import lru_cache

from db.enums import ActionParty, BusinessCase, ItemAction, MilestoneKind, PriceKind
from ordering.order.lifecycle import TMF622_STATE


def folded(text: object) -> str:
    """The letters of a text in lower case; empty if it is not a text."""
    if not isinstance(text, str):
        return ""
    return _folded_word(text) if len(text) <= _LONGEST_WORD else _folded(text)


_LONGEST_WORD = 40


def _folded(text: str) -> str:
    return "".join(filter(str.isalpha, text.casefold()))


# Messages repeat a few words: their names, roles and kinds.
_folded_word = lru_cache(maxsize=1024)(_folded)


DEALER_ROLES = ("dealer", "händler", "haendler")
TENANT_ROLES = (
    ("tenant", "mandant", "submandant", "subtenant"),
    ("partner", "vertriebspartner", "reseller", "wiederverkäufer"),
    ("seller", "verkäufer"),
    DEALER_ROLES,
)
"""Roles of the tenant, by precedence: the first group that an order names."""
PROSPECT_ROLES = ("prospect", "interessent")
CUSTOMER_ROLES = (
    ("customer", "kunde", "endcustomer", "endkunde", "buyer", "käufer", "consumer", "subscriber"),
    PROSPECT_ROLES,
)
"""Roles of the customer, by precedence."""
SUB_PARTNER_ROLES = ("subpartner", "untervertriebspartner", "uvp")

DEALER_NAMES = frozenset({"dealerid", "händlerid", "haendlerid"})
"""Names of characteristics that hold the dealer id."""
SUB_PARTNER_NAMES = frozenset({"subpartnerid", "uvpkennung", "uvp"})
CASE_NAMES = frozenset({"businesscase", "geschäftsvorfall", "geschaeftsvorfall"})

CASES: dict[str, BusinessCase] = {
    **{folded(case.value): case for case in BusinessCase},
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
"""Names of business cases. The longest that a text contains decides."""

ITEM_ACTIONS = {
    "add": ItemAction.ADD,
    "modify": ItemAction.MODIFY,
    "delete": ItemAction.DELETE,
    "noChange": ItemAction.NO_CHANGE,
}
PRICE_KINDS = {
    "nonrecurring": PriceKind.ONE_TIME,
    "onetime": PriceKind.ONE_TIME,
    "recurring": PriceKind.RECURRING,
    "usage": PriceKind.USAGE,
}
MILESTONES = {
    **{folded(kind.value): kind for kind in MilestoneKind},
    "auftrageingegangen": MilestoneKind.ORDER_RECEIVED,
    "bestätigungversendet": MilestoneKind.CONFIRMATION_SENT,
    "vertragangelegt": MilestoneKind.CONTRACT_LINKED,
    "terminbestätigt": MilestoneKind.DATE_CONFIRMED,
    "portierungbestätigt": MilestoneKind.PORTING_CONFIRMED,
    "rufnummernvergeben": MilestoneKind.NUMBERS_ASSIGNED,
    "dienstaktiv": MilestoneKind.SERVICE_ACTIVE,
}
PLANNED_MILESTONE = frozenset({"Yet-To-Reach", "Violated"})
"""States of a milestone that is not reached."""

ACTION_PARTIES = {
    "partner": ActionParty.PARTNER,
    "vertriebspartner": ActionParty.PARTNER,
    "customer": ActionParty.CUSTOMER,
    "kunde": ActionParty.CUSTOMER,
    "carrier": ActionParty.CARRIER,
    "netzbetreiber": ActionParty.CARRIER,
}

DRAFT = "draft"
IN_PROGRESS = "inProgress"
CANCELLING = frozenset({"assessingCancellation", "pendingCancellation"})
PHASES = {state: phase for phase, state in TMF622_STATE.items() if state != IN_PROGRESS}
"""The phases that a state alone decides; the other states are those above."""
