"""`python -m bench`: seed, serve, measure, print, keep."""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click
import httpx

from bench import machine, marking
from bench.comparing import compare
from bench.database import Prepared, postgresql, prepare
from bench.dueling import clients, duel
from bench.growth import Book, grow
from bench.hostile import markdown as hostile_markdown
from bench.measuring import Series, measure
from bench.polling import ENVIRONMENT, poll
from bench.report import Report, Row
from bench.scenarios import Questions, one_order, questions
from bench.serving import process, serving, statements
from commands.base import progress
from tests.support.postgres import PostgresUnavailableError


@click.command()
@click.option("--orders", default=200_000, show_default=True, help="Size of the order book.")
@click.option("--connections", default=8, show_default=True, help="At once, under load.")
@click.option("--rounds", default=5, show_default=True, help="Of which medians are taken.")
@click.option("--seconds", default=3.0, show_default=True, help="Of each round of a request.")
@click.option(
    "--database-url",
    metavar="URL",
    help="A PostgreSQL database of your own, seeded if it is empty; a private server otherwise.",
)
@click.option(
    "--hostile",
    is_flag=True,
    help="Instead, attack the server and measure what a careful client notices of it.",
)
@click.option(
    "--compare",
    "comparing",
    is_flag=True,
    help="Instead, compare both executors and a raw handler with one statement, the ceiling.",
)
@click.option(
    "--growth",
    is_flag=True,
    help="Instead, measure larger answers, deeper pages, and the memory that answers take.",
)
@click.option(
    "--beside",
    metavar="URL",
    help="With --growth: a database whose book is of another size, measured in the same rounds.",
)
@click.option(
    "--polling",
    is_flag=True,
    help="Instead, measure what open widgets cost that ask whether anything is new.",
)
@click.option(
    "--attack-rate",
    default=50,
    show_default=True,
    help="Requests that the hostile client begins in a second.",
)
@click.option(
    "--record/--no-record",
    default=True,
    show_default=True,
    help="Keep the figures in bench/results/ and docs/performance.md.",
)
def main(
    *,
    orders: int,
    connections: int,
    rounds: int,
    seconds: float,
    database_url: str | None,
    hostile: bool,
    comparing: bool,
    growth: bool,
    beside: str | None,
    polling: bool,
    attack_rate: int,
    record: bool,
) -> None:
    """Measure requests per second and latency over HTTP on a large order book."""
    load_before = machine.load_average()
    with postgresql(database_url) as url, tempfile.TemporaryDirectory() as directory:
        _say(f"Seeding {orders:,} orders (a minute or so)")
        prepared = prepare(url, orders)
        log = Path(directory) / "server.log"
        if hostile:
            _duel(url, prepared, log, rounds=rounds, seconds=seconds, per_second=attack_rate)
            return
        if polling:
            _polling(url, prepared, log, rounds=rounds)
            return
        if comparing:
            with progress("Measuring rounds") as show:
                found = compare(
                    url,
                    prepared,
                    Path(directory),
                    connections=connections,
                    rounds=rounds,
                    seconds=seconds,
                    progress=show,
                )
            click.echo(found)
            return
        if growth:
            books = [Book(url, prepared)]
            if beside is not None:
                books.append(Book(beside, prepare(beside, orders)))
            with progress("Measuring rounds") as show:
                found = grow(books, Path(directory), rounds=rounds, seconds=seconds, progress=show)
            click.echo(found)
            return
        with serving(url, log) as port:
            _say("Choosing what to ask for")
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}",
                headers={"Authorization": f"Bearer {prepared.key}"},
                timeout=60,
            ) as client:
                asked = questions(client)
            with progress("Measuring rounds") as show:
                measured = measure(
                    _series(asked, connections),
                    port=port,
                    key=prepared.key,
                    rounds=rounds,
                    seconds=seconds,
                    progress=show,
                )
        counted = statements(log)
    report = Report(
        date=datetime.now(UTC).date().isoformat(),
        orders=prepared.orders,
        tenant=prepared.tenant,
        tenant_orders=prepared.tenant_orders,
        connections=connections,
        rounds=rounds,
        seconds=seconds,
        seed_seconds=prepared.seed_seconds,
        load_before=load_before,
        ceiling=measured["ceiling", connections],
        rows=[
            Row(
                title=task.title,
                statements=counted[task.name],
                loaded=measured[task.name, connections],
                alone=measured[task.name, 1],
            )
            for task in asked.tasks
        ],
        first_page=measured[asked.first_page.name, 1],
        deep_page=measured[asked.deep_page.name, 1],
        deep=asked.deep,
        machine=_machine(prepared),
    )
    click.echo(report.markdown())
    if record:
        click.echo("\nWritten: " + ", ".join(str(path) for path in report.save()))


def _duel(
    url: str, prepared: Prepared, log: Path, *, rounds: int, seconds: float, per_second: int
) -> None:
    names = clients(url, prepared.tenant, rounds)
    with serving(url, log, limited=True) as port, progress("Measuring duels") as show:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {prepared.key}"},
            timeout=60,
        ) as client:
            careful = one_order(client)
        duels, attack = duel(
            careful,
            port=port,
            keys_of_clients=names,
            rounds=rounds,
            seconds=seconds,
            per_second=per_second,
            progress=show,
        )
    click.echo(hostile_markdown(duels, attack))


def _polling(url: str, prepared: Prepared, log: Path, *, rounds: int) -> None:
    with (
        process(url, log, environment=ENVIRONMENT) as (port, server),
        progress("Measuring polling") as show,
    ):
        measuring = poll(
            port, server, prepared, url=url, widgets=1_000, rounds=rounds, progress=show
        )
        polled = asyncio.run(measuring)
    with progress("Measuring intake") as show:
        marked = marking.compare(url, orders=1_000, rounds=rounds, progress=show)
    click.echo(f"{polled.markdown()}\n\n{marked.markdown()}")


def _series(asked: Questions, connections: int) -> list[Series]:
    ceiling = [Series("ceiling", "/healthz", ("",), connections)]
    tasks = [
        Series(task.name, "/graphql", task.bodies, number)
        for task in asked.tasks
        for number in dict.fromkeys((connections, 1))
    ]
    pages = [
        Series(page.name, "/graphql", page.bodies, 1)
        for page in (asked.first_page, asked.deep_page)
    ]
    return ceiling + tasks + pages


def _machine(prepared: Prepared) -> dict[str, str]:
    return {**machine.details(), "PostgreSQL": prepared.version}


def _say(step: str) -> None:
    click.echo(f"» {step}", err=True)


if __name__ == "__main__":
    try:
        main()
    except PostgresUnavailableError as error:
        sys.exit(str(error))
