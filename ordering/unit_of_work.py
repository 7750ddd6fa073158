"""Orders with the rows around them: loaded, changed and stored many at a time."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Select, Table, func, select
from sqlalchemy.exc import IntegrityError

from db import detached
from db.base import Base, linked
from db.expressions import any_of
from db.models import (
    Contract,
    ContractItem,
    Customer,
    IntakeMessage,
    Offer,
    Order,
    OrderHistoryEntry,
    OrderItem,
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

Row = TypeVar("Row", bound=Base)

_SUBJECTS: dict[type[Base], tuple[str, str]] = {
    Customer: ("customer", "tenant"),
    Offer: ("offer", "customer"),
    Contract: ("contract", "customer"),
    Order: ("order", "tenant"),
}
"""Tables with numbers that are unique in a tree: what a row is called, and what it belongs to."""


def _all_parts(number: str) -> Collection[type[Base]]:
    return PARTS


class UnitOfWork:
    """The orders that one transaction changes, with the rows that they refer to.

    Orders, and the contracts that they may change, are locked when they are loaded (on SQLite a
    write transaction is the only one), so that a decision is stored over the version that it was
    made on. Each statement that locks names one root tenant, and locks its rows in the order of
    their ids, which makes deadlocks rare. The number of statements depends on the number of root
    tenants, never on the number of orders.
    """

    def __init__(self, session: WriteSession) -> None:
        self.session = session
        self.lookups = Lookups()
        self.orders: defaultdict[str, dict[int, OrderAggregate]] = defaultdict(dict)
        """By number and root tenant."""
        self._new_orders: list[OrderAggregate] = []
        self._loaded: dict[type[Base], list[Base]] = {}
        """All rows that were loaded, by table: those that have changed are updated."""

    def add(self, order: OrderAggregate) -> None:
        """Add a new order."""
        self._new_orders.append(order)
        self._put(order)

    def _put(self, order: OrderAggregate) -> None:
        self.orders[order.row.number][order.row.root_tenant_id] = order

    async def save(self) -> None:
        """Store everything that is new or changed: one statement a table for each. Does not commit.

        Raises `NumberTakenError` for a number that is in use outside of the session's scope.
        """
        orders = [order for by_root in self.orders.values() for order in by_root.values()]
        for order in orders:
            if order.report_times.changed:
                order.row.report_times = order.report_times.stored()
                order.report_times.changed = False
        lookups = self.lookups
        await self._insert_numbered(Tenant, lookups.tenants)
        await self._insert_numbered(Product, lookups.products)
        await self._insert_numbered(Customer, lookups.customers)
        await self._insert_numbered(Site, lookups.sites)
        await self._insert_numbered(Contract, lookups.contracts)
        await self._insert(ContractItem, lookups.contract_items)
        await self._insert_numbered(Offer, lookups.offers)
        await self._insert(Order, [order.row for order in self._new_orders])
        # What an order refers to was inserted before; its history comes last and seals the rest.
        for model, rows in self._loaded.items():
            await self._update(model, rows)
        for part in PARTS:
            await self._insert(part, [row for order in orders for row in order.new_parts[part]])
        await self._insert(IntakeMessage, [row for o in orders for row in o.new_messages])
        self._loaded.setdefault(Order, []).extend(order.row for order in self._new_orders)
        for order in orders:
            for part, rows in order.new_parts.items():
                self._loaded.setdefault(part, []).extend(rows)
                rows.clear()
            order.new_messages.clear()
        self._new_orders.clear()
        lookups.contract_items.clear()

    async def _insert_numbered(self, model: type[Row], index: Index[Any, Row]) -> None:
        await self._insert(model, list(index.new.values()))
        self._loaded.setdefault(model, []).extend(index.new.values())
        index.new.clear()

    async def _insert(self, model: type[Base], rows: Sequence[Any]) -> None:
        if not rows:
            return
        try:
            await self.session.insert(model, detached.values(model, rows))
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
                f"{name} {rows[0].number} belongs to another {owner}",
                name,
            ) from error
        for row in rows:
            detached.mark_stored(row)

    async def _update(self, model: type[Base], rows: Iterable[Base]) -> None:
        changes = [(row, names) for row in rows if (names := detached.changed(row))]
        if not changes:
            return
        columns = sorted(set(chain.from_iterable(names for _, names in changes)))
        changed = [row for row, _ in changes]
        if hasattr(model, "id"):
            changed.sort(key=attrgetter("id"))
        await self.session.update(model, columns, detached.values(model, changed))
        for row in changed:
            detached.mark_stored(row)

    async def load_tenants(self, numbers: Collection[str]) -> None:
        await self._load(self.lookups.tenants, Tenant, Tenant.number, numbers)
        if any(self.lookups.tenants.get(number) is None for number in numbers):
            last = await self.session.scalar(select(func.max(Tenant.id)))
            self.lookups.last_tenant_id = last or 0

    async def load_orders(
        self,
        numbers: Mapping[str, Collection[int] | None] | Iterable[str],
        *,
        parts: Callable[[str], Collection[type[Base]]] = _all_parts,
        digests: Collection[str] = (),
        references: bool = True,
    ) -> None:
        """Load orders by number: of these root tenants, or of all in scope for None.

        `parts` tells by number which parts are needed. Of the messages about the orders, those with
        one of the digests are loaded. Without `references` the rows that the orders refer to, such
        as customers, are not.
        """
        roots = numbers if isinstance(numbers, Mapping) else dict.fromkeys(numbers)
        rows: list[Order] = []
        for root, some in (await self._numbers_by_root(Order, roots)).items():
            locked = _select(Order).order_by(Order.id).with_for_update()
            locked = locked.where(Order.root_tenant_id == root)
            rows += await self._entities(Order, locked, Order.number, some)
        if not rows:
            return
        needed = {row.id: frozenset(parts(row.number)) for row in rows}
        orders = {}
        for row in rows:
            own: dict[type[Base], list[Any]] = {
                part: [] for part in PARTS if part in needed[row.id]
            }
            orders[row.id] = OrderAggregate(row, own, self.lookups)
            self._put(orders[row.id])
        for model in PARTS:
            part: Any = model
            ids = [row.id for row in rows if model in needed[row.id]]
            position = part.sequence if model is OrderHistoryEntry else part.position
            of_order = _select(model).join(Order, linked(part.order_id, Order)).order_by(position)
            for entity in await self._entities(part, of_order, Order.id, ids):
                orders[entity.order_id].parts[model].append(entity)
        if digests:
            stored = select(IntakeMessage.order_id, IntakeMessage.digest)
            stored = stored.join(Order, linked(IntakeMessage.order_id, Order))
            stored = stored.where(any_of(IntakeMessage.digest, sorted(digests)))
            for order_id, digest in await self._rows(stored, Order.id, orders):
                orders[order_id].digests.add(digest)
        if references:
            await self._load_references(orders.values())

    async def _numbers_by_root(
        self, model: type[Order | Contract], roots: Mapping[str, Collection[int] | None]
    ) -> dict[int, list[str]]:
        """The numbers that are in use, by root tenant in ascending order.

        Found without a lock: a statement that locks must not name several root tenants.
        """
        if (root := self.session.scope.root_tenant_id) is not None:
            return {root: list(roots)} if roots else {}
        found: defaultdict[int, list[str]] = defaultdict(list)
        used = select(model.root_tenant_id, model.number)
        for root, number in await self._rows(used, model.number, roots):
            wanted = roots[number]
            if wanted is None or root in wanted:
                found[root].append(number)
        return dict(sorted(found.items()))

    async def load_order(
        self, number: str, *, parts: Collection[type[Base]], references: bool = True
    ) -> OrderAggregate | None:
        """Load the order with that number in one partner's tree, with these parts; None if there is
        none in scope."""
        if len(number) > LONGEST_NUMBER or not is_storable(number):
            return None
        await self.load_orders([number], parts=lambda _: parts, references=references)
        return next(iter(self.orders.get(number, {}).values()), None)

    async def _load_references(self, orders: Collection[OrderAggregate]) -> None:
        lookups, rows = self.lookups, [order.row for order in orders]
        products = (i.product_id for o in orders for i in o.parts.get(OrderItem, ()))
        await self._load(lookups.customers, Customer, Customer.id, (r.customer_id for r in rows))
        await self._load(lookups.offers, Offer, Offer.id, (r.offer_id for r in rows))
        await self._load(lookups.contracts, Contract, Contract.id, (r.contract_id for r in rows))
        await self._load(lookups.sites, Site, Site.id, (r.site_id for r in rows))
        await self._load(lookups.products, Product, Product.id, products)

    async def load_stated(
        self,
        *,
        customers: Iterable[str],
        sites: Iterable[str],
        products: Iterable[str],
        offers: Iterable[str],
        contracts: Mapping[str, Collection[int]],
    ) -> None:
        """Load what orders and reports name, by number; contracts of these root tenants."""
        lookups = self.lookups
        await self._load(lookups.customers, Customer, Customer.number, customers)
        await self._load(lookups.products, Product, Product.number, products)
        await self._load(lookups.sites, Site, Site.number, sites)
        for root, numbers in (await self._numbers_by_root(Contract, contracts)).items():
            locked = _select(Contract).order_by(Contract.id).with_for_update(key_share=True)
            locked = locked.where(Contract.root_tenant_id == root)
            await self._load(lookups.contracts, Contract, Contract.number, numbers, locked)
        rows = await self._load(lookups.offers, Offer, Offer.number, offers)
        offer_ids = (offer.id for offer in rows)
        ids = await self._rows(select(Order.offer_id), Order.offer_id, offer_ids)
        lookups.ordered_offers.update(offer_id for (offer_id,) in ids)

    async def _load(
        self,
        index: Index[Any, Row],
        model: type[Row],
        column: Any,
        keys: Iterable[Any],
        statement: Select[*tuple[Any, ...]] | None = None,
    ) -> list[Row]:
        statement = _select(model) if statement is None else statement
        return [index.put(row) for row in await self._entities(model, statement, column, keys)]

    async def _entities(
        self,
        model: type[Row],
        statement: Select[*tuple[Any, ...]],
        column: Any,
        keys: Iterable[Any],
    ) -> list[Row]:
        """The rows whose column has one of the keys, as they are now."""
        rows = detached.stored(model, await self._rows(statement, column, keys))
        self._loaded.setdefault(model, []).extend(rows)
        return rows

    async def _rows(
        self, statement: Select[*tuple[Any, ...]], column: Any, keys: Iterable[Any]
    ) -> Sequence[tuple[Any, ...]]:
        present = {key for key in keys if key is not None}
        if not present:
            return ()
        return await self.session.tuples(statement.where(any_of(column, sorted(present))))


def _select(model: type[Base]) -> Select[*tuple[Any, ...]]:
    """All columns that the program writes: the rows of `detached.stored`."""
    return select(*detached.columns(model))
