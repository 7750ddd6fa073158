"""What polling costs: open widgets that ask every few seconds whether anything is new."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

import asyncpg
import httpx
from sqlalchemy import func, select

from auth import keys, origins
from auth.oauth_scopes import READING, OAuthScope
from bench import machine
from bench.database import Prepared
from bench.figures import percentile, shown, table
from db.models import Customer, Order
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.support.postgres import connect

CLIENT = "bench widgets"
ORIGIN = "https://portal.example.de"
POLL_SECONDS = 15
"""How often an open widget asks."""
CONNECTIONS = 8
ENVIRONMENT = {"PARTNERGRAPH_WIDGET_SECONDS": "900"}
"""Of the server: sessions that last for a run."""
HOST = "127.0.0.1"

WIDGET = """\
query Widget {
  orders(first: 20) {
    nodes {
      number status statusLabel statusExplanation delayed expectedCompletionDate updatedAt
      product { name }
      history { phase phaseLabel occurredAt }
    }
  }
}"""


@dataclass(slots=True)
class Widget:
    """An open page, and the tag of what it shows."""

    token: str
    tag: str | None = None

    @property
    def request(self) -> bytes:
        query = urlencode({"query": WIDGET})
        known = f"If-None-Match: {self.tag}\r\n" if self.tag else ""
        return (
            f"GET /graphql?{query} HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {ORIGIN}\r\n"
            f"Authorization: Bearer {self.token}\r\n{known}\r\n"
        ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one request, in milliseconds: until it is answered, and of the processor's time."""

    requests: int
    median: float
    p95: float
    server: float
    database: float
    size: int
    """Bytes of one response, with its headers."""

    @property
    def processor(self) -> float:
        return self.server + self.database


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What a run found."""

    widgets: int
    full: Cost
    unchanged: Cost
    idle: float
    """Of one core, by all widgets at their pace, the server alone."""
    idle_database: float
    seconds: float

    def markdown(self) -> str:
        """The tables."""
        rows = [
            [
                title,
                *map(shown, (cost.median, cost.p95, cost.server, cost.database)),
                f"{cost.size:,}",
            ]
            for title, cost in (("full answer", self.full), ("304", self.unchanged))
        ]
        ratios = [self.full.median / self.unchanged.median, self.full.p95 / self.unchanged.p95]
        ratios += [
            self.full.server / self.unchanged.server,
            self.full.database / self.unchanged.database,
            self.full.size / self.unchanged.size,
        ]
        rows.append(["full / 304", *map(shown, ratios)])
        header = ["request", "p50 ms", "p95 ms", "server ms", "PostgreSQL ms", "bytes"]
        idle = (
            f"- {self.widgets:,} widgets, each a session of a customer of its own, that ask every "
            f"{POLL_SECONDS} s and are told that nothing is new: **{self.idle:.1%} of one core** "
            f"for the server, {self.idle_database:.1%} for PostgreSQL. Two turns of all "
            f"took {self.seconds:.0f} s, and should take {2 * POLL_SECONDS}."
        )
        return f"{table(header, rows)}\n\n{idle}"


async def poll(
    port: int,
    server: int,
    prepared: Prepared,
    *,
    url: str,
    widgets: int,
    rounds: int,
    progress: Callable[[int, int], None],
) -> Polled:
    """Measure; `server` is the process that serves at the port."""
    pages = [Widget(token) for token in await _sessions(port, prepared, url, widgets)]
    plain = await connect(url)
    try:
        watch = _Watch(server, plain)
        full: list[Cost] = []
        unchanged: list[Cost] = []
        # The first round fills what is kept of documents, statements and credentials.
        for place in range(rounds + 1):
            for page in pages:
                page.tag = None
            found = [await _measured(watch, port, pages, 200)]
            found.append(await _measured(watch, port, pages, 304))
            if place:
                full.append(found[0])
                unchanged.append(found[1])
            progress(place + 1, rounds + 2)
        seconds, used = await _idle(watch, port, pages)
        progress(rounds + 2, rounds + 2)
    finally:
        await plain.close()
    return Polled(
        widgets=len(pages),
        full=_middle(full),
        unchanged=_middle(unchanged),
        # By the pace that is wanted: a busy machine keeps behind it.
        idle=used[0] / (2 * POLL_SECONDS),
        idle_database=used[1] / (2 * POLL_SECONDS),
        seconds=seconds,
    )


async def _sessions(port: int, prepared: Prepared, url: str, number: int) -> list[str]:
    """Tokens of widget sessions, each of another customer that has orders."""
    database, now = Database(url), datetime.now(UTC)
    try:
        await keys.revoke_of_client(database, CLIENT, now=now)
        key = await keys.create(
            database,
            tenant_number=prepared.tenant,
            client_name=CLIENT,
            now=now,
            permissions=READING | {OAuthScope.WIDGET_SESSIONS_CREATE},
        )
        await origins.add(
            database, tenant_number=prepared.tenant, client_name=CLIENT, origin=ORIGIN, now=now
        )
        async with database.read(TenantScope.tree(prepared.root_tenant)) as session:
            customers = await session.entities(
                select(Customer.number)
                .join(Order, Order.customer_id == Customer.id)
                .group_by(Customer.id, Customer.number)
                .order_by(func.count().desc(), Customer.id)
                .limit(number)
            )
    finally:
        await database.close()
    async with httpx.AsyncClient(
        base_url=f"http://{HOST}:{port}", headers={"Authorization": f"Bearer {key.text}"}
    ) as client:
        tokens = []
        for customer in customers:
            wanted = {"origin": ORIGIN, "customer": customer}
            response = await client.post("/widget/sessions", json=wanted)
            tokens.append(str(response.raise_for_status().json()["token"]))
        return tokens


class _Watch:
    """Reads how much of the processor's time the server and its database connections have had."""

    def __init__(self, server: int, plain: asyncpg.Connection) -> None:
        self._server = server
        self._plain = plain

    async def read(self) -> tuple[float, float]:
        return machine.processor(self._server), await machine.processor_of_backends(self._plain)


