"""The command line of the benchmarks: `python -m bench`."""

import functools
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bench import machine
from bench.comparing import compare
from bench.database import SERVER, Prepared, postgresql, prepare
from bench.intake import Measured
from bench.intake import measure as measure_intake
from bench.intake import report as intake_report
from bench.load import http_request
from bench.measuring import Series, measure, series_of
from bench.noisy_neighbour import noisy_neighbour
from bench.polling import ENVIRONMENT, poll
from bench.profiling import profile
from bench.report import Report, Row
from bench.scenarios import questions
from bench.serving import UNLIMITED, serving, statements
from commands.base import progress
from tests.support.postgres import PostgresUnavailableError, private_postgres

orders_option = click.option(
    "--orders", default=200_000, show_default=True, help="Size of the order book."
)
url_option = click.option(
    "--database-url",
    metavar="URL",
    help="Use this PostgreSQL database, and seed it if it is empty. Default: a private server.",
)
rounds_option = click.option(
    "--rounds", default=5, show_default=True, help="Rounds, of which medians are taken."
)
seconds_option = click.option(
    "--seconds", default=3.0, show_default=True, help="Length of each round of a request."
)
connections_option = click.option(
    "--connections", default=8, show_default=True, help="Concurrent connections."
)


def on_order_book(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the order book, and call the command with it and a directory."""

    @orders_option
    @url_option
    @functools.wraps(command)
    def run(*, orders: int, database_url: str | None, **options: Any) -> None:
        with _order_book(orders, database_url) as (prepared, directory):
            command(prepared, directory, **options)

    return run


@contextmanager
def _order_book(orders: int, url: str | None) -> Iterator[tuple[Prepared, Path]]:
    with postgresql(url) as database_url, tempfile.TemporaryDirectory() as directory:
        click.echo(f"» Seeding {orders:,} orders (200,000 take a minute or so)", err=True)
        yield prepare(database_url, orders), Path(directory)


@click.group(context_settings={"max_content_width": 110})
def main() -> None:
    """Measure the product over HTTP on a large order book in PostgreSQL, and intake.

    Measure on a quiet machine: the server and the load generator need a core each.
    """


@main.command()
@on_order_book
@connections_option
@rounds_option
@seconds_option
@click.option("--record", is_flag=True, help="Write the report to docs/performance.md.")
def load(
    prepared: Prepared,
    directory: Path,
    *,
    connections: int,
    rounds: int,
    seconds: float,
    record: bool,
) -> None:
    """Requests per second and latency of the usual requests of partners."""
    load_before = machine.load_average()
    log = directory / "server.log"
    with serving(prepared.url, log) as server:
        click.echo("» Choosing orders and references", err=True)
        with server.client(prepared.key) as client:
            scenarios = questions(client)
        make = functools.partial(series_of, port=server.port, key=prepared.key)
        healthz = (http_request("/healthz", prepared.key),)
        ceiling = Series("ceiling", server.port, healthz, connections)
        loaded = [make(scenario, connections=connections) for scenario in scenarios.tasks]
        alone = [make(scenario, connections=1) for scenario in scenarios.tasks]
        pages = [make(page, connections=1) for page in (scenarios.first_page, scenarios.deep_page)]
        series = list(dict.fromkeys([ceiling, *loaded, *alone, *pages]))
        with progress("Measuring rounds") as show:
            measured = measure(series, rounds=rounds, seconds=seconds, progress=show)
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
        ceiling=measured[ceiling],
        rows=[
            Row(
                title=scenario.title,
                statements=counted[scenario.name],
                loaded=measured[many],
                alone=measured[one],
            )
            for scenario, many, one in zip(scenarios.tasks, loaded, alone, strict=True)
        ],
        first_page=measured[pages[0]],
        deep_page=measured[pages[1]],
        deep=scenarios.deep,
        machine={**machine.details(), "PostgreSQL": prepared.version},
    )
    click.echo(report.markdown())
    if record:
        report.record()


@main.command("executors")
@on_order_book
@connections_option
@rounds_option
@seconds_option
def executors(prepared: Prepared, directory: Path, **options: Any) -> None:
    """Compare both executors with a raw handler of one statement, which is the ceiling."""
    with progress("Measuring rounds") as show:
        click.echo(compare(prepared, directory, **options, progress=show))


@main.command("noisy-neighbour")
@on_order_book
@rounds_option
@seconds_option
@click.option(
    "--attack-rate",
    "per_second",
    default=50,
    show_default=True,
    help="Requests that the hostile client begins each second.",
)
def neighbour(prepared: Prepared, directory: Path, **options: Any) -> None:
    """Attack the server, and measure what a careful client notices of it."""
    with (
        serving(prepared.url, directory / "server.log", environment={}) as server,
        progress("Measuring attacks") as show,
    ):
        click.echo(noisy_neighbour(server, prepared, **options, progress=show))


@main.command("polling")
@on_order_book
@rounds_option
@click.option("--widgets", default=1_000, show_default=True, help="Open widgets.")
def polling(prepared: Prepared, directory: Path, **options: Any) -> None:
    """Measure the cost of open widgets that poll for changes (Linux only)."""
    environment = UNLIMITED | ENVIRONMENT
    with (
        serving(prepared.url, directory / "server.log", environment=environment) as server,
        progress("Measuring rounds") as show,
    ):
        click.echo(poll(server, prepared, **options, progress=show))


@main.command("intake")
@click.option("--orders", default=10_000, show_default=True, help="Orders in each file.")
@click.option("--rounds", default=1, show_default=True, help="Rounds, of which the best counts.")
def intake_command(*, orders: int, rounds: int) -> None:
    """Orders taken in per second of processor time, and memory, on both databases."""
    measured: dict[str, list[Measured]] = {"SQLite": [], "PostgreSQL": []}
    with progress("Measuring rounds") as show:
        for number in range(rounds):
            with tempfile.TemporaryDirectory() as directory:
                url = f"sqlite+aiosqlite:///{directory}/intake.db"
                measured["SQLite"].append(measure_intake(url, orders))
            # An empty server for each round: files that were taken in before are repeats.
            with private_postgres(**SERVER) as url:
                measured["PostgreSQL"].append(measure_intake(url, orders))
            show(number + 1, rounds)
    click.echo(intake_report(measured))


main.add_command(profile)


if __name__ == "__main__":
    try:
        main(prog_name="python -m bench")
    except PostgresUnavailableError as error:
        sys.exit(str(error))
