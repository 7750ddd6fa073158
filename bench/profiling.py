"""Profiles one operation: `make profile`.

The application runs in this process, without a server or a client, so that the profile shows
nothing else. The clock is processor time: waiting for the database does not count.
"""

import asyncio
import cProfile
import logging
import os
import pstats
import statistics
import time
from typing import Any

import click
import httpx
import uvloop
from starlette.types import ASGIApp

from app import create_app
from bench.database import postgresql, prepare
from bench.scenarios import FIFTY_ORDERS, FIRST_PAGE, NESTED, ONE_ORDER
from execution.executor import ExecutorName
from execution.limits import Limits
from server.logs import configure_logging
from settings import Settings

OPERATIONS = {"one": ONE_ORDER, "fifty": FIFTY_ORDERS, "nested": NESTED, "page": FIRST_PAGE}
UNLIMITED = Limits(rate_points=10**9, cost=10**6)


@click.command("profile")
@click.option(
    "--operation", type=click.Choice(list(OPERATIONS)), default="fifty", show_default=True
)
@click.option(
    "--executor", type=click.Choice(["levels", "core"]), default="levels", show_default=True
)
@click.option("--requests", default=200, show_default=True)
@click.option("--orders", default=20_000, show_default=True, help="Size of the order book.")
@click.option(
    "--sort", default="tottime", show_default=True, help="Sort key of pstats, like cumtime."
)
@click.option("--lines", default=40, show_default=True)
@click.option("--database-url", metavar="URL", help="Use this PostgreSQL database.")
def profile(
    *,
    operation: str,
    executor: ExecutorName,
    requests: int,
    orders: int,
    sort: str,
    lines: int,
    database_url: str | None,
) -> None:
    """Profile one operation and print where its time goes."""
    with postgresql(database_url) as url, open(os.devnull, "wb") as nowhere:
        prepared = prepare(url, orders)
        configure_logging(level=logging.INFO, stream=nowhere)
        app = create_app(Settings(database_url=url, executor=executor, limits=UNLIMITED))
        profiler = cProfile.Profile(time.process_time)
        query = OPERATIONS[operation]
        times = uvloop.run(_ask(app, prepared.key, query, requests, profiler))
    pstats.Stats(profiler).sort_stats(sort).print_stats(lines)
    median = statistics.median(times) * 1000
    click.echo(f"{operation} by {executor}: median {median:.2f} ms of processor time a request")


async def _ask(
    app: ASGIApp, key: str, query: str, requests: int, profiler: cProfile.Profile
) -> list[float]:
    """Return the processor time of each request, measured before the profiler is on."""
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=headers
    ) as client:
        page = (await client.post("/graphql", json={"query": FIRST_PAGE})).json()
        numbers = [order["number"] for order in page["data"]["orders"]["nodes"]]

        async def ask(order_number: str) -> None:
            variables: dict[str, Any] = {"number": order_number} if "$number" in query else {}
            body = {"query": query, "variables": variables}
            answer = await client.post("/graphql", json=body)
            assert b'"errors"' not in answer.content, answer.text

        times = []
        for number in range(2 * requests):
            if number == requests:
                profiler.enable()
            started = time.process_time()
            await ask(numbers[number % len(numbers)])
            if number < requests:
                times.append(time.process_time() - started)
        profiler.disable()
        await asyncio.sleep(0)
        return times
