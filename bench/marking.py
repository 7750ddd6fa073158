"""What the marks of changes cost intake: the same reports with their triggers and without."""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import intake
from bench import machine
from bench.figures import shown, table
from db.changes import triggers
from db.session import Database
from tests.intake.payloads import order, party
from tests.support.postgres import connect

CUSTOMERS = 200
"""In a file, so that a file marks that many."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The processor's time that an order took, in milliseconds, in each round: that of the intake
    and that of PostgreSQL."""

    orders: int
    with_marks: tuple[tuple[float, float], ...]
    without: tuple[tuple[float, float], ...]

    @property
    def more(self) -> float:
        """The share that marks add to both: by the medians of the rounds."""
        marked, plain = (
            statistics.median(sum(each) for each in rounds)
            for rounds in (self.with_marks, self.without)
        )
        return marked / plain - 1

    def markdown(self) -> str:
        """A table of it."""
        rows = [
            [
                name,
                *(shown(statistics.median(each[part] for each in rounds)) for part in (0, 1)),
                f"{shown(min(map(sum, rounds)))} to {shown(max(map(sum, rounds)))}",
            ]
            for name, rounds in (("with marks", self.with_marks), ("without", self.without))
        ]
        header = ["an order taken in", "intake ms", "PostgreSQL ms", "both, of all rounds"]
        more = (
            f"- A file of {self.orders:,} orders of {CUSTOMERS} customers, with and without in "
            f"turn, {len(self.without)} rounds: marks take {self.more:.1%} more of the processor."
        )
        return f"{table(header, rows)}\n\n{more}"


def compare(url: str, *, orders: int, rounds: int, progress: Callable[[int, int], None]) -> Marked:
    """Take in files of so many orders, in turn with the triggers and without."""
    with tempfile.TemporaryDirectory() as directory:
        return asyncio.run(_compare(url, Path(directory), orders, rounds, progress))


async def _compare(
    url: str, directory: Path, orders: int, rounds: int, progress: Callable[[int, int], None]
) -> Marked:
    numbers = count(1)
    taken: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    try:
        for place in range(rounds + 1):
            # What comes first alternates too: the tables grow.
            for marks in (place % 2 == 0, place % 2 == 1):
                await _set(url, marks=marks)
                times = await _take_in(url, directory, orders, numbers)
                if place:
                    taken[marks].append(times)
                progress(2 * place + 1, 2 * rounds + 2)
    finally:
        await _set(url, marks=True)
    return Marked(orders, tuple(taken[True]), tuple(taken[False]))


async def _take_in(
    url: str, directory: Path, orders: int, numbers: "count[int]"
) -> tuple[float, float]:
    """Milliseconds of the processor for an order, the intake's and PostgreSQL's."""
    messages = [
        order(
            f"BENCH-{number}",
            relatedParty=[
                party("Partner", "P-BENCH", "Bench"),
                party("Kunde", f"K-BENCH-{number % CUSTOMERS}", "Kundschaft"),
            ],
        )
        for number, _ in zip(numbers, range(orders), strict=False)
    ]
    file = directory / "orders.json"
    file.write_text(json.dumps(messages))
    # A session of its own each time: connections remember plans.
    database, plain = Database(url), await connect(url)
    try:
        started = time.process_time()
        report = await intake.run(database, [file])
        own = time.process_time() - started
        backends = await machine.processor_of_backends(plain)
    finally:
        await plain.close()
        await database.close()
    if report.loaded != orders:
        raise SystemExit(f"{report.loaded} of {orders} orders were taken in: {report.problems[:3]}")
    return own * 1000 / orders, backends * 1000 / orders


async def _set(url: str, *, marks: bool) -> None:
    plain = await connect(url)
    try:
        async with plain.transaction():
            schema = await plain.fetchval("SELECT current_schema()")
            for statement in triggers.drop("postgresql"):
                await plain.execute(statement)
            for statement in triggers.create("postgresql", schema) if marks else ():
                await plain.execute(statement)
    finally:
        await plain.close()
