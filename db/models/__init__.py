"""The models, one module per aggregate."""

from db.base import Base, TenantOwned
from db.models.access import ApiClient, Credential, SigningKey, UsedAssertion, WidgetOrigin
from db.models.audit import AuditEntry
from db.models.carts import Cart, CartItem
from db.models.changes import CatalogueToken, ChangeToken
from db.models.contracts import Contract, ContractItem
from db.models.customers import Customer, Site
from db.models.intake import IntakeFailure, IntakeMessage
from db.models.offers import Offer, OfferConsent
from db.models.order_parts import (
    OrderDelay,
    OrderDocument,
    OrderExternalId,
    OrderHistoryEntry,
    OrderItem,
    OrderMilestone,
    OrderNote,
    OrderPrice,
)
from db.models.orders import Order
from db.models.products import Product, ProductDocument
from db.models.tenants import PortalUser, Tenant

__all__ = [
    "ApiClient",
    "AuditEntry",
    "Base",
    "Cart",
    "CartItem",
    "CatalogueToken",
    "ChangeToken",
    "Contract",
    "ContractItem",
    "Credential",
    "Customer",
    "IntakeFailure",
    "IntakeMessage",
    "Offer",
    "OfferConsent",
    "Order",
    "OrderDelay",
    "OrderDocument",
    "OrderExternalId",
    "OrderHistoryEntry",
    "OrderItem",
    "OrderMilestone",
    "OrderNote",
    "OrderPrice",
    "PortalUser",
    "Product",
    "ProductDocument",
    "SigningKey",
    "Site",
    "Tenant",
    "TenantOwned",
    "UsedAssertion",
    "WidgetOrigin",
]
