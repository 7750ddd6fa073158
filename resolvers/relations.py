"""All relations of the graph."""

from db.models import (
    Cart,
    CartItem,
    Contract,
    ContractItem,
    Customer,
    Offer,
    OfferConsent,
    Order,
    OrderDelay,
    OrderDocument,
    OrderExternalId,
    OrderHistoryEntry,
    OrderItem,
    OrderMilestone,
    OrderNote,
    OrderPrice,
    PortalUser,
    Product,
    ProductDocument,
    Site,
    Tenant,
)
from db.queries.lists import CARTS, CONTRACTS, CUSTOMERS, OFFERS, ORDERS, SITES, TENANTS
from resolvers.loaders import Children, One, Parts

TENANT = One(Tenant, Tenant.id)
CUSTOMER = One(Customer, Customer.id)
SITE = One(Site, Site.id)
PRODUCT = One(Product, Product.id)
CART = One(Cart, Cart.id)
OFFER = One(Offer, Offer.id)
ORDER = One(Order, Order.id)
CONTRACT = One(Contract, Contract.id)
PORTAL_USER = One(PortalUser, PortalUser.id)

OFFER_OF_CART = One(Offer, Offer.cart_id)
ORDER_OF_OFFER = One(Order, Order.offer_id)
SUCCESSOR = One(Contract, Contract.predecessor_id)

CHILDREN_OF_TENANT = Children(TENANTS, Tenant.parent_id)
CUSTOMERS_OF_TENANT = Children(CUSTOMERS, Customer.tenant_id)
OFFERS_OF_TENANT = Children(OFFERS, Offer.tenant_id)
ORDERS_OF_TENANT = Children(ORDERS, Order.tenant_id)
CONTRACTS_OF_TENANT = Children(CONTRACTS, Contract.tenant_id)
SITES_OF_TENANT = Children(SITES, Site.tenant_id)
CARTS_OF_TENANT = Children(CARTS, Cart.tenant_id)
SITES_OF_CUSTOMER = Children(SITES, Site.customer_id)
CARTS_OF_CUSTOMER = Children(CARTS, Cart.customer_id)
OFFERS_OF_CUSTOMER = Children(OFFERS, Offer.customer_id)
ORDERS_OF_CUSTOMER = Children(ORDERS, Order.customer_id)
CONTRACTS_OF_CUSTOMER = Children(CONTRACTS, Contract.customer_id)
CARTS_OF_SITE = Children(CARTS, Cart.site_id)
CARTS_OF_CONTRACT = Children(CARTS, Cart.contract_id)
ORDERS_OF_SITE = Children(ORDERS, Order.site_id)
CONTRACTS_OF_SITE = Children(CONTRACTS, Contract.site_id)
ORDERS_OF_PRODUCT = Children(ORDERS, Order.product_id)
CONTRACTS_OF_PRODUCT = Children(CONTRACTS, Contract.product_id)
ORDERS_OF_CONTRACT = Children(ORDERS, Order.contract_id)

DOCUMENTS_OF_PRODUCT = Parts(
    ProductDocument, ProductDocument.product_id, (ProductDocument.position,)
)
ITEMS_OF_CART = Parts(CartItem, CartItem.cart_id, (CartItem.position,))
CONSENTS_OF_OFFER = Parts(OfferConsent, OfferConsent.offer_id, (OfferConsent.given_at,))
ITEMS_OF_CONTRACT = Parts(ContractItem, ContractItem.contract_id, (ContractItem.position,))
ITEMS_OF_ORDER = Parts(OrderItem, OrderItem.order_id, (OrderItem.position,))
PRICES_OF_ORDER = Parts(
    OrderPrice, OrderPrice.order_id, (OrderPrice.position,), needed=("item_position",)
)
EXTERNAL_IDS_OF_ORDER = Parts(
    OrderExternalId, OrderExternalId.order_id, (OrderExternalId.position,)
)
MILESTONES_OF_ORDER = Parts(OrderMilestone, OrderMilestone.order_id, (OrderMilestone.position,))
DELAYS_OF_ORDER = Parts(OrderDelay, OrderDelay.order_id, (OrderDelay.position,))
NOTES_OF_ORDER = Parts(OrderNote, OrderNote.order_id, (OrderNote.position,), needed=("position",))
DOCUMENTS_OF_ORDER = Parts(OrderDocument, OrderDocument.order_id, (OrderDocument.position,))
HISTORY_OF_ORDER = Parts(
    OrderHistoryEntry, OrderHistoryEntry.order_id, (OrderHistoryEntry.sequence,)
)
