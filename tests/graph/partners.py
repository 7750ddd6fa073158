"""Two partners, each with one of everything, who must not see each other."""

from dataclasses import dataclass
from datetime import date, timedelta

from db.models import Contract, Customer, Offer, Order, Product, Tenant
from db.vocabulary import BusinessCase, CartStatus, ConsentBy, OfferStatus, OrderPhase
from tests.graph.book import NOW, Book


@dataclass(frozen=True)
class Documents:
    """What belongs to one tenant. `order` has a bit of everything, the other is completed."""

    tenant: Tenant
    customer: Customer
    offer: Offer
    order: Order
    completed: Order
    contract: Contract
    predecessor: Contract


@dataclass(frozen=True)
class Partners:
    """`partner` over `branch` over `nested`, and over `sibling`; `stranger` is somebody else."""

    book: Book
    product: Product
    partner: Documents
    branch: Documents
    nested: Documents
    sibling: Documents
    stranger: Documents

    @property
    def all(self) -> tuple[Documents, ...]:
        return (self.partner, self.branch, self.nested, self.sibling, self.stranger)


def two_partners() -> Partners:
    """Five tenants: M-10001 (the partner) and four others, in the order of `Partners`."""
    book = Book()
    partner = book.tenant()
    branch = book.tenant(partner)
    nested = book.tenant(branch)
    sibling = book.tenant(partner)
    stranger = book.tenant()
    product = book.product()
    documents = [
        one_of_everything(book, tenant, product)
        for tenant in (partner, branch, nested, sibling, stranger)
    ]
    return Partners(book, product, *documents)


def one_of_everything(book: Book, tenant: Tenant, product: Product) -> Documents:
    """Give the tenant a customer with every kind of document and every part of each."""
    user = book.portal_user(tenant)
    customer = book.customer(tenant)
    site = book.site(customer)
    predecessor = book.contract(customer, site_id=site.id, product_id=product.id)
    contract = book.contract(
        customer,
        site_id=site.id,
        product_id=product.id,
        predecessor_id=predecessor.id,
        term_end=date(2027, 1, 31),
        renewable_from=date(2026, 7, 31),
    )
    book.contract_item(predecessor, product_id=product.id)
    book.contract_item(contract, product_id=product.id)
    cart = book.cart(
        customer,
        site_id=site.id,
        contract_id=contract.id,
        business_case=BusinessCase.CONTRACT_ADJUSTMENT,
        status=CartStatus.FROZEN,
    )
    book.cart_item(cart, product_id=product.id)
    offer = book.offer(
        customer, cart=cart, created_by_id=user.id, status=OfferStatus.ORDERED, decided_at=NOW
    )
    book.consent(offer)
    book.consent(offer, given_by=ConsentBy.CARRIER)
    order = book.order(
        customer,
        phase=OrderPhase.CLARIFICATION,
        offer=offer,
        contract=contract,
        product=product,
        site_id=site.id,
        confirmed_by_id=user.id,
        expected_completion_date=NOW + timedelta(days=10),
        characteristics=[{"name": "note", "value": f"stated by {tenant.number}"}],
        reported_characteristics=[{"name": "line", "value": f"line of {tenant.number}"}],
        external_ids=[f"CRM-{tenant.number}"],
    )
    item = book.item(
        order,
        product=product,
        terms=[{"name": f"Laufzeit {tenant.number}", "amount": 24, "unit": "month"}],
        relationships=[{"kind": "reliesOn", "reference": f"item of {tenant.number}"}],
        characteristics=[{"name": "speed", "value": f"fast for {tenant.number}"}],
    )
    book.price(
        order, item=item, alterations=[{"name": f"Rabatt {tenant.number}", "percentage": "10"}]
    )
    book.price(order)
    book.milestone(order)
    book.delay(order)
    book.note(order)
    book.document(order)
    completed = book.order(
        customer, phase=OrderPhase.COMPLETED, contract=predecessor, product=product
    )
    return Documents(tenant, customer, offer, order, completed, contract, predecessor)
