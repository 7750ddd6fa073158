"""Two partners that must not see each other, each with one object of every kind."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from db.enums import AuditAction, AuditActor, BusinessCase, ConsentBy, OfferStatus, OrderPhase
from db.models import AuditEntry, Cart, Contract, Customer, Offer, Order, Product, Site, Tenant
from tests.graph.factory import NOW, Factory


@dataclass(frozen=True)
class Documents:
    """The objects of one tenant. `order` has every kind of part; the other order is completed."""

    tenant: Tenant
    customer: Customer
    site: Site
    cart: Cart
    offer: Offer
    order: Order
    completed: Order
    contract: Contract
    predecessor: Contract
    entry: AuditEntry
    """Of the audit log."""


@dataclass(frozen=True)
class Partners:
    """`partner` over `branch` over `nested`, and over `sibling`; `stranger` is somebody else."""

    book: Factory
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
    book = Factory()
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


def one_of_everything(
    book: Factory, tenant: Tenant, product: Product, *, apart: int = 0
) -> Documents:
    """Add a customer to the tenant, with every kind of document and all their parts.

    Texts, times, large numbers and amounts occur with no other tenant; for a second customer of
    one tenant, say how far apart they are from the first one's.
    """
    mark = _Mark(tenant, apart)
    user = book.portal_user(tenant)
    customer = book.customer(tenant, created_at=mark.time(-900), updated_at=mark.time(-800))
    site = book.site(customer)
    used: dict[str, Any] = {"site_id": site.id, "product_id": product.id}
    predecessor, contract = _contracts(book, mark, customer, used)
    cart = book.cart(
        customer,
        site_id=site.id,
        contract_id=contract.id,
        business_case=BusinessCase.CONTRACT_ADJUSTMENT,
        created_at=mark.time(-40),
        updated_at=mark.time(-39),
    )
    book.cart_item(cart, product_id=product.id, **mark.item())
    offer = book.offer(
        customer,
        cart=cart,
        created_by_id=user.id,
        status=OfferStatus.ORDERED,
        created_at=mark.time(-38),
        sent_at=mark.time(-37),
        updated_at=mark.time(-36),
        decided_at=mark.time(-35),
        valid_until=mark.day(100),
    )
    book.consent(offer, given_at=mark.time(-34))
    book.consent(offer, given_by=ConsentBy.CARRIER, given_at=mark.time(-33))
    order = book.order(
        customer,
        phase=OrderPhase.CLARIFICATION,
        offer=offer,
        contract=contract,
        product=product,
        site_id=site.id,
        confirmed_by_id=user.id,
        received_at=mark.time(-30),
        requested_start_date=mark.time(5),
        requested_completion_date=mark.time(9),
        expected_completion_date=mark.time(10),
        action_due=mark.time(11),
        updated_at=mark.time(-1),
        version=mark.number(1),
        characteristics=mark.characteristics("stated by"),
        reported_characteristics=mark.characteristics("line of"),
        external_ids=[mark.reference()],
    )
    _parts(book, mark, order, product)
    completed = book.order(
        customer,
        phase=OrderPhase.COMPLETED,
        business_case=order.business_case,
        contract=predecessor,
        product=product,
        received_at=mark.time(-60),
        completed_at=mark.time(-59),
        processing_seconds=mark.number(2),
    )
    entry = _audit_entry(book, mark, tenant)
    return Documents(
        tenant, customer, site, cart, offer, order, completed, contract, predecessor, entry
    )


def _audit_entry(book: Factory, mark: "_Mark", tenant: Tenant) -> AuditEntry:
    return book.audit_entry(
        tenant,
        occurred_at=mark.time(-7),
        action=AuditAction.DATA_READ,
        actor_kind=AuditActor.SUPPORT,
        actor=mark.text("desk of"),
        credential=mark.text("key of the desk of"),
        on_behalf_of=mark.text("agent of"),
        subject=mark.text("subject of"),
        request_id=mark.text("call about"),
        details={"operation": mark.text("operation of")},
    )


def _contracts(
    book: Factory, mark: "_Mark", customer: Customer, used: dict[str, Any]
) -> tuple[Contract, Contract]:
    predecessor = book.contract(
        customer, created_at=mark.time(-600), updated_at=mark.time(-500), **used
    )
    contract = book.contract(
        customer,
        predecessor_id=predecessor.id,
        term_start=mark.day(-300),
        term_end=mark.day(400),
        renewable_from=mark.day(220),
        minimum_months=mark.number(3),
        notice_period_months=mark.number(4),
        created_at=mark.time(-300),
        updated_at=mark.time(-299),
        version=mark.number(5),
        **used,
    )
    for each in (predecessor, contract):
        book.contract_item(each, product_id=used["product_id"], **mark.item())
    return predecessor, contract


def _parts(book: Factory, mark: "_Mark", order: Order, product: Product) -> None:
    item = book.item(
        order,
        product=product,
        name=mark.text("item of"),
        quantity=mark.number(6),
        parent_position=mark.number(9),
        state=mark.text("state of"),
        terms=[
            {
                "name": mark.text("Laufzeit"),
                "description": mark.text("term of"),
                "amount": mark.number(7),
                "unit": mark.text("months of"),
            }
        ],
        relationships=[{"kind": mark.text("relies on"), "reference": mark.text("item of")}],
        characteristics=mark.characteristics("fast for"),
    )
    for priced in (item, None):
        book.price(
            order,
            item=priced,
            description=mark.text("price of"),
            net_amount=mark.amount(1),
            gross_amount=mark.amount(2),
            tax_rate=mark.amount(3),
            period=mark.text("month of"),
            period_length=mark.number(8),
            unit=mark.text("minute of"),
            alterations=[mark.alteration()],
        )
    book.milestone(
        order,
        name=mark.text("milestone of"),
        reference=mark.text("reference of"),
        planned_at=mark.time(-28),
        reached_at=mark.time(-27),
    )
    book.delay(
        order,
        kind=mark.text("grave for"),
        reference=mark.text("alert of"),
        reported_at=mark.time(-26),
        resolved_at=mark.time(-25),
    )
    book.delay(order, reported_at=mark.time(-24))
    book.note(order, written_at=mark.time(-23))
    book.document(order)


class _Mark:
    """Makes values that only one owner has. Days repeat after twenty owners."""

    def __init__(self, tenant: Tenant, apart: int) -> None:
        self._number = tenant.number if not apart else f"N-{tenant.id + apart}"
        self._id = tenant.id + apart

    def text(self, what: str) -> str:
        return f"{what} {self._number}"

    def reference(self) -> str:
        return f"REF {self._id}"

    def number(self, n: int) -> int:
        return self._id * 10 + n

    def amount(self, n: int) -> Decimal:
        return Decimal(self.number(n)) / 100

    def day(self, days: int) -> date:
        return NOW.date() + timedelta(days=days + self._id % 20)

    def time(self, days: int) -> datetime:
        return NOW + timedelta(days=days, seconds=(self._id - 10_000) * 61)

    def characteristics(self, what: str) -> list[dict[str, Any]]:
        return [{"name": self.text("property of"), "value": self.text(what)}]

    def item(self) -> dict[str, Any]:
        return {
            "quantity": self.number(0),
            "one_time_amount": self.amount(4),
            "monthly_amount": self.amount(5),
            "characteristics": self.characteristics("good for"),
        }

    def alteration(self) -> dict[str, Any]:
        return {
            "name": self.text("Rabatt"),
            "description": self.text("discount of"),
            "percentage": str(self.amount(6)),
            "amount": str(self.amount(7)),
            "currency": "EUR",
            "duration": self.number(1),
            "period": self.text("year of"),
            "priority": self.number(2),
        }
