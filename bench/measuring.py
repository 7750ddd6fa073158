"""Alternating rounds of load, so that a disturbance of the machine affects every series alike."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.figures import Figures, Round, figures
from bench.load import Plan, generate, http_request
from bench.scenarios import Scenario

MOST_REQUESTS = 50_000
WARM_UP_SECONDS = 1.0

Progress = Callable[[int, int], None]
"""Called with the steps done and their total."""


@dataclass(frozen=True, slots=True)
class Series:
    """A named kind of load on one server."""

    name: str
    port: int
    requests: tuple[str, ...]
    connections: int

    def plan(self, seconds: float) -> Plan:
        """Return the plan of one round."""
        return Plan(
            port=self.port,
            requests=self.requests,
            connections=self.connections,
            seconds=seconds,
            most=MOST_REQUESTS,
        )


def series_of(scenario: Scenario, *, port: int, key: str, connections: int) -> Series:
    """Return the series that sends the requests of a scenario to `/graphql`."""
    requests = (http_request("/graphql", key, body=body) for body in scenario.bodies)
    return Series(scenario.name, port, tuple(requests), connections)


def measure(
    series: Sequence[Series], *, rounds: int, seconds: float, progress: Progress
) -> Mapping[Series, Figures]:
    """Return the figures of each series. A short first round, not measured, fills the caches."""
    measured: defaultdict[Series, list[Round]] = defaultdict(list)
    done = 0
    for number in range(rounds + 1):
        for load in series:
            if number == 0:
                generate(load.plan(WARM_UP_SECONDS))
                continue
            measured[load].append(generate(load.plan(seconds)))
            done += 1
            progress(done, len(series) * rounds)
    return {load: figures(results) for load, results in measured.items()}
