"""Measures open widgets that poll for changes: full answers, answers 304, and idle polling."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from urllib.parse import urlencode

import httpx
from sqlalchemy import func, select

from auth.admin import credentials, origins
from auth.oauth_scopes import READ_SCOPES, OAuthScope
from bench import machine
from bench.database import Prepared
from bench.figures import Round, shown, table
from bench.load import Plan, generate, http_request
from bench.measuring import Progress
from bench.serving import Server
from db.models import Customer, Order
from db.scope.tenant_scope import TenantScope
from db.session import Database

CLIENT = "bench widgets"
ORIGIN = "https://portal.example.de"
POLL_SECONDS = 15
"""Interval at which an open widget polls."""
CONNECTIONS = 8
ENVIRONMENT = {"PARTNERGRAPH_WIDGET_SECONDS": "900"}
"""Settings of the server: sessions that last for a whole run."""

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
PATH = f"/graphql?{urlencode({'query': WIDGET})}"


@dataclass(frozen=True, slots=True)
class Cost:
    """One round: latencies, and processor time in seconds."""

    load: Round
    server: float
    database: float


def poll(
    server: Server, prepared: Prepared, *, widgets: int, rounds: int, progress: Progress
) -> str:
    """Return the tables of a run with that many widgets, each a session of another customer."""
    tokens = asyncio.run(_sessions(server, prepared, widgets))
    full_requests = [_request(token) for token in tokens]
    tagged_requests = [_request(token, tag) for token, tag in _tags(server, tokens)]

    def measured(requests: Sequence[str], status: int, turns: int = 1, **pace: float) -> Cost:
        plan = Plan(
            port=server.port,
            requests=tuple(requests),
            connections=CONNECTIONS,
            seconds=60 + turns * POLL_SECONDS,
            most=turns * len(requests),
            status=status,
            per_second=pace.get("per_second"),
        )
        server_before, database_before = _processor_times(server, prepared)
        load = generate(plan)
        server_after, database_after = _processor_times(server, prepared)
        return Cost(load, server_after - server_before, database_after - database_before)

    full: list[Cost] = []
    unchanged: list[Cost] = []
    # The first round only fills caches.
    for number in range(rounds + 1):
        costs = measured(full_requests, 200), measured(tagged_requests, 304)
        if number:
            full.append(costs[0])
            unchanged.append(costs[1])
        progress(number + 1, rounds + 2)
    idle = measured(tagged_requests, 304, turns=2, per_second=len(tokens) / POLL_SECONDS)
    progress(rounds + 2, rounds + 2)
    return f"{_table(full, unchanged)}\n\n{_idle(idle, len(tokens))}"


def _request(token: str, tag: str | None = None) -> str:
    headers = {"Origin": ORIGIN} | ({"If-None-Match": tag} if tag else {})
    return http_request(PATH, token, headers=headers)


async def _sessions(server: Server, prepared: Prepared, number: int) -> list[str]:
    """Return tokens of widget sessions for the customers with most orders."""
    now = datetime.now(UTC)
    async with Database(prepared.url) as database:
        await credentials.revoke_all(database, CLIENT, now=now)
        key = await credentials.create_key(
            database,
            tenant_number=prepared.tenant,
            client_name=CLIENT,
            now=now,
            scopes=READ_SCOPES | {OAuthScope.WIDGET_SESSIONS_CREATE},
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
    tokens = []
    with server.client(key.secret) as client:
        for customer in customers:
            body = {"origin": ORIGIN, "customer": customer}
            response = client.post("/widget/sessions", json=body)
            tokens.append(str(response.raise_for_status().json()["token"]))
    return tokens


def _tags(server: Server, tokens: Sequence[str]) -> list[tuple[str, str]]:
    """Return each token with the entity tag of its full answer."""
    tags = []
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as client:
        accept = "application/graphql-response+json"
        for token in tokens:
            headers = {"Authorization": f"Bearer {token}", "Origin": ORIGIN, "Accept": accept}
            tags.append((token, client.get(PATH, headers=headers).headers["etag"]))
    return tags


def _processor_times(server: Server, prepared: Prepared) -> tuple[float, float]:
    """Return the processor time so far of the server and of its database connections."""
    database = asyncio.run(machine.processor_time_of_backends(prepared.url))
    return machine.processor_time(server.pid), database


def _table(full: Sequence[Cost], unchanged: Sequence[Cost]) -> str:
    columns: list[Callable[[Cost], float]] = [
        lambda cost: cost.load.p50,
        lambda cost: cost.load.p95,
        lambda cost: cost.server * 1000 / cost.load.requests,
        lambda cost: cost.database * 1000 / cost.load.requests,
        lambda cost: float(cost.load.response_bytes),
    ]
    values = [
        [median(column(cost) for cost in costs) for column in columns]
        for costs in (full, unchanged)
    ]
    ratios = [of_full / of_unchanged for of_full, of_unchanged in zip(*values, strict=True)]
    rows = zip(("full answer", "304", "full / 304"), [*values, ratios], strict=True)
    return table(
        ["request", "p50 ms", "p95 ms", "server ms", "PostgreSQL ms", "bytes"],
        ([title, *map(shown, row)] for title, row in rows),
    )


def _idle(cost: Cost, widgets: int) -> str:
    # Over the planned time: a busy machine takes longer.
    planned = 2 * POLL_SECONDS
    return (
        f"- {widgets:,} widgets that poll every {POLL_SECONDS} s while nothing changes: "
        f"**{cost.server / planned:.1%} of one core** for the server, "
        f"{cost.database / planned:.1%} for PostgreSQL. Two polls of each took "
        f"{cost.load.seconds:.0f} s; planned were {planned}."
    )
