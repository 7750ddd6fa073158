"""The arithmetic of a benchmark: percentiles, medians of rounds, and Markdown tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One run of the load generator."""

    requests: int
    seconds: float
    """From the first request sent to the last response received."""
    p50: float
    """Milliseconds, like the other percentiles."""
    p95: float
    p99: float
    generator_cpu: float
    """Share of a core that the load generator used. Near 1, it was the bottleneck itself."""
    response_bytes: int
    """Size of the largest response, with its headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Medians over all rounds of a series."""

    per_second: float
    spread: float
    """Difference between the fastest and the slowest round, as a share of the median."""
    p50: float
    p95: float
    p99: float
    generator_cpu: float
    response_bytes: int


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the nearest-rank percentile. Raises ValueError for no values or a wrong `percent`."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values have a percentile")
    if not 0 < percent <= 100:
        raise ValueError(f"{percent} is not within 0 and 100")
    rank = -(-len(ordered) * percent // 100)
    return ordered[int(rank) - 1]


def figures(rounds: Sequence[Round]) -> Figures:
    """Return the medians of the rounds, which a single disturbed round does not change."""
    rates = [measured.requests / measured.seconds for measured in rounds]
    return Figures(
        per_second=median(rates),
        spread=(max(rates) - min(rates)) / median(rates),
        p50=median(measured.p50 for measured in rounds),
        p95=median(measured.p95 for measured in rounds),
        p99=median(measured.p99 for measured in rounds),
        generator_cpu=median(measured.generator_cpu for measured in rounds),
        response_bytes=int(median(measured.response_bytes for measured in rounds)),
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, padded so that its source is aligned too."""
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
    """Format a value with three significant digits: 0.123, 12.3, 1,230."""
    digits = 2 - max(-1, min(2, len(str(int(abs(value)))) - 1 if abs(value) >= 1 else -1))
    return f"{value:,.{max(0, digits)}f}"
