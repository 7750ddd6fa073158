"""The collections that can be filtered, sorted and paged."""

from db.keyset import Collection
from db.models import (
    AnyAuditEntry,
    AuditEntry,
    Cart,
    Contract,
    Customer,
    Offer,
    Order,
    Product,
    Site,
    Tenant,
)

ORDERS = Collection(Order, Order.id)
OFFERS = Collection(Offer, Offer.id)
CONTRACTS = Collection(Contract, Contract.id)
CUSTOMERS = Collection(Customer, Customer.id)
SITES = Collection(Site, Site.id)
CARTS = Collection(Cart, Cart.id)
TENANTS = Collection(Tenant, Tenant.public_id)
PRODUCTS = Collection(Product, Product.id)
AUDIT_LOG = Collection(AuditEntry, AuditEntry.id, for_carrier=AnyAuditEntry)
