"""A server that is killed around COMMIT: the same request, sent again, is carried out once."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url, select

from auth.admin import credentials
from auth.oauth_scopes import READ_SCOPES, OAuthScope
from db.models import Order, OrderNote
from db.scope.roles import Roles, quoted
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.graph.client import serve
from tests.graph.factory import NOW, Factory
from tests.support import postgres
from tests.support.processes import served

pytestmark = pytest.mark.long

PROGRAM = (sys.executable, "-m", "partnergraph")
_RESULT = "{ __typename ... on OrderNoteAdded { replayed order { documents { title } } } }"
_COUNT = 5
_VARIABLES = ", ".join(f"$i{n}: OrderNoteAddInput!" for n in range(_COUNT))
_FIELDS = " ".join(f"f{n}: orderNoteAdd(input: $i{n}) {_RESULT}" for n in range(_COUNT))
ONE = f"mutation One($i0: OrderNoteAddInput!) {{ f0: orderNoteAdd(input: $i0) {_RESULT} }}"
SEVERAL = f"mutation Several({_VARIABLES}) {{ {_FIELDS} }}"


@dataclass(frozen=True)
class Partner:
    url: str
    database: Database
    key: str
    order: Order

    def body(self, document: str, count: int) -> dict[str, Any]:
        variables = {
            f"i{n}": {"idempotencyKey": f"{n}", "order": self.order.number, "text": f"Notiz {n}"}
            for n in range(count)
        }
        return {"query": document, "variables": variables}

    async def notes(self) -> list[str]:
        async with self.database.read(TenantScope.carrier()) as session:
            return list(await session.entities(select(OrderNote.text).order_by(OrderNote.position)))

    async def sent_again(self, body: Mapping[str, Any]) -> list[bool]:
        """Which of the mutations were replayed, by another server."""
        async with serve(self.url) as client:
            answer = await client.query(body["query"], body["variables"], key=self.key)
            return [result["replayed"] for result in answer.data.values()]


@pytest.fixture
async def partner(database_url: str) -> AsyncIterator[Partner]:
    book = Factory()
    tenant = book.tenant()
    order = book.order(book.customer(tenant))
    async with Database(database_url) as database:
        await book.write(database)
        key = await credentials.create_key(
            database,
            tenant_number=tenant.number,
            client_name="CRM",
            now=NOW,
            scopes=READ_SCOPES | {OAuthScope.ORDERS_COMMENT},
        )
        yield Partner(database_url, database, key.secret, order)


@asynccontextmanager
async def sent(partner: Partner, body: Mapping[str, Any]) -> AsyncIterator["subprocess.Popen[str]"]:
    """A server in a process of its own that answers the request, unless it is killed within."""
    environment = {**os.environ, "PARTNERGRAPH_DATABASE_URL": partner.url}
    with served([*PROGRAM, "serve"], environment=environment) as (process, origin):
        async with httpx.AsyncClient(base_url=origin, trust_env=False, timeout=60) as http:
            headers = {"Authorization": f"Bearer {partner.key}"}
            request = asyncio.create_task(http.post("/graphql", json=body, headers=headers))
            yield process
            with suppress(httpx.TransportError):
                await request


def kill(process: "subprocess.Popen[str]") -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


async def until_waiting(connection: asyncpg.Connection) -> None:
    """Return when a transaction waits for a lock that this connection holds."""
    waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE $1 = ANY (pg_blocking_pids(pid)))"
    own = connection.get_server_pid()
    async with asyncio.timeout(60):
        while not await connection.fetchval(waits, own):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0)


@pytest.mark.parametrize("engine", ["postgresql"], scope="session", indirect=True)
async def test_killed_before_commit_on_postgresql(partner: Partner) -> None:
    connection = await postgres.connect(partner.url)
    body = partner.body(ONE, 1)
    try:
        carrier = Roles(await connection.fetchval("SELECT current_user")).carrier
        await connection.execute(f"SET ROLE {quoted(carrier)}")
        async with sent(partner, body) as process, connection.transaction():
            await connection.fetch("SELECT FROM orders FOR UPDATE")
            await until_waiting(connection)
            kill(process)
    finally:
        await connection.close()
    assert await partner.sent_again(body) == [False]
    assert await partner.notes() == ["Notiz 0"]


@pytest.mark.parametrize("engine", ["postgresql"], scope="session", indirect=True)
async def test_killed_between_commit_and_answer_on_postgresql(partner: Partner) -> None:
    connection = await postgres.connect(partner.url)
    body = partner.body(ONE, 1)
    try:
        async with sent(partner, body) as process, connection.transaction():
            # Only the payload reads it.
            await connection.execute("LOCK TABLE order_documents IN ACCESS EXCLUSIVE MODE")
            await until_waiting(connection)
            assert await partner.notes() == ["Notiz 0"]
            kill(process)
    finally:
        await connection.close()
    assert await partner.sent_again(body) == [True]
    assert await partner.notes() == ["Notiz 0"]


@pytest.mark.parametrize("engine", ["sqlite"], scope="session", indirect=True)
async def test_killed_before_commit_on_sqlite(partner: Partner) -> None:
    body = partner.body(ONE, 1)
    other = sqlite3.connect(make_url(partner.url).database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with sent(partner, body) as process:
        # It cannot begin to write, and the file tells nobody whether it waits already.
        kill(process)
    other.execute("ROLLBACK")
    other.close()
    assert await partner.notes() == []
    assert await partner.sent_again(body) == [False]
    assert await partner.notes() == ["Notiz 0"]


async def test_killed_between_the_mutations_of_a_document(partner: Partner) -> None:
    body = partner.body(SEVERAL, _COUNT)
    async with sent(partner, body) as process:
        async with asyncio.timeout(60):
            while not await partner.notes():
                pass
        kill(process)
    committed = len(await partner.notes())
    assert committed >= 1
    replayed = await partner.sent_again(body)
    assert replayed == [True] * committed + [False] * (_COUNT - committed)
    assert await partner.notes() == [f"Notiz {n}" for n in range(_COUNT)]
