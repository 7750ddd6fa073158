"""Orders with what surrounds them, loaded and saved many at a time."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select

from db.base import Base
from db.enums import OrderPhase
from db.models import (
    Contract,
    ContractItem,
    Customer,
    IntakeMessage,
    Offer,
    Order,
    OrderDelay,
    OrderExternalId,
    OrderHistoryEntry,
    OrderItem,
    OrderMilestone,
    OrderNote,
    OrderPrice,
    Product,
    Site,
    Tenant,
)
from db.session import WriteSession
from ordering.lifecycle import INTERRUPTIONS
from ordering.times import ReportTimes

# A new row needs those that it refers to; the first history entry seals the parts of its order.
_SAVED: tuple[type[Base], ...] = (
    Tenant,
    Product,
    Customer,
    Site,
    Contract,
    ContractItem,
    Offer,
    Order,
    OrderItem,
    OrderPrice,
    OrderExternalId,
    OrderMilestone,
    OrderDelay,
    OrderNote,
    OrderHistoryEntry,
    IntakeMessage,
)
_PARTS = (
    OrderItem,
    OrderPrice,
    OrderExternalId,
    OrderMilestone,
    OrderDelay,
    OrderNote,
    OrderHistoryEntry,
)

Row = TypeVar("Row", bound=Base)


class OrderRecord:
    """An order with its parts, to be changed by the services of `ordering.orders`."""

    def __init__(self, order: Order, parts: dict[type[Base], list[Any]], *, is_new: bool) -> None:
        self.order = order
        self.items: list[OrderItem] = parts[OrderItem]
        self.prices: list[OrderPrice] = parts[OrderPrice]
        self.external_ids: list[OrderExternalId] = parts[OrderExternalId]
        self.milestones: list[OrderMilestone] = parts[OrderMilestone]
        self.delays: list[OrderDelay] = parts[OrderDelay]
        self.notes: list[OrderNote] = parts[OrderNote]
        self.history: list[OrderHistoryEntry] = parts[OrderHistoryEntry]
        self.noted = {(n.reference, n.author, n.written_at, n.text) for n in self.notes}
        """What its notes say: reference, author, time and text."""
        self.digests: set[str] = set()
        """Of the messages about it that were taken in."""
        self.times = ReportTimes(order.report_times)
        self.is_new = is_new
        self.changed = False

    @cached_property
    def items_by_reference(self) -> dict[str, list[OrderItem]]:
        """The items, which never change once the order was received. One without a reference is
        known by its position: "#2"."""
        items: dict[str, list[OrderItem]] = {}
        for item in self.items:
            items.setdefault(item.reference or f"#{item.position}", []).append(item)
        return items

    @property
    def phase_before(self) -> OrderPhase | None:
        """The last phase that was no interruption."""
        for entry in reversed(self.history):
            if entry.phase not in INTERRUPTIONS:
                return entry.phase
        return None

    def part(self, row: type[Row], /, **values: Any) -> Row:
        """A new part that belongs to this order; `UnitOfWork.add` keeps it."""
        return row(
            order_id=self.order.id,
            tenant_id=self.order.tenant_id,
            root_tenant_id=self.order.root_tenant_id,
            **values,
        )


class UnitOfWork:
    """The rows that one batch of changes needs, each looked up once, and the new ones it makes.

    Orders, and the contracts that they may change, are locked as they are loaded (on SQLite the
    whole transaction is the only writer): what is decided on a version is written over that version
    and no other. Locks of one kind are taken by id, so that two books seldom wait for each other.
    """

    def __init__(self, session: WriteSession, now: datetime | None = None) -> None:
        self.session = session
        self.now = now or datetime.now(UTC)
        self.tenants: dict[str, Tenant] = {}
        self.records: dict[tuple[int, str], OrderRecord] = {}
        self.customers: dict[tuple[int, str], Customer] = {}
        self.customers_by_id: dict[UUID, Customer] = {}
        self.sites: dict[tuple[UUID, str], Site] = {}
        self.products: dict[str, Product] = {}
        self.products_by_id: dict[UUID, Product] = {}
        self.offers: dict[tuple[int, str], Offer] = {}
        self.offers_by_id: dict[UUID, Offer] = {}
        self.ordered_offers: set[UUID] = set()
        self.contracts: dict[tuple[int, str], Contract] = {}
        self.contracts_by_id: dict[UUID, Contract] = {}
        self.sites_by_id: dict[UUID, Site] = {}
        self._new: dict[type[Base], list[Base]] = {kind: [] for kind in _SAVED}
        self._last_tenant_id: int | None = None

    def add(self, row: Row) -> Row:
        """Keep a new row; `save` writes it."""
        self._new[type(row)].append(row)
        return row

    async def save(self) -> None:
        """Write everything that is new or changed. Does not commit."""
        for record in self.records.values():
            if record.times.changed:
                record.order.report_times = record.times.stored()
                record.times.changed = False
        for kind in _SAVED:
            if rows := self._new[kind]:
                self.session.add(*rows)
                await self.session.flush()
                rows.clear()
        await self.session.flush()

    async def load_tenants(self, numbers: Iterable[str]) -> None:
        rows = await self._all(select(Tenant), Tenant.number, numbers)
        self.tenants.update({row.number: row for row in rows})

    async def load_orders(self, numbers: Iterable[str], root_tenant_id: int | None = None) -> None:
        """Of every partner, or of one."""
        statement = select(Order).order_by(Order.id).with_for_update()
        if root_tenant_id is not None:
            statement = statement.where(Order.root_tenant_id == root_tenant_id)
        orders = await self._all(statement, Order.number, numbers)
        parts: dict[UUID, dict[type[Base], list[Any]]] = {
            order.id: {kind: [] for kind in _PARTS} for order in orders
        }
        for kind in _PARTS if orders else ():
            of: Any = kind
            order_by = of.sequence if kind is OrderHistoryEntry else of.position
            for row in await self._all(select(of).order_by(order_by), of.order_id, parts):
                parts[row.order_id][kind].append(row)
        for order in orders:
            record = OrderRecord(order, parts[order.id], is_new=False)
            self.records[order.root_tenant_id, order.number] = record
        by_id = {record.order.id: record for record in self.records.values()}
        for message in await self._all(select(IntakeMessage), IntakeMessage.order_id, parts):
            by_id[message.order_id].digests.add(message.digest)
        await self._load_neighbours(orders)

    async def _load_neighbours(self, orders: Sequence[Order]) -> None:
        for customer in await self._all(
            select(Customer), Customer.id, {o.customer_id for o in orders}
        ):
            self._keep_customer(customer)
        for offer in await self._all(select(Offer), Offer.id, _present(o.offer_id for o in orders)):
            self._keep_offer(offer)
        for contract in await self._all(
            select(Contract), Contract.id, _present(o.contract_id for o in orders)
        ):
            self._keep_contract(contract)
        for site in await self._all(select(Site), Site.id, _present(o.site_id for o in orders)):
            self._keep_site(site)
        products = {i.product_id for r in self.records.values() for i in r.items}
        for product in await self._all(select(Product), Product.id, _present(products)):
            self._keep_product(product)

    async def load_stated(
        self,
        *,
        customers: Iterable[str],
        sites: Iterable[str],
        products: Iterable[str],
        offers: Iterable[str],
        contracts: Iterable[str],
    ) -> None:
        """What new orders name, by number."""
        for customer in await self._all(select(Customer), Customer.number, customers):
            self._keep_customer(customer)
        for product in await self._all(select(Product), Product.number, products):
            self._keep_product(product)
        for site in await self._all(select(Site), Site.number, sites):
            self._keep_site(site)
        locked = select(Contract).order_by(Contract.id).with_for_update(key_share=True)
        for contract in await self._all(locked, Contract.number, contracts):
            self._keep_contract(contract)
        found = await self._all(select(Offer), Offer.number, offers)
        for offer in found:
            self._keep_offer(offer)
        ordered = await self._all(
            select(Order.offer_id), Order.offer_id, {offer.id for offer in found}
        )
        self.ordered_offers.update(_present(ordered))

    async def next_tenant_id(self) -> int:
        if self._last_tenant_id is None:
            self._last_tenant_id = await self.session.scalar(select(func.max(Tenant.id))) or 0
        self._last_tenant_id += 1
        return self._last_tenant_id

    def _keep_customer(self, row: Customer) -> None:
        self.customers[row.root_tenant_id, row.number] = row
        self.customers_by_id[row.id] = row

    def _keep_site(self, row: Site) -> None:
        self.sites[row.customer_id, row.number] = row
        self.sites_by_id[row.id] = row

    def _keep_product(self, row: Product) -> None:
        self.products[row.number] = row
        self.products_by_id[row.id] = row

    def _keep_offer(self, row: Offer) -> None:
        self.offers[row.root_tenant_id, row.number] = row
        self.offers_by_id[row.id] = row

    def _keep_contract(self, row: Contract) -> None:
        self.contracts[row.root_tenant_id, row.number] = row
        self.contracts_by_id[row.id] = row

    def add_customer(self, row: Customer) -> Customer:
        self._keep_customer(row)
        return self.add(row)

    def add_site(self, row: Site) -> Site:
        self._keep_site(row)
        return self.add(row)

    def add_product(self, row: Product) -> Product:
        self._keep_product(row)
        return self.add(row)

    def add_offer(self, row: Offer) -> Offer:
        self._keep_offer(row)
        return self.add(row)

    def add_contract(self, row: Contract) -> Contract:
        self._keep_contract(row)
        return self.add(row)

    async def _all(self, statement: Select[Any], column: Any, keys: Iterable[Any]) -> list[Any]:
        """The rows whose column has one of the keys; a thousand keys at a time.

        As they are now, over what the session remembers: the locks of a savepoint that was undone
        are gone, and others may have written since.
        """
        wanted = sorted(set(keys))
        rows: list[Any] = []
        for start in range(0, len(wanted), 1000):
            some = statement.where(column.in_(wanted[start : start + 1000]))
            some = some.execution_options(populate_existing=True)
            rows += await self.session.entities(some)
        return rows


def _present(values: Iterable[UUID | None]) -> set[UUID]:
    return {value for value in values if value is not None}