async def _measured(watch: _Watch, port: int, pages: Sequence[Widget], status: int) -> Cost:
    """Every page asks once, a few at a time."""
    before = await watch.read()
    taken: list[float] = []
    sizes: list[int] = []
    ahead = iter(pages)

    async def ask_in_turn() -> None:
        connection = await _Connection.open(port)
        for page in ahead:
            started = time.perf_counter()
            sizes.append(await connection.ask(page, status))
            taken.append((time.perf_counter() - started) * 1000)
        connection.close()

    await asyncio.gather(*(ask_in_turn() for _ in range(CONNECTIONS)))
    server, database = _since(before, await watch.read())
    return Cost(
        requests=len(taken),
        median=statistics.median(taken),
        p95=percentile(taken, 95),
        server=server * 1000 / len(taken),
        database=database * 1000 / len(taken),
        size=int(statistics.median(sizes)),
    )


async def _idle(
    watch: _Watch, port: int, pages: Sequence[Widget]
) -> tuple[float, tuple[float, float]]:
    """All pages at their pace, twice: how long that took, and the processor's time of it."""
    connections = [await _Connection.open(port) for _ in range(CONNECTIONS)]
    before, started = await watch.read(), time.perf_counter()
    for place in range(2 * len(pages)):
        due = started + place * POLL_SECONDS / len(pages)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await connections[place % CONNECTIONS].ask(pages[place % len(pages)], 304)
    seconds, used = time.perf_counter() - started, _since(before, await watch.read())
    for connection in connections:
        connection.close()
    return seconds, used


def _since(before: tuple[float, float], after: tuple[float, float]) -> tuple[float, float]:
    return after[0] - before[0], after[1] - before[1]


@dataclass(frozen=True, slots=True)
class _Connection:
    """One that is kept open, by which one page asks after the other."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, port: int) -> "_Connection":
        return cls(*await asyncio.open_connection(HOST, port, limit=2**20))

    def close(self) -> None:
        self.writer.close()

    async def ask(self, page: Widget, status: int) -> int:
        """Ask for the page, remember the tag, and return the size of the response."""
        self.writer.write(page.request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = dict(_parsed(lines))
        length = int(headers.get("content-length", "0"))
        body = await self.reader.readexactly(length)
        if int(first.split()[1]) != status or (status == 200 and b'"errors"' in body):
            raise SystemExit(f"{first}\n{body[:2000].decode()}")
        page.tag = headers["etag"]
        return len(head) + length


def _parsed(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()


def _middle(costs: Sequence[Cost]) -> Cost:
    """The medians of several rounds."""

    def middle(name: str) -> float:
        values: list[float] = [getattr(cost, name) for cost in costs]
        return statistics.median(values)

    return Cost(
        requests=sum(cost.requests for cost in costs),
        median=middle("median"),
        p95=middle("p95"),
        server=middle("server"),
        database=middle("database"),
        size=int(middle("size")),
    )
