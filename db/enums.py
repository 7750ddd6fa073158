"""The enums of the domain, which the database checks and the schema shows.

They use the terms of TM Forum (TMF622, TMF648, TMF651) where it has one.
"""

from enum import StrEnum


class ClientKind(StrEnum):
    """The owner of an API client."""

    PARTNER = "PARTNER"
    FULFILMENT = "FULFILMENT"
    """The carrier's own systems, which report progress."""
    SUPPORT = "SUPPORT"
    """The tool of the carrier's support staff."""


class CredentialKind(StrEnum):
    API_KEY = "API_KEY"
    OAUTH_CLIENT = "OAUTH_CLIENT"


class AuditAction(StrEnum):
    KEY_CREATED = "KEY_CREATED"
    KEY_REVOKED = "KEY_REVOKED"
    OAUTH_CLIENT_CREATED = "OAUTH_CLIENT_CREATED"
    OAUTH_CLIENT_REVOKED = "OAUTH_CLIENT_REVOKED"
    SIGNING_KEY_CREATED = "SIGNING_KEY_CREATED"
    SIGNING_KEYS_WITHDRAWN = "SIGNING_KEYS_WITHDRAWN"
    PORTAL_USER_CREATED = "PORTAL_USER_CREATED"
    PORTAL_USER_LINKED = "PORTAL_USER_LINKED"
    PORTAL_USER_DISABLED = "PORTAL_USER_DISABLED"
    PORTAL_USER_ENABLED = "PORTAL_USER_ENABLED"
    WIDGET_ORIGIN_ADDED = "WIDGET_ORIGIN_ADDED"
    WIDGET_ORIGIN_REMOVED = "WIDGET_ORIGIN_REMOVED"
    SIGN_IN_FAILED = "SIGN_IN_FAILED"
    DATA_READ = "DATA_READ"
    ORDER_NOTE_ADDED = "ORDER_NOTE_ADDED"


class AuditActor(StrEnum):
    """Who acted: a kind of principal, or an actor without one (operator, server, unknown)."""

    OPERATOR = "OPERATOR"
    SERVER = "SERVER"
    UNKNOWN = "UNKNOWN"
    API_CLIENT = "API_CLIENT"
    PORTAL_USER = "PORTAL_USER"
    WIDGET_SESSION = "WIDGET_SESSION"
    FULFILMENT = "FULFILMENT"
    SUPPORT = "SUPPORT"


class CustomerKind(StrEnum):
    CUSTOMER = "CUSTOMER"
    PROSPECT = "PROSPECT"


class BusinessCase(StrEnum):
    NEW_ORDER = "NEW_ORDER"
    REORDER = "REORDER"
    CONTRACT_RENEWAL = "CONTRACT_RENEWAL"
    TARIFF_CHANGE = "TARIFF_CHANGE"
    CONTRACT_ADJUSTMENT = "CONTRACT_ADJUSTMENT"
    NEW_SITE_WITH_PORTING = "NEW_SITE_WITH_PORTING"
    NEW_NUMBERS_FOR_SITE = "NEW_NUMBERS_FOR_SITE"
    PROVIDER_CHANGE_FOR_SITE = "PROVIDER_CHANGE_FOR_SITE"
    PRODUCT_CHANGE = "PRODUCT_CHANGE"
    PRODUCT_CHANGE_WITH_NEW_ORDER = "PRODUCT_CHANGE_WITH_NEW_ORDER"


class OrderStatus(StrEnum):
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"


class OrderPhase(StrEnum):
    RECEIVED = "RECEIVED"
    ACCEPTED = "ACCEPTED"
    CLARIFICATION = "CLARIFICATION"
    ON_HOLD = "ON_HOLD"
    CONFIRMED = "CONFIRMED"
    PROVISIONING = "PROVISIONING"
    COMPLETED = "COMPLETED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    PARTIAL = "PARTIAL"
    CANCELLED = "CANCELLED"


STATUS_OF_PHASE: dict[OrderPhase, OrderStatus] = {
    OrderPhase.RECEIVED: OrderStatus.IN_PROGRESS,
    OrderPhase.ACCEPTED: OrderStatus.IN_PROGRESS,
    OrderPhase.CLARIFICATION: OrderStatus.IN_PROGRESS,
    OrderPhase.ON_HOLD: OrderStatus.IN_PROGRESS,
    OrderPhase.CONFIRMED: OrderStatus.IN_PROGRESS,
    OrderPhase.PROVISIONING: OrderStatus.IN_PROGRESS,
    OrderPhase.COMPLETED: OrderStatus.COMPLETED,
    OrderPhase.REJECTED: OrderStatus.ERROR,
    OrderPhase.FAILED: OrderStatus.ERROR,
    OrderPhase.PARTIAL: OrderStatus.ERROR,
    OrderPhase.CANCELLED: OrderStatus.ERROR,
}
"""The status, as people see it, of each phase."""


class ActionParty(StrEnum):
    """Who must act while an order is in clarification."""

    PARTNER = "PARTNER"
    CUSTOMER = "CUSTOMER"
    CARRIER = "CARRIER"


class ContractEffect(StrEnum):
    CREATED = "CREATED"
    AMENDED = "AMENDED"
    EXTENDED = "EXTENDED"
    REPLACED = "REPLACED"


class ContractStatus(StrEnum):
    ACTIVE = "ACTIVE"
    TERMINATED = "TERMINATED"
    EXPIRED = "EXPIRED"
    REPLACED = "REPLACED"


class OfferStatus(StrEnum):
    CREATED = "CREATED"
    SENT = "SENT"
    CONSENTED = "CONSENTED"
    ORDERED = "ORDERED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class ConsentBy(StrEnum):
    CUSTOMER = "CUSTOMER"
    CARRIER = "CARRIER"


class CartStatus(StrEnum):
    OPEN = "OPEN"
    FROZEN = "FROZEN"


class ProductFamily(StrEnum):
    CENTRAFLEX = "CENTRAFLEX"
    SIP_TRUNK = "SIP_TRUNK"
    VOICE_SITE = "VOICE_SITE"
    DSL = "DSL"
    LEASED_LINE = "LEASED_LINE"
    FIBRE = "FIBRE"
    OTHER = "OTHER"


class ItemAction(StrEnum):
    ADD = "ADD"
    MODIFY = "MODIFY"
    DELETE = "DELETE"
    NO_CHANGE = "NO_CHANGE"


class PriceKind(StrEnum):
    ONE_TIME = "ONE_TIME"
    RECURRING = "RECURRING"
    USAGE = "USAGE"


class MilestoneKind(StrEnum):
    ORDER_RECEIVED = "ORDER_RECEIVED"
    CONFIRMATION_SENT = "CONFIRMATION_SENT"
    CONTRACT_LINKED = "CONTRACT_LINKED"
    DATE_CONFIRMED = "DATE_CONFIRMED"
    PORTING_CONFIRMED = "PORTING_CONFIRMED"
    NUMBERS_ASSIGNED = "NUMBERS_ASSIGNED"
    SERVICE_ACTIVE = "SERVICE_ACTIVE"
    CANCELLATION_REQUESTED = "CANCELLATION_REQUESTED"
    OTHER = "OTHER"


class DocumentKind(StrEnum):
    PRODUCT_SHEET = "PRODUCT_SHEET"
    SERVICE_DESCRIPTION = "SERVICE_DESCRIPTION"
    PRICE_LIST = "PRICE_LIST"
    TERMS = "TERMS"
    GUIDE = "GUIDE"
    ORDER_CONFIRMATION = "ORDER_CONFIRMATION"
    OTHER = "OTHER"
