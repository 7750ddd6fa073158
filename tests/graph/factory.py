"""Order books for tests: a factory for each model, one row a call.

    book = Factory()
    partner = book.tenant()
    customer = book.customer(partner, name="Bäckerei Brot GmbH")
    order = book.order(customer, phase=OrderPhase.CONFIRMED)
    book.item(order, product=book.product())
    await client.fill(book)

Every factory fills what must be there, with values that occur only once, and takes any column by
its name. Numbers count up from 10001, so that none is a part of another.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

from db import enums, models
from db.enums import BusinessCase, OrderPhase
from db.models import Base, Cart, Contract, Customer, Offer, Order, OrderItem, Product, Tenant
from db.search import search_text
from tests.graph.rows import Rows, address, owned, row_id

NOW: Final = datetime(2026, 11, 20, 14, tzinfo=UTC)
"""The current time of all order books made here."""

M = TypeVar("M", bound=Base)
Path = Sequence[OrderPhase]

_SMOOTH: Final[Path] = (
    OrderPhase.RECEIVED,
    OrderPhase.ACCEPTED,
    OrderPhase.CONFIRMED,
    OrderPhase.PROVISIONING,
    OrderPhase.COMPLETED,
)
_ENTERED_BEFORE: Final = {OrderPhase.CLARIFICATION: 2, OrderPhase.ON_HOLD: 3, OrderPhase.PARTIAL: 4}


class Factory(Rows):
    """A method for each model: it adds one row, and returns it."""

    def tenant(self, parent: Tenant | None = None, **given: Any) -> Tenant:
        n = next(self._numbers)
        columns = {
            "id": n,
            "public_id": row_id(n),
            "root_tenant_id": parent.root_tenant_id if parent else n,
            "parent_id": parent.id if parent else None,
            "number": f"M-{n}",
            "name": f"Partner {n} GmbH",
            "email": f"partner{n}@partner.example",
            "created_at": NOW - timedelta(days=1000),
        }
        return self._add(Tenant, columns, given)

    def customer(self, tenant: Tenant, **given: Any) -> Customer:
        n = next(self._numbers)
        columns = {
            **owned(n, tenant.id, tenant.root_tenant_id),
            "number": f"K-{n}",
            "kind": enums.CustomerKind.CUSTOMER,
            "name": f"Kundschaft {n} AG",
            "email": f"kunde{n}@kunde.example",
            "created_at": NOW - timedelta(days=900),
            "updated_at": NOW - timedelta(days=800),
            **address(n),
        }
        customer = self._add(Customer, columns, given)
        customer.search_customers = search_text(customer.number, customer.name)
        return customer

    def site(self, customer: Customer, **given: Any) -> models.Site:
        n = next(self._numbers)
        columns = {
            **owned(n, customer.tenant_id, customer.root_tenant_id),
            "customer_id": customer.id,
            "number": f"S-{n}",
            "name": f"Filiale {n}",
            "created_at": NOW - timedelta(days=850),
            **address(n),
        }
        return self._add(models.Site, columns, given)

    def portal_user(
        self, tenant: Tenant, *, subject: str | None = None, **given: Any
    ) -> models.PortalUser:
        """A user, linked to the identity provider's subject if one is given."""
        n = next(self._numbers)
        columns = {
            **owned(n, tenant.id, tenant.root_tenant_id),
            "name": f"Petra Portal {n}",
            "email": f"portal{n}@partner.example",
            "created_at": NOW - timedelta(days=700),
        }
        user = self._add(models.PortalUser, columns, given)
        if subject is not None:
            self.portal_subject(user, subject)
        return user

    def portal_subject(self, user: models.PortalUser, subject: str) -> models.PortalSubject:
        columns = {
            "subject": subject,
            "user_id": user.id,
            "tenant_id": user.tenant_id,
            "root_tenant_id": user.root_tenant_id,
        }
        return self._add(models.PortalSubject, columns, {})

    def audit_entry(self, tenant: Tenant, **given: Any) -> models.AuditEntry:
        """An entry of the audit log about the tenant."""
        columns = owned(0, tenant.id, tenant.root_tenant_id) | self._audit_columns()
        return self._add(models.AuditEntry, columns, given)

    def carrier_audit_entry(self, **given: Any) -> models.CarrierAuditEntry:
        """An entry of the audit log about no tenant."""
        return self._add(models.CarrierAuditEntry, self._audit_columns(), given)

    def _audit_columns(self) -> dict[str, Any]:
        n = next(self._numbers)
        return {
            "id": row_id(n),
            "occurred_at": NOW - timedelta(days=2),
            "action": enums.AuditAction.KEY_CREATED,
            "actor_kind": enums.AuditActor.OPERATOR,
            "actor": "partnergraph",
            "subject": f"pgk {n}",
            "details": {"client": f"CRM {n}", "scopes": ["orders:read"]},
        }

    def product(self, **given: Any) -> Product:
        """A product of the carrier's catalogue, with a document."""
        n = next(self._numbers)
        columns = {
            "id": row_id(n),
            "number": f"P-{n}",
            "name": f"Produkt {n}",
            "family": enums.ProductFamily.FIBRE,
            "description_de": f"Ein Produkt {n}",
            "description_en": f"A product {n}",
        }
        product = self._add(Product, columns, given)
        document = {
            "product_id": product.id,
            "position": 1,
            "kind": enums.DocumentKind.PRODUCT_SHEET,
            "title": f"Produktblatt {n}",
            "language": "de",
            "content_type": "application/pdf",
            "url": f"https://carrier.example/{n}.pdf",
        }
        self._add(models.ProductDocument, document, {})
        return product

    def cart(self, customer: Customer, **given: Any) -> Cart:
        n = next(self._numbers)
        columns = {
            **owned(n, customer.tenant_id, customer.root_tenant_id),
            "number": f"W-{n}",
            "customer_id": customer.id,
            "business_case": BusinessCase.NEW_ORDER,
            "status": enums.CartStatus.OPEN,
            "created_at": NOW - timedelta(days=40),
            "updated_at": NOW - timedelta(days=39),
        }
        return self._add(Cart, columns, given)

    def cart_item(self, cart: Cart, **given: Any) -> models.CartItem:
        return self._priced_item(models.CartItem, cart, "cart_id", given)

    def offer(self, customer: Customer, *, cart: Cart | None = None, **given: Any) -> Offer:
        n = next(self._numbers)
        columns = {
            **owned(n, customer.tenant_id, customer.root_tenant_id),
            "number": f"AN-{n}",
            "customer_id": customer.id,
            "cart_id": cart.id if cart else None,
            "business_case": cart.business_case if cart else BusinessCase.NEW_ORDER,
            "status": enums.OfferStatus.SENT,
            "created_at": NOW - timedelta(days=38),
            "updated_at": NOW - timedelta(days=36),
            "sent_at": NOW - timedelta(days=37),
            "valid_until": date(2026, 12, 31),
        }
        if cart:
            cart.status = enums.CartStatus.FROZEN
        offer = self._add(Offer, columns, given)
        offer.search_offers = search_text(offer.number)
        offer.search_customers = search_text(customer.name)
        return offer

    def consent(self, offer: Offer, **given: Any) -> models.OfferConsent:
        n = next(self._numbers)
        columns = {
            "offer_id": offer.id,
            "tenant_id": offer.tenant_id,
            "root_tenant_id": offer.root_tenant_id,
            "given_by": enums.ConsentBy.CUSTOMER,
            "given_at": NOW - timedelta(days=35),
            "name": f"Zita Zustimmung {n}",
            "email": f"zustimmung{n}@kunde.example",
        }
        return self._add(models.OfferConsent, columns, given)

    def contract(self, customer: Customer, **given: Any) -> Contract:
        n = next(self._numbers)
        columns = {
            **owned(n, customer.tenant_id, customer.root_tenant_id),
            "number": f"V-{n}",
            "customer_id": customer.id,
            "status": enums.ContractStatus.ACTIVE,
            "term_start": date(2024, 1, 1),
            "term_end": date(2027, 12, 31),
            "minimum_months": 48,
            "notice_period_months": 3,
            "renewable_from": date(2027, 7, 1),
            "dealer_id": f"HD-{n}",
            "sub_partner_id": f"UVP-{n}",
            "created_at": NOW - timedelta(days=600),
            "updated_at": NOW - timedelta(days=500),
        }
        contract = self._add(Contract, columns, given)
        contract.search_contracts = search_text(contract.number)
        contract.search_customers = search_text(customer.name)
        return contract

    def contract_item(self, contract: Contract, **given: Any) -> models.ContractItem:
        return self._priced_item(models.ContractItem, contract, "contract_id", given)

    def order(
        self,
        customer: Customer,
        *,
        phase: OrderPhase = OrderPhase.RECEIVED,
        offer: Offer | None = None,
        contract: Contract | None = None,
        product: Product | None = None,
        external_ids: Sequence[str] = (),
        **given: Any,
    ) -> Order:
        """An order with the history that its phase implies. Entries are one hour apart."""
        n = next(self._numbers)
        path = _path(phase)
        received = given.get("received_at", NOW - timedelta(days=30))
        entered = [received + timedelta(hours=hours) for hours in range(len(path))]
        columns = {
            **owned(n, customer.tenant_id, customer.root_tenant_id),
            "number": f"A-{n}",
            "customer_id": customer.id,
            "product_id": product.id if product else None,
            "offer_id": offer.id if offer else None,
            "business_case": offer.business_case if offer else BusinessCase.NEW_ORDER,
            "category": f"B2B {n}",
            "description": f"Bestellung {n}",
            "dealer_id": f"HD-{n}",
            "sub_partner_id": f"UVP-{n}",
            "received_at": received,
            "requested_completion_date": received + timedelta(days=30),
            "automated": False,
            "phase": phase,
            "contract_id": contract.id if contract else None,
            "contract_effect": enums.ContractEffect.CREATED if contract else None,
            "updated_at": entered[-1],
        }
        if phase is OrderPhase.COMPLETED:
            seconds = (len(path) - 1) * 3600
            columns |= {"completed_at": entered[-1], "processing_seconds": seconds}
        if phase is OrderPhase.CLARIFICATION:
            columns |= {
                "action_text": f"Bitte klären: {n}",
                "action_by": enums.ActionParty.CUSTOMER,
            }
        order = self._add(Order, columns, given)
        for sequence, (entry, at) in enumerate(zip(path, entered, strict=True), 1):
            self._history(order, sequence, entry, at)
        for value in external_ids:
            self.external_id(order, value=value)
        order.search_orders = search_text(order.number, *external_ids)
        order.search_offers = offer.search_offers if offer else ""
        order.search_contracts = contract.search_contracts if contract else ""
        order.search_customers = search_text(customer.name)
        return order

    def item(self, order: Order, *, product: Product | None = None, **given: Any) -> OrderItem:
        n = next(self._numbers)
        columns = {
            "reference": f"R-{n}",
            "action": enums.ItemAction.ADD,
            "product_id": product.id if product else None,
            "name": product.name if product else f"Leistung {n}",
            "quantity": 1,
        }
        return self._part(OrderItem, order, columns, given)

    def price(
        self, order: Order, *, item: OrderItem | None = None, **given: Any
    ) -> models.OrderPrice:
        """A price of the item, or of the order as a whole."""
        columns = {
            "item_position": item.position if item else None,
            "kind": enums.PriceKind.RECURRING,
            "name": f"Preis {next(self._numbers)}",
            "net_amount": Decimal("19.90"),
            "gross_amount": Decimal("23.681"),
            "currency": "EUR",
            "tax_rate": Decimal(19),
            "period": "month",
        }
        return self._part(models.OrderPrice, order, columns, given)

    def external_id(self, order: Order, **given: Any) -> models.OrderExternalId:
        """Prefer `order(external_ids=…)`, which also adds it to the order's search text."""
        columns = {"owner": "CRM", "kind": "POnumber", "value": f"PO-{next(self._numbers)}"}
        return self._part(models.OrderExternalId, order, columns, given)

    def milestone(self, order: Order, **given: Any) -> models.OrderMilestone:
        columns = {
            "kind": enums.MilestoneKind.ORDER_RECEIVED,
            "message": f"Meilenstein {next(self._numbers)}",
            "reached_at": order.received_at,
            "violated": False,
        }
        return self._part(models.OrderMilestone, order, columns, given)

    def delay(self, order: Order, **given: Any) -> models.OrderDelay:
        """A delay. An unresolved one also marks an order in progress as delayed."""
        columns = {
            "reason": f"Tiefbau {next(self._numbers)}",
            "reported_at": order.received_at + timedelta(minutes=1),
        }
        delay = self._part(models.OrderDelay, order, columns, given)
        order.delayed = order.delayed or (delay.resolved_at is None and not order.completed_at)
        return delay

    def note(self, order: Order, **given: Any) -> models.OrderNote:
        n = next(self._numbers)
        columns = {"author": f"Nora Notiz {n}", "written_at": order.received_at, "text": f"Tor {n}"}
        return self._part(models.OrderNote, order, columns, given)

    def document(self, order: Order, **given: Any) -> models.OrderDocument:
        n = next(self._numbers)
        columns = {
            "kind": enums.DocumentKind.ORDER_CONFIRMATION,
            "title": f"Auftragsbestätigung {n}",
            "content_type": "application/pdf",
            "url": f"https://carrier.example/{n}.pdf",
            "created_at": order.received_at,
        }
        return self._part(models.OrderDocument, order, columns, given)

    def _history(self, order: Order, sequence: int, phase: OrderPhase, at: datetime) -> None:
        columns = {
            "order_id": order.id,
            "tenant_id": order.tenant_id,
            "root_tenant_id": order.root_tenant_id,
            "sequence": sequence,
            "previous_sequence": sequence - 1 or None,
            "phase": phase,
            "occurred_at": at,
            "reason": f"Grund {next(self._numbers)}",
        }
        self._add(models.OrderHistoryEntry, columns, {})


def _path(phase: OrderPhase) -> list[OrderPhase]:
    if phase in _SMOOTH:
        return [*_SMOOTH[: _SMOOTH.index(phase) + 1]]
    return [*_SMOOTH[: _ENTERED_BEFORE.get(phase, 1)], phase]
