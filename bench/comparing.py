"""Compares both executors and the raw handler (`bench.raw`) in alternating rounds."""

from contextlib import ExitStack
from pathlib import Path

from bench.database import Prepared
from bench.figures import shown, table
from bench.measuring import Progress, measure, series_of
from bench.scenarios import fifty_orders, one_order
from bench.serving import UNLIMITED, serving

SERVERS = ("levels", "core", "raw")


def compare(
    prepared: Prepared,
    directory: Path,
    *,
    connections: int,
    rounds: int,
    seconds: float,
    progress: Progress,
) -> str:
    """Return a table of the requests per second of each server, and of their ratios."""
    root = {"RAW_ROOT_TENANT": str(prepared.root_tenant)}
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(
                serving(
                    prepared.url,
                    directory / f"{name}.log",
                    environment=root
                    if name == "raw"
                    else UNLIMITED | {"PARTNERGRAPH_EXECUTOR": name},
                    raw=name == "raw",
                )
            )
            for name in SERVERS
        }
        with servers["levels"].client(prepared.key) as client:
            scenarios = (one_order(client), fifty_orders())
        series = {
            (scenario.name, name): series_of(
                scenario, port=server.port, key=prepared.key, connections=connections
            )
            for scenario in scenarios
            for name, server in servers.items()
        }
        measured = measure(list(series.values()), rounds=rounds, seconds=seconds, progress=progress)
    rows = []
    for scenario in scenarios:
        levels, core, raw = (measured[series[scenario.name, name]].per_second for name in SERVERS)
        rates = [shown(rate) for rate in (levels, core, raw)]
        rows.append([scenario.title, *rates, f"{levels / core:.1f}", f"{levels / raw:.2f}"])
    header = ["request", *(f"{name}, req/s" for name in SERVERS)]
    return table([*header, "levels / core", "levels / raw"], rows)
