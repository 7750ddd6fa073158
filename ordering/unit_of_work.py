"""Orders with the rows around them: loaded, changed and stored many at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, func, inspect, select
from sqlalchemy.exc import IntegrityError

from db.base import Base, linked
from db.models import (
    Contract,
    Customer,
    IntakeMessage,
    Offer,
    Order,
    OrderHistoryEntry,
    Product,
    Site,
    Tenant,
)
from db.session import WriteSession
from db.unique_numbers import is_number_taken
from ordering.errors import LONGEST_NUMBER, NumberTakenError, Refusal
from ordering.free_text import is_storable
from ordering.lookups import Index, Lookups
from ordering.order.aggregate import PARTS, OrderAggregate

_KEYS_PER_STATEMENT = 1000

_SUBJECTS: dict[type[Base], tuple[str, str]] = {
    Customer: ("customer", "tenant"),
    Offer: ("offer", "customer"),
    Contract: ("contract", "customer"),
    Order: ("order", "tenant"),
}
"""Tables with numbers that are unique in a tree: what a row is called, and what it belongs to."""


class UnitOfWork:
    """The orders that one transaction changes, with the rows that they refer to.

    Orders, and the contracts that they may change, are locked when they are loaded (on SQLite a
    write transaction is the only one), so that a decision is stored over the version that it was
    made on. Rows of one table are locked in the order of their ids, which makes deadlocks rare.
    """

    def __init__(self, session: WriteSession) -> None:
        self.session = session
        self.lookups = Lookups()
        self.orders: defaultdict[str, dict[int, OrderAggregate]] = defaultdict(dict)
        """By number and root tenant."""

    def add(self, order: OrderAggregate) -> None:
        """Add a new order."""
        self.orders[order.row.number][order.row.root_tenant_id] = order

    async def save(self) -> None:
        """Store everything that is new or changed. Does not commit.

        Raises `NumberTakenError` for a number that is in use outside of the session's scope.
        """
        orders = [order for by_root in self.orders.values() for order in by_root.values()]
        for order in orders:
            if order.report_times.changed:
                order.row.report_times = order.report_times.stored()
                order.report_times.changed = False
        # A flush also updates stored orders: the new contracts that they refer to come first.
        await self._insert(Contract, [o.contract for o in orders if inspect(o.row).persistent])
        lookups = self.lookups
        await self._insert(Tenant, lookups.tenants.by_id.values())
        await self._insert(Product, lookups.products.by_id.values())
        await self._insert(Customer, lookups.customers.by_id.values())
        await self._insert(Site, lookups.sites.by_id.values())
        await self._insert(Contract, lookups.contracts.by_id.values())
        await self._insert_parts(lookups.contract_items)
        await self._insert(Offer, lookups.offers.by_id.values())
        await self._insert(Order, [order.row for order in orders])
        for part in PARTS:
            await self._insert_parts(row for order in orders for row in order.parts[part])
        await self._insert_parts(row for order in orders for row in order.new_messages)
        await self.session.flush()

    async def _insert(self, model: type[Base], rows: Iterable[Base | None]) -> None:
        new: list[Any] = [row for row in rows if row is not None and inspect(row).transient]
        try:
            await self._insert_parts(new)
        except IntegrityError as error:
            table = model.__table__
            is_partial = self.session.scope.tenant_ids is not None
            if not (is_partial and model in _SUBJECTS and isinstance(table, Table)):
                raise
            if not is_number_taken(error, table):
                raise
            name, owner = _SUBJECTS[model]
            raise NumberTakenError(
                Refusal.BELONGS_TO_ANOTHER,
                f"{name} {new[0].number} belongs to another {owner}",
                name,
            ) from error

    async def _insert_parts(self, rows: Iterable[Base]) -> None:
        new = [row for row in rows if inspect(row).transient]
        if new:
            self.session.add(*new)
            await self.session.flush()

    async def load_tenants(self, numbers: Collection[str]) -> None:
        await self._load(self.lookups.tenants, Tenant.number, numbers)
        if any(self.lookups.tenants.get(number) is None for number in numbers):
            last = await self.session.scalar(select(func.max(Tenant.id)))
            self.lookups.last_tenant_id = last or 0

    async def load_orders(
        self, numbers: Iterable[str], *, root_tenant_id: int | None = None
    ) -> None:
        """Load orders by number, in all trees in scope or in one."""
        statement = select(Order).order_by(Order.id).with_for_update()
        if root_tenant_id is not None:
            statement = statement.where(Order.root_tenant_id == root_tenant_id)
        rows: Sequence[Order] = await self._all(statement, Order.number, numbers)
        if not rows:
            return
        by_id = {
            row.id: OrderAggregate(row, {part: [] for part in PARTS}, self.lookups) for row in rows
        }
        for model in PARTS:
            part: Any = model
            position = part.sequence if model is OrderHistoryEntry else part.position
            of_order = select(part).join(Order, linked(part.order_id, Order)).order_by(position)
            for row in await self._all(of_order, Order.id, by_id):
                by_id[row.order_id].parts[model].append(row)
        digests = select(IntakeMessage.order_id, IntakeMessage.digest).join(
            Order, linked(IntakeMessage.order_id, Order)
        )
        for order_id, digest in await self._rows(digests, Order.id, by_id):
            by_id[order_id].digests.add(digest)
        for order in by_id.values():
            self.add(order)
        await self._load_references(by_id.values())

    async def load_order(self, number: str) -> OrderAggregate | None:
        """Load the order with that number in one partner's tree; None if there is none in scope."""
        if len(number) > LONGEST_NUMBER or not is_storable(number):
            return None
        await self.load_orders([number])
        return next(iter(self.orders.get(number, {}).values()), None)

    async def _load_references(self, orders: Collection[OrderAggregate]) -> None:
        lookups, rows = self.lookups, [order.row for order in orders]
        product_ids = (item.product_id for order in orders for item in order.items)
        await self._load(lookups.customers, Customer.id, (row.customer_id for row in rows))
        await self._load(lookups.offers, Offer.id, (row.offer_id for row in rows))
        await self._load(lookups.contracts, Contract.id, (row.contract_id for row in rows))
        await self._load(lookups.sites, Site.id, (row.site_id for row in rows))
        await self._load(lookups.products, Product.id, product_ids)

    async def load_stated(
        self,
        *,
        customers: Iterable[str],
        sites: Iterable[str],
        products: Iterable[str],
        offers: Iterable[str],
        contracts: Iterable[str],
    ) -> None:
        """Load what orders and reports name, by number."""
        lookups = self.lookups
        await self._load(lookups.customers, Customer.number, customers)
        await self._load(lookups.products, Product.number, products)
        await self._load(lookups.sites, Site.number, sites)
        locked = select(Contract).order_by(Contract.id).with_for_update(key_share=True)
        await self._load(lookups.contracts, Contract.number, contracts, locked)
        rows = await self._load(lookups.offers, Offer.number, offers)
        offer_ids = (offer.id for offer in rows)
        ids = await self._rows(select(Order.offer_id), Order.offer_id, offer_ids)
        lookups.ordered_offers.update(offer_id for (offer_id,) in ids)

    async def _load(
        self,
        index: Index[Any, Any],
        column: Any,
        keys: Iterable[Any],
        statement: Select[Any] | None = None,
    ) -> list[Any]:
        statement = select(column.class_) if statement is None else statement
        return [index.add(row) for row in await self._all(statement, column, keys)]

    async def _all(self, statement: Select[Any], column: Any, keys: Iterable[Any]) -> list[Any]:
        """The entities whose column has one of the keys, as they are now.

        What the session already has is read again: the locks of a savepoint that was rolled back
        are gone, and concurrent transactions may have changed the rows since.
        """
        statement = statement.execution_options(populate_existing=True)
        return [entity for (entity,) in await self._rows(statement, column, keys)]

    async def _rows(
        self, statement: Select[*tuple[Any, ...]], column: Any, keys: Iterable[Any]
    ) -> list[Any]:
        present: list[str | UUID] = sorted({key for key in keys if key is not None})
        rows: list[Any] = []
        for start in range(0, len(present), _KEYS_PER_STATEMENT):
            some = column.in_(present[start : start + _KEYS_PER_STATEMENT])
            rows += await self.session.rows(statement.where(some))
        return rows
