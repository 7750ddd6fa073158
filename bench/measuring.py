"""Rounds of load, taken in turn: what disturbs the machine for a while disturbs every request."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import orjson

from bench.figures import Figures, Round, figures
from bench.load import Plan

MOST_REQUESTS = 50_000
WARM_UP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Series:
    """A kind of load, by a name and what to send."""

    name: str
    path: str
    bodies: tuple[str, ...]
    connections: int
    port: int | None = None
    """Of another server than the one that is measured otherwise."""
    key: str | None = None
    """To that server."""


def measure(
    series: Sequence[Series],
    *,
    port: int,
    key: str,
    rounds: int,
    seconds: float,
    progress: Callable[[int, int], None],
) -> Mapping[tuple[str, int], Figures]:
    """The figures of each series, by its name and its number of connections."""
    measured: defaultdict[tuple[str, int], list[Round]] = defaultdict(list)
    done, most = 0, len(series) * rounds
    for number in range(rounds + 1):
        for each in series:
            plan = Plan(
                port=each.port or port,
                path=each.path,
                key=each.key or key,
                bodies=each.bodies,
                connections=each.connections,
                seconds=seconds,
                most=MOST_REQUESTS,
            )
            if number == 0:
                # Fills the caches of statements, of plans and of pages.
                one_round(replace(plan, seconds=WARM_UP_SECONDS))
                continue
            measured[each.name, each.connections].append(one_round(plan))
            done += 1
            progress(done, most)
    return {name: figures(each) for name, each in measured.items()}


def one_round(plan: Plan) -> Round:
    """What one load generator measures, in a process of its own."""
    finished = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=orjson.dumps(asdict(plan)),
        stdout=subprocess.PIPE,
        timeout=plan.seconds + 60,
        check=False,
    )
    if finished.returncode:
        sys.exit("The measurement failed: see the message above.")
    return Round(**orjson.loads(finished.stdout))
