"""The closed sets, described for the schema. The graph's types take their enums from here."""

from enum import StrEnum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from auth.principal import PrincipalKind
from db.enums import (
    ActionParty,
    AuditAction,
    AuditActor,
    BusinessCase,
    CartStatus,
    ConsentBy,
    ContractEffect,
    ContractStatus,
    CustomerKind,
    DocumentKind,
    ItemAction,
    MilestoneKind,
    OfferStatus,
    OrderPhase,
    OrderStatus,
    PriceKind,
    ProductFamily,
)
from db.queries.audit import AuditSortField
from db.queries.contracts import ContractSortField
from db.queries.customers import CustomerSortField
from db.queries.offers import OfferSortField
from db.queries.orders import MatchedBy, OrderSortField
from db.queries.tenants import TenantSortField
from ordering.texts import Locale

__all__ = [
    "ActionParty",
    "AuditAction",
    "AuditActor",
    "AuditSortField",
    "BusinessCase",
    "CartStatus",
    "ConsentBy",
    "ContractEffect",
    "ContractSortField",
    "ContractStatus",
    "CustomerKind",
    "CustomerSortField",
    "DocumentKind",
    "ItemAction",
    "Locale",
    "MatchedBy",
    "MilestoneKind",
    "OfferSortField",
    "OfferStatus",
    "OrderPhase",
    "OrderSortField",
    "OrderStatus",
    "PriceKind",
    "PrincipalKind",
    "ProductFamily",
    "TenantSortField",
]


class Direction(StrEnum):
    ASC = "ASC"
    DESC = "DESC"


class ReferenceState(StrEnum):
    FOUND = "FOUND"
    NOT_FOUND = "NOT_FOUND"


def _describe(members: type[StrEnum], description: str, /, **values: str) -> None:
    """Makes an enum part of the schema; a member without a description is a mistake."""
    described = strawberry.enum(members, description=description)
    definition: StrawberryEnumDefinition = described.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values.pop(value.name)
    if values:
        raise ValueError(f"{members.__name__} has no {', '.join(values)}")


