"""The enums of the graph: the enums of other packages, with descriptions for the schema."""

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
from db.queries.orders import MatchedBy
from ordering.problems import UserErrorCode
from ordering.texts import Locale

__all__ = [
    "ActionParty",
    "AuditAction",
    "AuditActor",
    "BusinessCase",
    "CartStatus",
    "ConsentBy",
    "ContractEffect",
    "ContractStatus",
    "CustomerKind",
    "DocumentKind",
    "ItemAction",
    "Locale",
    "MatchedBy",
    "MilestoneKind",
    "OfferStatus",
    "OrderPhase",
    "OrderStatus",
    "PriceKind",
    "PrincipalKind",
    "ProductFamily",
    "UserErrorCode",
]


class Direction(StrEnum):
    ASC = "ASC"
    DESC = "DESC"


class ReferenceState(StrEnum):
    FOUND = "FOUND"
    NOT_FOUND = "NOT_FOUND"


def _describe(members: type[StrEnum], description: str, /, **values: str) -> None:
    """Make an enum part of the schema. Each member needs a description."""
    described = strawberry.enum(members, description=description)
    definition: StrawberryEnumDefinition = described.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values.pop(value.name)
    if values:
        raise ValueError(f"{members.__name__} has no {', '.join(values)}")


_describe(
    OrderStatus,
    "The status of an order, to show to people. These three values are final: no "
    "value will be added.",
    IN_PROGRESS="In Arbeit: the carrier has received the order and is processing it.",
    COMPLETED="Abgeschlossen: the order is completed. The product, change or extension is "
    "available.",
    ERROR="Fehler: the order ended with an error. Contact the carrier's sales support.",
)
_describe(
    OrderPhase,
    "The phase of an order: the detailed state behind `OrderStatus`. Phases may "
    "be added: if you do not know a phase, use the order's `status`.",
    RECEIVED="The carrier has received the order and is checking it. (TMF622 "
    "`acknowledged`, WITA TEQ)",
    ACCEPTED="The order has passed the checks. (TMF622 `inProgress.accepted`, WITA QEB)",
    CLARIFICATION="Information is missing: `actionRequired` says what is needed, from whom and "
    "until when. (TMF622 `pending`, WITA TAM)",
    ON_HOLD="The carrier has paused processing. (TMF622 `held`)",
    CONFIRMED="The delivery date is set: `expectedCompletionDate`. (TMF622 `inProgress`, WITA ABM)",
    PROVISIONING="The product is being set up. (TMF622 `inProgress`)",
    COMPLETED="The product, change or extension is available. (TMF622 `completed`, WITA ERLM)",
    REJECTED="The carrier has rejected the order and will not process it. (TMF622 "
    "`rejected`, WITA ABBM)",
    FAILED="Processing failed. The carrier may repair the order, which then continues "
    "from `RECEIVED`. (TMF622 `failed`)",
    PARTIAL="Only a part of the order could be delivered. (TMF622 `partial`)",
    CANCELLED="The order was cancelled. (TMF622 `cancelled`)",
)
_describe(
    BusinessCase,
    "What an order is for. A cart, an offer and an order each have exactly one business case.",
    NEW_ORDER="Neubestellung: a new product. Creates a contract.",
    REORDER="Nachbestellung: more of a product that is already under contract. Amends the "
    "contract.",
    CONTRACT_RENEWAL="Vertragsverlängerung: a new term. The contract keeps its number.",
    TARIFF_CHANGE="Tarifwechsel: another tariff for the same product. Amends the contract.",
    CONTRACT_ADJUSTMENT="Vertragsanpassung: other conditions. Amends the contract.",
    NEW_SITE_WITH_PORTING="Neuer Standort + Anbieterwechsel / Rufnummern: a new site whose "
    "telephone numbers are ported from another provider. Creates a contract.",
    NEW_NUMBERS_FOR_SITE="Neue Rufnummern für bestehenden Standort: new telephone numbers for an "
    "existing site. Amends the contract.",
    PROVIDER_CHANGE_FOR_SITE="Anbieterwechsel für bestehenden Standort: a change of provider for "
    "an existing site. Amends the contract.",
    PRODUCT_CHANGE="Produktwechsel: another product. Replaces the contract by a new one.",
    PRODUCT_CHANGE_WITH_NEW_ORDER="Produktwechsel mit Neubestellung: another product that is "
    "ordered anew. Replaces the contract by a new one.",
)
_describe(
    ActionParty,
    "The party that must act.",
    PARTNER="The partner.",
    CUSTOMER="The customer.",
    CARRIER="The carrier.",
)
_describe(
    ContractEffect,
    "The effect of an order on its contract.",
    CREATED="The order creates the contract.",
    AMENDED="The order changes the contract.",
    EXTENDED="The order renews the contract, which keeps its number.",
    REPLACED="The order replaces an earlier contract by this one: see `Contract.predecessor`.",
)
_describe(
    ContractStatus,
    "The status of a contract.",
    ACTIVE="The contract is active.",
    TERMINATED="Notice was given. The contract ends with its term.",
    EXPIRED="The contract has ended.",
    REPLACED="The contract was replaced by another one: see `Contract.successor`.",
)
_describe(
    OfferStatus,
    "The status of an offer.",
    CREATED="The offer was created but not sent yet.",
    SENT="The offer was sent to the customer, who has not consented yet.",
    CONSENTED="The customer has consented. The order will be placed next.",
    ORDERED="The offer resulted in an order.",
    DECLINED="The customer declined the offer.",
    WITHDRAWN="The partner withdrew the offer.",
    EXPIRED="The offer expired before anyone consented.",
)
_describe(
    ConsentBy,
    "The party that consented to an offer.",
    CUSTOMER="The customer or prospect.",
    CARRIER="The carrier, whose consent is also needed for an offer to a prospect.",
)
_describe(
    CartStatus,
    "The status of a cart.",
    OPEN="The cart can still be changed.",
    FROZEN="The cart can no longer be changed, because an offer or an order was made from it.",
)
_describe(
    CustomerKind,
    "Whether a business is a customer or a prospect.",
    CUSTOMER="A customer (Kunde).",
    PROSPECT="A prospect (Interessent), which has no contract yet.",
)
_describe(
    ProductFamily,
    "The family of a product.",
    CENTRAFLEX="Tengo Centraflex: a cloud telephone system.",
    SIP_TRUNK="IPfonie SIP trunks: lines for a telephone system.",
    VOICE_SITE="A site where voice products are used (Nutzungsstandort).",
    DSL="DSL access.",
    LEASED_LINE="A leased line.",
    FIBRE="Fibre access (Glasfaser).",
    OTHER="Any other product.",
)
_describe(
    ItemAction,
    "What an order item does to its product.",
    ADD="Adds the product.",
    MODIFY="Changes the product.",
    DELETE="Removes the product.",
    NO_CHANGE="Leaves the product as it is. The item is listed for context.",
)
_describe(
    PriceKind,
    "When a price is charged.",
    ONE_TIME="The price is charged once.",
    RECURRING="The price is charged for each period, such as a month.",
    USAGE="The price is charged by usage.",
)
_describe(
    MilestoneKind,
    "The kind of a milestone. Kinds may be added.",
    ORDER_RECEIVED="The carrier received the order.",
    CONFIRMATION_SENT="The carrier sent the confirmation of receipt.",
    CONTRACT_LINKED="The contract was linked to the order.",
    DATE_CONFIRMED="The delivery date is binding.",
    PORTING_CONFIRMED="The other provider confirmed the porting of the telephone numbers.",
    NUMBERS_ASSIGNED="The telephone numbers are assigned.",
    SERVICE_ACTIVE="The product can be used.",
    CANCELLATION_REQUESTED="A cancellation was requested and is being assessed.",
    OTHER="Any other milestone: see its `name` and `message`.",
)
_describe(
    DocumentKind,
    "The kind of a document.",
    PRODUCT_SHEET="A product information sheet (Produktinformationsblatt).",
    SERVICE_DESCRIPTION="A service description (Leistungsbeschreibung).",
    PRICE_LIST="A price list (Preisliste).",
    TERMS="Terms and conditions (AGB).",
    GUIDE="A guide to setting up the product.",
    ORDER_CONFIRMATION="The confirmation of receipt of an order (Auftragseingangsbestätigung).",
    OTHER="Any other document.",
)
_describe(
    Direction,
    "The direction of sorting.",
    ASC="Ascending: the smallest or earliest value first.",
    DESC="Descending: the largest or latest value first.",
)
_describe(
    MatchedBy,
    "The kind of number that a reference is.",
    ORDER_NUMBER="The number of an order.",
    OFFER_NUMBER="The number of an offer.",
    CONTRACT_NUMBER="The number of a contract.",
    EXTERNAL_ID="An external id of an order.",
)
_describe(
    ReferenceState,
    "Whether an order matches a reference.",
    FOUND="At least one order matches.",
    NOT_FOUND="No order that you may see matches.",
)
_describe(
    PrincipalKind,
    "The kind of caller.",
    API_CLIENT="A partner's system that uses an API key or an access token.",
    PORTAL_USER="A user of the portal, of a tenant or of one customer.",
    WIDGET_SESSION="A page in a browser that shows the widget, for a tenant or for one customer.",
    FULFILMENT="A system of the carrier that reports the progress of orders.",
    SUPPORT="The carrier's support staff.",
)
_describe(
    AuditAction,
    "The actions that the audit log records. Actions may be added.",
    KEY_CREATED="An API key was created.",
    KEY_REVOKED="An API key was revoked.",
    OAUTH_CLIENT_CREATED="An OAuth client was created.",
    OAUTH_CLIENT_REVOKED="An OAuth client was revoked.",
    SIGNING_KEY_CREATED="The carrier created a key that signs access tokens.",
    SIGNING_KEYS_WITHDRAWN="The carrier withdrew its signing keys, which invalidated all "
    "access tokens.",
    PORTAL_USER_CREATED="A portal user was created.",
    PORTAL_USER_LINKED="A portal user was linked to an account of the identity provider.",
    PORTAL_USER_DISABLED="A portal user was disabled.",
    PORTAL_USER_ENABLED="A disabled portal user was enabled again.",
    WIDGET_ORIGIN_ADDED="A web origin was registered, whose pages may send requests.",
    WIDGET_ORIGIN_REMOVED="A web origin was removed, which invalidated the sessions of its pages.",
    SIGN_IN_FAILED="A credential was refused. At most one entry per minute is written for a "
    "credential and a reason; it counts the attempts.",
    DATA_READ="The carrier's support read data of the tenant.",
    ORDER_NOTE_ADDED="A note was added to an order by `orderNoteAdd`.",
)
_describe(
    AuditActor,
    "The kinds of actors in the audit log. Kinds may be added.",
    OPERATOR="A person who runs the carrier's administration commands.",
    SERVER="The server itself.",
    UNKNOWN="A caller whose credential was refused.",
    API_CLIENT="A partner's system that uses an API key or an access token.",
    PORTAL_USER="A user of the portal.",
    WIDGET_SESSION="A page in a browser that shows the widget.",
    FULFILMENT="A system of the carrier that reports the progress of orders.",
    SUPPORT="The carrier's support staff.",
)
_describe(
    UserErrorCode,
    "The kinds of errors of mutations. Kinds may be added.",
    INVALID_FIELD="A value of the input breaks a rule.",
    NOT_FOUND="The input names an object that does not exist, or that you may not see.",
    KEY_REUSED="The idempotency key has been used for another request.",
)
_describe(Locale, "The language of texts for people.", DE="German.", EN="English.")
