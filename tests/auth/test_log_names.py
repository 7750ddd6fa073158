"""Names in logs and limits are unique, and a client created twice at once is one client."""

import asyncio
from itertools import permutations
from uuid import UUID

from sqlalchemy import func, select

from auth import log_names
from auth.admin import credentials
from db.enums import ClientKind
from db.models import ApiClient
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.auth.conftest import STARTED
from tests.support.databases import Databases

USER = UUID(int=0xABC)


def test_a_tenant_that_is_called_like_a_kind_shares_no_account() -> None:
    partner, support, fulfilment = ClientKind.PARTNER, ClientKind.SUPPORT, ClientKind.FULFILMENT
    named = [
        log_names.of_client(support, None, "Desk"),
        log_names.of_client(fulfilment, None, "Desk"),
        log_names.of_client(partner, "support", "Desk"),
        log_names.of_client(partner, "support:Desk", ""),
        log_names.of_client(partner, "support%3ADesk", ""),
        log_names.of_client(partner, "fulfilment", "Desk"),
        log_names.of_client(partner, "P", "A/Desk"),
        log_names.of_client(partner, "P/A", "Desk"),
        log_names.of_user("P", USER),
        log_names.of_client(partner, "P", "000000000abc"),
        log_names.of_client(partner, "user:P", "000000000abc"),
        log_names.of_client(partner, "P", "user:000000000abc"),
        log_names.of_client(support, None, "P/000000000abc"),
        log_names.of_widget(log_names.of_client(partner, "P", "Desk"), "K-1"),
        log_names.of_client(partner, "widget:K-1", "P/Desk"),
        log_names.of_client(partner, "K-1", "P/Desk"),
    ]
    assert [(one, other) for one, other in permutations(named, 2) if one == other] == []


def test_usual_accounts_read_as_they_are_named() -> None:
    client = log_names.of_client(ClientKind.PARTNER, "M-10001", "CRM")
    assert client == "M-10001/CRM"
    assert log_names.of_client(ClientKind.SUPPORT, None, "Desk") == "support:Desk"
    assert log_names.of_widget(client, "K-1") == "widget:K-1/M-10001/CRM"


async def clients(database: Database) -> int | None:
    async with database.read(TenantScope.carrier()) as session:
        return await session.scalar(select(func.count()).select_from(ApiClient))


async def test_two_first_keys_at_once_are_of_one_client(database: Database) -> None:
    async def first() -> None:
        await credentials.create_key(database, tenant_number="P", client_name="New", now=STARTED)

    await asyncio.gather(first(), first())
    assert await clients(database) == 1


async def test_a_client_created_concurrently_is_created_once(
    databases: Databases,
) -> None:
    """On PostgreSQL, where two transactions can both have found none."""
    with databases.empty("postgresql") as url:
        database = Database(url)
        created = asyncio.Event()

        async def second() -> None:
            await created.wait()
            await credentials.create_key(
                database, kind=ClientKind.SUPPORT, client_name="Desk", now=STARTED
            )

        waiting = asyncio.create_task(second())
        async with database.write(TenantScope.carrier()) as session:
            session.add(ApiClient(kind=ClientKind.SUPPORT, name="Desk", created_at=STARTED))
            await session.flush()
            created.set()
            # Until it waits for this transaction, which PostgreSQL knows.
            async with asyncio.timeout(60), database.engine.connect() as watcher:
                while not (await watcher.exec_driver_sql(_WAITING)).scalar_one():
                    await watcher.rollback()
        await waiting
        assert await clients(database) == 1
        await database.close()


_WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
