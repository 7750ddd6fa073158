"""The rows that an order names by number: looked up in the partner's tree, made where unknown."""

from datetime import datetime

from db.enums import BusinessCase, CustomerKind, OfferStatus, ProductFamily
from db.ids import new_id
from db.models import Customer, Offer, Product, Site, Tenant
from ordering.errors import Refusal, RefusedError
from ordering.search import customer_search_text, offer_search_text
from ordering.stated import StatedCustomer, StatedSite
from ordering.unit_of_work import UnitOfWork

_FAMILY_WORDS: tuple[tuple[ProductFamily, tuple[str, ...]], ...] = (
    (ProductFamily.CENTRAFLEX, ("centraflex",)),
    (ProductFamily.VOICE_SITE, ("nutzungsstandort", "voice site", "voice-site")),
    (ProductFamily.SIP_TRUNK, ("sip trunk", "sip-trunk", "ipfonie")),
    (ProductFamily.FIBRE, ("glasfaser", "fibre", "fiber", "ftth")),
    (ProductFamily.LEASED_LINE, ("leased line", "standleitung", "ethernet", "festverbindung")),
    (ProductFamily.DSL, ("dsl",)),
)


def guess_family(name: str) -> ProductFamily:
    """The family of a product that the catalogue does not know, by its name."""
    folded = name.casefold()
    for family, words in _FAMILY_WORDS:
        if any(word in folded for word in words):
            return family
    return ProductFamily.OTHER


async def find_or_add_tenant(book: UnitOfWork, number: str, name: str | None) -> Tenant:
    """The tenant of that number; an unknown one becomes a partner of its own, a root."""
    if (tenant := book.tenants.get(number)) is not None:
        return tenant
    tenant_id = await book.next_tenant_id()
    tenant = Tenant(
        id=tenant_id,
        public_id=new_id(),
        root_tenant_id=tenant_id,
        parent_id=None,
        number=number,
        name=name or number,
        email=None,
        created_at=book.now,
    )
    book.tenants[number] = tenant
    return book.add(tenant)


def find_or_add_customer(book: UnitOfWork, tenant: Tenant, stated: StatedCustomer) -> Customer:
    """The customer of that number. A prospect who orders as a customer has become one."""
    customer = book.customers.get((tenant.root_tenant_id, stated.number))
    if customer is None:
        name = stated.name or stated.number
        return book.add_customer(
            Customer(
                id=new_id(),
                tenant_id=tenant.id,
                root_tenant_id=tenant.root_tenant_id,
                number=stated.number,
                kind=stated.kind,
                name=name,
                email=None,
                created_at=book.now,
                updated_at=book.now,
                search_text=customer_search_text(number=stated.number, name=name),
            )
        )
    if customer.tenant_id != tenant.id:
        raise RefusedError(
            Refusal.BELONGS_TO_ANOTHER,
            f"customer {stated.number} belongs to another tenant",
            "customer",
        )
    if customer.kind is CustomerKind.PROSPECT and stated.kind is CustomerKind.CUSTOMER:
        customer.kind, customer.updated_at = CustomerKind.CUSTOMER, book.now
    return customer


def find_or_add_site(book: UnitOfWork, customer: Customer, stated: StatedSite) -> Site:
    site = book.sites.get((customer.id, stated.number))
    if site is not None:
        return site
    return book.add_site(
        Site(
            id=new_id(),
            tenant_id=customer.tenant_id,
            root_tenant_id=customer.root_tenant_id,
            customer_id=customer.id,
            number=stated.number,
            name=stated.name,
            street=stated.street,
            house_number=stated.house_number,
            postal_code=stated.postal_code,
            city=stated.city,
            country=stated.country,
            created_at=book.now,
        )
    )


def find_or_add_product(book: UnitOfWork, number: str, name: str) -> Product:
    product = book.products.get(number)
    if product is not None:
        return product
    return book.add_product(
        Product(
            id=new_id(),
            number=number,
            name=name,
            family=guess_family(name),
            description_de=None,
            description_en=None,
        )
    )


def order_offer(
    book: UnitOfWork, customer: Customer, number: str, case: BusinessCase, at: datetime
) -> Offer:
    """The offer that an order came out of, now ordered. One offer leads to one order."""
    offer = book.offers.get((customer.root_tenant_id, number))
    if offer is None:
        offer = book.add_offer(
            Offer(
                id=new_id(),
                tenant_id=customer.tenant_id,
                root_tenant_id=customer.root_tenant_id,
                number=number,
                customer_id=customer.id,
                business_case=case,
                status=OfferStatus.ORDERED,
                created_at=at,
                updated_at=book.now,
                search_text=offer_search_text(number=number, customer=customer.name),
            )
        )
    elif offer.customer_id != customer.id:
        raise RefusedError(
            Refusal.BELONGS_TO_ANOTHER, f"offer {number} belongs to another customer", "offer"
        )
    elif offer.id in book.ordered_offers:
        raise RefusedError(
            Refusal.OFFER_ALREADY_ORDERED, f"offer {number} led to another order already", "offer"
        )
    elif offer.status is not OfferStatus.ORDERED:
        offer.status, offer.updated_at = OfferStatus.ORDERED, book.now
    book.ordered_offers.add(offer.id)
    return offer
