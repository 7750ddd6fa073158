"""What grows with the answer and what must not grow with the order book."""

import gc
import logging
import os
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvloop

from app import create_app
from bench.database import Prepared
from bench.figures import shown, table
from bench.measuring import Series, measure
from bench.profiling import UNLIMITED
from bench.scenarios import ORDER_FIELDS, Scenario, ask, one_order, pages
from bench.serving import serving
from server.logs import configure_logging
from settings import Settings

SIZES = (50, 250, 500)
PAGE = 250


@dataclass(frozen=True, slots=True)
class Book:
    """A database of orders, and the key of its largest partner."""

    url: str
    prepared: Prepared


def grow(
    books: Sequence[Book],
    directory: Path,
    *,
    rounds: int,
    seconds: float,
    progress: Callable[[int, int], None],
) -> str:
    """Tables of latencies and of memory; one connection, alternating rounds, one run."""
    series: list[Series] = []
    deepest: list[int] = []
    answers: list[list[Scenario]] = []
    with ExitStack() as stack:
        for number, book in enumerate(books):
            port = stack.enter_context(serving(book.url, directory / f"{number}.log"))
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}",
                headers={"Authorization": f"Bearer {book.prepared.key}"},
                timeout=60,
            ) as client:
                sizes = {size: _orders(client, size) for size in SIZES}
                first_page, deep_page, depth = pages(client)
                asked = {
                    "one": one_order(client),
                    "fifty": sizes[50],
                    "five hundred": sizes[500],
                    "first page": first_page,
                    "deep page": deep_page,
                }
                deepest.append(depth)
                answers.append(list(sizes.values()))
            series += [
                Series(f"{name} {number}", "/graphql", each.bodies, 1, port, book.prepared.key)
                for name, each in asked.items()
            ]
        measured = measure(
            series, port=0, key="", rounds=rounds, seconds=seconds, progress=progress
        )
    rows = []
    for number, book in enumerate(books):
        p50 = {name: measured[f"{name} {number}", 1].p50 for name in asked}
        rows.append(
            [
                f"{book.prepared.orders:,}",
                *(shown(p50[name]) for name in ("one", "fifty", "five hundred")),
                f"{p50['five hundred'] / p50['fifty']:.1f}",
                f"{shown(p50['first page'])} / {shown(p50['deep page'])}",
                f"{p50['deep page'] / p50['first page']:.2f} (page {deepest[number]:,})",
            ]
        )
    header = ["orders in the book", "one order, ms", "50, ms", "500, ms", "500 / 50"]
    times = table([*header, "page 1 / deep page, ms", "ratio"], rows)
    with open(os.devnull, "wb") as nowhere:
        configure_logging(level=logging.INFO, stream=nowhere)
        sizes_of_memory = uvloop.run(_memory(books[0], answers[0]))
    memory = table(
        ["orders in an answer", "peak, kB", "kB an order", "kept after 20 of them, kB"],
        [
            [str(size), shown(peak / 1000), shown(peak / 1000 / size), shown(kept / 1000)]
            for size, (peak, kept) in zip(SIZES, sizes_of_memory, strict=True)
        ],
    )
    return f"{times}\n\n{memory}"


def _orders(client: httpx.Client, number: int) -> Scenario:
    """So many orders with all that belongs to them, by pages that are aliases of one request."""
    aliases, after = [], "null"
    for place in range(-(-number // PAGE)):
        first = min(PAGE, number - place * PAGE)
        arguments = f"first: {first}, after: {after}"
        aliases.append(f"p{place}: orders({arguments}) {{ nodes {ORDER_FIELDS} }}")
        info = ask(client, f"{{ orders({arguments}) {{ pageInfo {{ endCursor }} }} }}", {})
        after = f'"{info["orders"]["pageInfo"]["endCursor"]}"'
    return Scenario("Orders", "", "query Orders { " + " ".join(aliases) + " }", ({},))


async def _memory(book: Book, asked: Sequence[Scenario]) -> list[tuple[int, int]]:
    """For each, bytes: the most while it was answered, and what twenty answers have left."""
    app = create_app(Settings(database_url=book.url, limits=UNLIMITED))
    headers = {
        "Authorization": f"Bearer {book.prepared.key}",
        "Content-Type": "application/json",
    }
    found = []
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", headers=headers
    ) as client:
        for each in asked:
            body = each.bodies[0]
            assert b'"errors"' not in (await client.post("/graphql", content=body)).content
            gc.collect()
            tracemalloc.start()
            before, _ = tracemalloc.get_traced_memory()
            await client.post("/graphql", content=body)
            _, peak = tracemalloc.get_traced_memory()
            for _ in range(20):
                await client.post("/graphql", content=body)
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            found.append((peak - before, after - before))
    return found