_describe(
    OrderStatus,
    "The state of an order as people see it. These three values are final: the set will not grow.",
    IN_PROGRESS="In Arbeit: the order has been received and is being processed.",
    COMPLETED="Abgeschlossen: the order is done; the product, change or extension is available.",
    ERROR="Fehler: the order ended in an error. Please contact the carrier's sales support.",
)
_describe(
    OrderPhase,
    "The finer state behind `OrderStatus`. New phases may be added: treat one that you do not know "
    "by the order's `status`.",
    RECEIVED="The order has arrived; checks are running. (TMF622 `acknowledged`, WITA TEQ)",
    ACCEPTED="The order has passed its checks. (TMF622 `inProgress.accepted`, WITA QEB)",
    CLARIFICATION="Information is missing; `actionRequired` says what, from whom and until when. "
    "(TMF622 `pending`, WITA TAM)",
    ON_HOLD="The carrier has paused processing. (TMF622 `held`)",
    CONFIRMED="The delivery date is set: `expectedCompletionDate`. (TMF622 `inProgress`, WITA ABM)",
    PROVISIONING="The product is being set up. (TMF622 `inProgress`)",
    COMPLETED="The product, change or extension is available. (TMF622 `completed`, WITA ERLM)",
    REJECTED="The order was refused and will not be processed. (TMF622 `rejected`, WITA ABBM)",
    FAILED="Processing ran into an error; the carrier may repair the order, which then starts "
    "again as `RECEIVED`. (TMF622 `failed`)",
    PARTIAL="Only a part of the order could be delivered. (TMF622 `partial`)",
    CANCELLED="The order was cancelled. (TMF622 `cancelled`)",
)
_describe(
    BusinessCase,
    "What an order is about. One cart, offer and order holds one business case.",
    NEW_ORDER="Neubestellung: a new product. Creates a contract.",
    REORDER="Nachbestellung: more of a product that is under contract. Amends the contract.",
    CONTRACT_RENEWAL="Vertragsverlängerung: a new term under the same contract number.",
    TARIFF_CHANGE="Tarifwechsel: another tariff of the same product. Amends the contract.",
    CONTRACT_ADJUSTMENT="Vertragsanpassung: other conditions. Amends the contract.",
    NEW_SITE_WITH_PORTING="Neuer Standort + Anbieterwechsel / Rufnummern: a new site whose numbers "
    "come from another provider. Creates a contract.",
    NEW_NUMBERS_FOR_SITE="Neue Rufnummern für bestehenden Standort: amends the contract.",
    PROVIDER_CHANGE_FOR_SITE="Anbieterwechsel für bestehenden Standort: amends the contract.",
    PRODUCT_CHANGE="Produktwechsel: another product. Replaces the contract by a new one.",
    PRODUCT_CHANGE_WITH_NEW_ORDER="Produktwechsel mit Neubestellung: another product, ordered "
    "anew. Replaces the contract by a new one.",
)
_describe(
    ActionParty,
    "Who must act.",
    PARTNER="The partner.",
    CUSTOMER="The customer.",
    CARRIER="The carrier.",
)
_describe(
    ContractEffect,
    "What an order did, or is doing, to its contract.",
    CREATED="The order created the contract.",
    AMENDED="The order changed the contract.",
    EXTENDED="The order renewed the contract, which keeps its number.",
    REPLACED="The order replaced an earlier contract by this one; see `Contract.predecessor`.",
)
_describe(
    ContractStatus,
    "The state of a contract.",
    ACTIVE="The contract is running.",
    TERMINATED="Notice was given; the contract ends with its term.",
    EXPIRED="The contract has ended.",
    REPLACED="Another contract has taken its place; see `Contract.successor`.",
)
_describe(
    OfferStatus,
    "The state of an offer.",
    CREATED="The offer was made and not sent yet.",
    SENT="The offer was sent to the customer, whose consent is awaited.",
    CONSENTED="The customer has consented; the order is about to be placed.",
    ORDERED="An order resulted from the offer.",
    DECLINED="The customer has declined.",
    WITHDRAWN="The partner has withdrawn the offer.",
    EXPIRED="The offer ran out before anybody consented.",
)
_describe(
    ConsentBy,
    "Whose consent it is.",
    CUSTOMER="The customer's, or the prospect's.",
    CARRIER="The carrier's: needed as well for an offer to a prospect.",
)
_describe(
    CartStatus,
    "The state of a cart.",
    OPEN="The cart can still be changed.",
    FROZEN="An offer or an order has come of the cart; it cannot be changed any more.",
)
_describe(
    CustomerKind,
    "Whether somebody is a customer already.",
    CUSTOMER="A customer (Kunde).",
    PROSPECT="A prospect (Interessent), who has no contract yet.",
)
_describe(
    ProductFamily,
    "The kind of a product.",
    CENTRAFLEX="Tengo Centraflex: a telephone system out of the network.",
    SIP_TRUNK="IPfonie SIP trunks: lines for a telephone system.",
    VOICE_SITE="A site at which voice products are used (Nutzungsstandort).",
    DSL="DSL access.",
    LEASED_LINE="A leased line.",
    FIBRE="Fibre access (Glasfaser).",
    OTHER="Anything else.",
)
_describe(
    ItemAction,
    "What an order item does to the product it names.",
    ADD="Adds it.",
    MODIFY="Changes it.",
    DELETE="Removes it.",
    NO_CHANGE="Leaves it as it is; the item is there for context.",
)
_describe(
    PriceKind,
    "When a price is charged.",
    ONE_TIME="Once.",
    RECURRING="In every period, a month say.",
    USAGE="By use.",
)
_describe(
    MilestoneKind,
    "What a milestone marks. New kinds may be added.",
    ORDER_RECEIVED="The order was received.",
    CONFIRMATION_SENT="The confirmation of receipt was sent.",
    CONTRACT_LINKED="The contract number is known.",
    DATE_CONFIRMED="The delivery date is binding.",
    PORTING_CONFIRMED="The other provider has confirmed the porting of the numbers.",
    NUMBERS_ASSIGNED="The telephone numbers are assigned.",
    SERVICE_ACTIVE="The product can be used.",
    CANCELLATION_REQUESTED="A cancellation was asked for and is being assessed.",
    OTHER="Something else: see the milestone's `name` and `message`.",
)
_describe(
    DocumentKind,
    "What a document is.",
    PRODUCT_SHEET="A product sheet (Produktinformationsblatt).",
    SERVICE_DESCRIPTION="A service description (Leistungsbeschreibung).",
    PRICE_LIST="A price list (Preisliste).",
    TERMS="Terms and conditions (AGB).",
    GUIDE="A guide to setting the product up.",
    ORDER_CONFIRMATION="The confirmation that an order was received (Auftragseingangsbestätigung).",
    OTHER="Anything else.",
)
_describe(
    OrderSortField,
    "By what orders can be sorted.",
    RECEIVED_AT="When the order was received.",
    UPDATED_AT="When the order last changed.",
    EXPECTED_COMPLETION_DATE="When the order is expected to be done; unknown dates are the latest.",
    NUMBER="The order number, as text.",
)
_describe(
    ContractSortField,
    "By what contracts can be sorted.",
    CREATED_AT="When the contract was created.",
    UPDATED_AT="When the contract last changed.",
    TERM_END="When the term ends; unknown ends are the latest.",
    NUMBER="The contract number, as text.",
)
_describe(
    OfferSortField,
    "By what offers can be sorted.",
    CREATED_AT="When the offer was made.",
    UPDATED_AT="When the offer last changed.",
    NUMBER="The offer number, as text.",
)
_describe(
    CustomerSortField,
    "By what customers can be sorted.",
    NAME="The name.",
    NUMBER="The customer number, as text.",
    CREATED_AT="When the customer was registered.",
)
_describe(
    TenantSortField,
    "By what tenants can be sorted.",
    NAME="The name.",
    NUMBER="The tenant number, as text.",
)
_describe(
    Direction,
    "Which way a list is sorted.",
    ASC="The smallest, or earliest, first.",
    DESC="The largest, or latest, first.",
)
_describe(
    MatchedBy,
    "What a reference turned out to be.",
    ORDER_NUMBER="The number of an order.",
    OFFER_NUMBER="The number of an offer.",
    CONTRACT_NUMBER="The number of a contract.",
    EXTERNAL_ID="An external id of an order.",
)
_describe(
    ReferenceState,
    "Whether anything goes by a reference.",
    FOUND="At least one order does.",
    NOT_FOUND="No order that you may see does.",
)
_describe(
    PrincipalKind,
    "What kind of caller it is.",
    API_CLIENT="A partner's system, by an API key or an access token.",
    PORTAL_USER="A person who is signed in to the portal: of a tenant, or of one customer.",
    WIDGET_SESSION="A page of the portal in a browser, for a tenant or for one customer.",
    FULFILMENT="A system of the carrier that reports how orders progress.",
    SUPPORT="The carrier's staff.",
)
_describe(
    AuditAction,
    "What the audit log records. New actions may be added.",
    KEY_CREATED="An API key was made.",
    KEY_REVOKED="An API key was revoked.",
    OAUTH_CLIENT_CREATED="An OAuth client was made.",
    OAUTH_CLIENT_REVOKED="An OAuth client was revoked.",
    SIGNING_KEY_CREATED="The carrier made a key that signs access tokens.",
    SIGNING_KEYS_WITHDRAWN="The carrier withdrew its signing keys, and with them all tokens.",
    PORTAL_USER_CREATED="Somebody was made a user of the portal.",
    PORTAL_USER_LINKED="A user was linked to what the identity provider calls them.",
    PORTAL_USER_DISABLED="A user was disabled.",
    PORTAL_USER_ENABLED="A user who was disabled may sign in again.",
    WIDGET_ORIGIN_ADDED="An origin was registered, whose pages may ask.",
    WIDGET_ORIGIN_REMOVED="An origin was removed, and with it the sessions of its pages.",
    SIGN_IN_FAILED="A credential was refused. Of each credential and reason there is an entry a "
    "minute at most; it counts the attempts.",
    DATA_READ="The carrier's support has read data of the tenant.",
)
_describe(
    AuditActor,
    "Who may stand behind an entry of the audit log. New kinds may be added.",
    OPERATOR="Whoever runs the carrier's commands.",
    SERVER="The server by itself.",
    UNKNOWN="Somebody whose credential was refused.",
    API_CLIENT="A partner's system.",
    PORTAL_USER="A person who is signed in to the portal.",
    WIDGET_SESSION="A page of the portal in a browser.",
    FULFILMENT="A system of the carrier that reports how orders progress.",
    SUPPORT="The carrier's staff.",
)
_describe(
    AuditSortField,
    "By what entries of the audit log can be sorted.",
    OCCURRED_AT="When it happened.",
)
_describe(
    Locale,
    "The language of texts for people.",
    DE="German.",
    EN="English.",
)
