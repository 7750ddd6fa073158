"""The real server in a thread, with seeded orders and a clock that starts at a fixed time."""

import asyncio
import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import uvicorn
from sqlalchemy import select

from app import create_app
from auth.admin import credentials
from auth.clock import Clock
from commands.demo import demo_content
from commands.serving import listen, origin, server_config
from db.enums import ClientKind
from db.models import Order, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from seeding.run import REFERENCE, Summary, seed
from settings import Settings
from tests.intake import payloads
from web.assets import DemoContent

ORDERS = 400
"""The demo's partner and its descendants have about 115 of them: several pages."""
_START_SECONDS = 30


class Server:
    """`partnergraph demo` on a test database. It can be stopped and started again."""

    def __init__(self, settings: Settings, book: Summary) -> None:
        self.book = book
        self.passed = 0.0
        """Seconds by which the server's clock is ahead. Tests raise it to let time pass."""
        self._began = time.monotonic()
        listener = listen(settings.model_copy(update={"port": 0}))
        self.url = origin(settings, listener)
        port = listener.getsockname()[1]
        self.settings = settings.model_copy(update={"public_url": self.url, "port": port})
        self.demo: DemoContent = asyncio.run(
            demo_content(self.settings, book.demo_tenant_number, book.showcase_order_number)
        )
        self.foreign_order = asyncio.run(
            _an_order_of(settings.database_url, book.largest_tenant_number)
        )
        """The number of an order that the demo's partner does not see."""
        self._reporter = asyncio.run(_fulfilment_key(settings.database_url))
        self._start(listener)

    @property
    def now(self) -> datetime:
        return REFERENCE + timedelta(seconds=time.monotonic() - self._began + self.passed)

    def stop(self) -> None:
        """Finish the running requests and close the port."""
        self._server.should_exit = True
        self._thread.join()

    def start(self) -> None:
        """Start again at the same address."""
        self._start(listen(self.settings))

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop the server for the duration of the block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Run a query as the demo's partner, to compare its data with what the widget shows."""
        answer = self._post("/graphql", self.demo.api_key, {"query": query, "variables": variables})
        data: dict[str, Any] = answer["data"]
        return data

    def report(self, *messages: dict[str, Any]) -> None:
        """Report messages as the carrier's fulfilment system does. All of them must be loaded."""
        answer = self._post("/intake", self._reporter, messages)
        outcomes = [result["outcome"] for result in answer["results"]]
        assert set(outcomes) == {"LOADED"}, answer

    def place(self, number: str, **fields: Any) -> None:
        """Report a new order of the demo's partner, for a new customer."""
        received = self.now - timedelta(hours=2)
        parties = [
            payloads.party("Partner", self.book.demo_tenant_number),
            payloads.party("Kunde", f"K-{number}", "Hafenbäckerei"),
        ]
        order = payloads.order(
            number,
            creationDate=_text(received),
            requestedCompletionDate=_text(received + timedelta(days=14)),
            relatedParty=parties,
            **fields,
        )
        self.report(order)

    def move(self, number: str, state: str) -> None:
        """Report that an order has entered a state just now."""
        message = payloads.state(state, None, number)
        at = _text(self.now)
        self.report({**message, "eventTime": at, "timeOccurred": at})

    def _post(self, path: str, key: str, body: Any) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - always http, to this process
            f"{self.url}{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=30) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def _start(self, listener: socket.socket) -> None:
        clock = Clock(now=lambda: self.now, monotonic=lambda: time.monotonic() + self.passed)
        app = create_app(self.settings, demo=self.demo, clock=clock)
        self._server = uvicorn.Server(server_config(app, self.settings, factory=False))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="server"
        )
        self._thread.start()
        overdue = time.monotonic() + _START_SECONDS
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            assert time.monotonic() < overdue, "the server did not start in time"
            self._thread.join(0.01)


@contextmanager
def serving(database_url: str, *, orders: int = ORDERS, **settings: Any) -> Iterator[Server]:
    """A server on the empty database, which is seeded first."""
    server_settings = Settings(database_url=database_url, log_level="error", **settings)
    server = Server(server_settings, asyncio.run(_fill(database_url, orders)))
    try:
        yield server
    finally:
        server.stop()


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


async def _fill(database_url: str, orders: int) -> Summary:
    database = Database(database_url)
    try:
        return await seed(database, orders=orders, seed=1, now=REFERENCE)
    finally:
        await database.close()


async def _an_order_of(database_url: str, tenant_number: str) -> str:
    database = Database(database_url)
    try:
        async with database.read(TenantScope.carrier()) as session:
            number = await session.scalar(
                select(Order.number)
                .join(Tenant, Tenant.id == Order.tenant_id)
                .where(Tenant.number == tenant_number)
                .limit(1)
            )
        assert number is not None
        return number
    finally:
        await database.close()


async def _fulfilment_key(database_url: str) -> str:
    database = Database(database_url)
    try:
        key = await credentials.create_key(
            database, kind=ClientKind.FULFILMENT, client_name="fulfilment", now=REFERENCE
        )
        return key.secret
    finally:
        await database.close()
