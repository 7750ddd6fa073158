"""Both executors and the ceiling, in alternating rounds: how many times as fast each is."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx

from bench.database import Prepared
from bench.figures import Figures, shown, table
from bench.measuring import Series, measure
from bench.scenarios import FIFTY_ORDERS, Scenario, one_order
from bench.serving import serving

SERVED = ("levels", "core", "raw")


def compare(
    url: str,
    prepared: Prepared,
    directory: Path,
    *,
    connections: int,
    rounds: int,
    seconds: float,
    progress: Callable[[int, int], None],
) -> str:
    """A table of what each serves, and of its share of the others' pace."""
    root = {"RAW_ROOT_TENANT": str(prepared.root_tenant)}
    with ExitStack() as stack:
        ports = {
            name: stack.enter_context(
                serving(
                    url,
                    directory / f"{name}.log",
                    environment=root if name == "raw" else {"PARTNERGRAPH_EXECUTOR": name},
                    raw=name == "raw",
                )
            )
            for name in SERVED
        }
        with httpx.Client(
            base_url=f"http://127.0.0.1:{ports['levels']}",
            headers={"Authorization": f"Bearer {prepared.key}"},
            timeout=60,
        ) as client:
            tasks = (
                one_order(client),
                Scenario("FiftyOrders", "50 orders with all four", FIFTY_ORDERS, ({},)),
            )
        series = [
            Series(f"{task.name} {name}", "/graphql", task.bodies, connections, port)
            for task in tasks
            for name, port in ports.items()
        ]
        measured = measure(
            series,
            port=ports["levels"],
            key=prepared.key,
            rounds=rounds,
            seconds=seconds,
            progress=progress,
        )
    return _markdown(tasks, measured, connections)


def _markdown(
    tasks: tuple[Scenario, ...], measured: Mapping[tuple[str, int], Figures], connections: int
) -> str:
    header = ["request", "levels, req/s", "core, req/s", "raw, req/s"]
    rows = []
    for task in tasks:
        levels, core, raw = (
            measured[f"{task.name} {name}", connections].per_second for name in SERVED
        )
        row = [task.title, *(shown(each) for each in (levels, core, raw))]
        rows.append([*row, f"{levels / core:.1f}", f"{levels / raw:.2f}"])
    return table([*header, "levels / core", "levels / raw"], rows)
