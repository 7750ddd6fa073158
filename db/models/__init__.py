"""The models, one module per aggregate."""

from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from db.base import Base, ByParent, TenantOwned
from db.models.access import (
    ApiClient,
    Credential,
    PortalSubject,
    SigningKey,
    UsedAssertion,
    WidgetOrigin,
)
from db.models.audit import AnyAuditEntry, AuditEntry, CarrierAuditEntry
from db.models.carts import Cart, CartItem
from db.models.changes import CatalogueToken, ChangeToken
from db.models.contracts import Contract, ContractItem
from db.models.customers import Customer, Site
from db.models.idempotency import IdempotencyKey
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

MODELS_OF_TENANTS: dict[str, type[Any]] = {
    table.name: mapper.class_
    for table in Base.metadata.sorted_tables
    for mapper in Base.registry.mappers
    if mapper.local_table is table and issubclass(mapper.class_, TenantOwned | Tenant)
}
"""Tenants, and the models that they own, by the name of the table."""


def parent_of(column: InstrumentedAttribute[Any]) -> Any:
    """The model whose rows the column refers to, if its rows are parts of them; else None."""
    rule = getattr(column.class_, "of_customer", None)
    if isinstance(rule, ByParent) and rule.column == column.key:
        return MODELS_OF_TENANTS[rule.table]
    return None


__all__ = [
    "MODELS_OF_TENANTS",
    "AnyAuditEntry",
    "ApiClient",
    "AuditEntry",
    "Base",
    "CarrierAuditEntry",
    "Cart",
    "CartItem",
    "CatalogueToken",
    "ChangeToken",
    "Contract",
    "ContractItem",
    "Credential",
    "Customer",
    "IdempotencyKey",
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
    "PortalSubject",
    "PortalUser",
    "Product",
    "ProductDocument",
    "SigningKey",
    "Site",
    "Tenant",
    "TenantOwned",
    "UsedAssertion",
    "WidgetOrigin",
    "parent_of",
]
