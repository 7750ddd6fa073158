"""The database to be measured: seeded, analysed, and with a key of its largest partner."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

import seeding
from auth.admin import credentials
from auth.oauth_scopes import READ_SCOPES
from db import migrations
from db.models import Order, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from seeding import SeedError
from tests.support.postgres import connect, private_postgres

CLIENT = "bench"
SERVER = {"shared_buffers": "512MB", "max_wal_size": "4GB", "autovacuum": "on"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A database that is ready to be measured."""

    url: str
    orders: int
    tenant: str
    root_tenant: int
    tenant_orders: int
    key: str
    seed_seconds: float | None
    """None if an earlier run seeded the database."""
    version: str


@contextmanager
def postgresql(url: str | None) -> Iterator[str]:
    """Yield `url`, or the URL of a private server that stops at the end of the block."""
    if url is not None:
        yield url
        return
    with private_postgres(**SERVER) as private:
        yield private


def prepare(url: str, orders: int) -> Prepared:
    """Migrate the database, seed it if it is empty, and make a key. Revokes earlier keys."""
    migrations.upgrade(url)
    return asyncio.run(_prepare(url, orders))


async def _prepare(url: str, orders: int) -> Prepared:
    async with Database(url) as database:
        started = time.monotonic()
        try:
            await seeding.seed(database, orders=orders, seed=1)
            seed_seconds = time.monotonic() - started
        except SeedError:
            seed_seconds = None
        plain = await connect(url)
        try:
            # Otherwise autovacuum would do it during the measurement.
            await plain.execute("VACUUM (ANALYZE)")
            version = await plain.fetchval("SHOW server_version")
        finally:
            await plain.close()
        async with database.read(TenantScope.carrier()) as session:
            total = await session.scalar(select(func.count()).select_from(Order)) or 0
            size = func.count()
            largest = (
                select(Order.root_tenant_id, size)
                .group_by(Order.root_tenant_id)
                .order_by(size.desc())
                .limit(1)
            )
            [(root, tenant_orders)] = await session.rows(largest)
            number = await session.scalar(select(Tenant.number).where(Tenant.id == root))
        assert number is not None
        now = datetime.now(UTC)
        await credentials.revoke_all(database, CLIENT, now=now)
        key = await credentials.create_key(
            database, tenant_number=number, client_name=CLIENT, now=now, scopes=READ_SCOPES
        )
    return Prepared(url, total, number, root, tenant_orders, key.secret, seed_seconds, version)
