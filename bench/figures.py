"""The arithmetic of a benchmark: percentiles, medians of rounds, ratios, and the tables of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one process of load generation measured, against one scenario."""

    seconds: float
    """From the first request sent to the last response received."""
    latencies: tuple[float, ...]
    """Of every request, in milliseconds."""
    generator_cpu: float
    """The share of a core that the load generator took: near 1, it measured itself."""
    response_bytes: int
    """Of one response, with its headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The medians over all rounds of a scenario."""

    requests: int
    per_second: float
    spread: float
    """How far the fastest round lies above the slowest, as a share of the median."""
    p50: float
    p95: float
    p99: float
    generator_cpu: float
    response_bytes: int


def percentile(values: Iterable[float], percent: float) -> float:
    """The nearest rank: the smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values have a percentile")
    if not 0 < percent <= 100:
        raise ValueError(f"{percent} is not within 0 and 100")
    rank = -(-len(ordered) * percent // 100)
    return ordered[int(rank) - 1]


def figures(rounds: Sequence[Round]) -> Figures:
    """A round that something disturbed does not move the medians of the others."""
    rates = [len(each.latencies) / each.seconds for each in rounds]

    def middle(percent: float) -> float:
        return median(percentile(each.latencies, percent) for each in rounds)

    return Figures(
        requests=sum(len(each.latencies) for each in rounds),
        per_second=median(rates),
        spread=(max(rates) - min(rates)) / median(rates),
        p50=middle(50),
        p95=middle(95),
        p99=middle(99),
        generator_cpu=median(each.generator_cpu for each in rounds),
        response_bytes=int(median(each.response_bytes for each in rounds)),
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table that is aligned as plain text too; all but the first column to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(3, *(len(line[i]) for line in lines)) for i in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def row(cells: Sequence[str]) -> str:
        first, *others = cells
        aligned = [first.ljust(widths[0])]
        aligned += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        return f"| {' | '.join(aligned)} |"

    return "\n".join([row(lines[0]), row(rule), *(row(line) for line in lines[1:])])


def shown(value: float) -> str:
    """Three digits that count: 0.123, 12.3, 1,230."""
    digits = 2 - max(-1, min(2, len(str(int(abs(value)))) - 1 if abs(value) >= 1 else -1))
    return f"{value:,.{max(0, digits)}f}"
