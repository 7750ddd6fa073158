"""Fill an empty database with an order book."""

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from db.bulk import bulk_load
from db.models import Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from seeding.book import Book
from seeding.customers import add_customers
from seeding.errors import SeedError
from seeding.partners import add_partners
from seeding.rows import COLUMNS, Batch
from seeding.showcase import ORDERS as SHOWCASE_ORDERS
from seeding.showcase import add_showcase

REFERENCE = datetime(2026, 11, 20, 14, tzinfo=UTC)
"""The default present of an order book: a Friday afternoon."""

_BATCH_ORDERS = 4_000


@dataclass(frozen=True, slots=True)
class Summary:
    """What `seed` added."""

    rows: dict[str, int]
    """Number of rows by table."""
    demo_tenant_number: str
    """A partner of medium size that has sub-tenants."""
    demo_tenant_name: str
    showcase_order_number: str
    """An order of the demo tenant that uses most features."""
    largest_tenant_number: str
    now: datetime
    """The present of the order book; no change in it is later."""


async def seed(
    database: Database,
    *,
    orders: int,
    seed: int,
    now: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Fill an empty migrated database with `orders` orders, in one transaction.

    The same `orders`, `seed` and `now` (to the second) give the same rows, including identifiers.
    `progress` is called with the orders done and their total. Raises SeedError if tenants exist
    already, if there are too few orders, or if faker is not installed.
    """
    if orders < SHOWCASE_ORDERS:
        raise SeedError(f"An order book has at least {SHOWCASE_ORDERS} orders, not {orders}.")
    async with database.read(TenantScope.carrier()) as session:
        if await session.scalar(select(Tenant.id).limit(1)) is not None:
            raise SeedError("The database already holds tenants; an order book needs an empty one.")
    now = now or REFERENCE
    generator = Generator(orders, seed, now)
    batches = generator.batches()
    counts: Counter[str] = Counter()
    with _collector_paused():
        async with bulk_load(database) as bulk:
            # A thread makes the next batch while the database loads this one.
            batch = await asyncio.to_thread(next, batches, None)
            while batch is not None:
                following = asyncio.create_task(asyncio.to_thread(next, batches, None))
                for table, columns in COLUMNS.items():
                    rows = batch.rows[table]
                    if rows:
                        await bulk.load(table, columns, rows)
                        counts[table] += len(rows)
                if progress is not None:
                    progress(counts["orders"], orders)
                batch = await following
    return generator.summary(dict(counts))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Rows form no reference cycles, and searching millions of them takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Generator:
    """Makes the rows in batches and keeps only one batch in memory."""

    def __init__(self, orders: int, seed: int, now: datetime) -> None:
        self._book = Book(seed, int(now.timestamp()))
        self._trees = add_partners(self._book, orders - SHOWCASE_ORDERS)
        self._demo = self._trees[1][0]
        self._showcase = ""

    def batches(self) -> Iterator[Batch]:
        book = self._book
        self._showcase = add_showcase(book, self._demo)
        for tree in self._trees:
            for tenant in tree:
                for _ in add_customers(book, tenant):
                    if len(book.batch) >= _BATCH_ORDERS:
                        yield book.take()
        yield book.take()

    def summary(self, rows: dict[str, int]) -> Summary:
        """Return the summary, after all batches have been taken."""
        return Summary(
            rows=rows,
            demo_tenant_number=self._demo.number,
            demo_tenant_name=self._demo.name,
            showcase_order_number=self._showcase,
            largest_tenant_number=self._trees[0][0].number,
            now=datetime.fromtimestamp(self._book.now, UTC),
        )
