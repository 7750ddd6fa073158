"""The report of the load benchmark, which `--record` puts into docs/performance.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figures, shown, table

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN = "<!-- Written by `python -m bench load --record`; change bench/report.py instead. -->"
END = "<!-- End of the recorded part. -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One scenario: with all connections, and with one."""

    title: str
    statements: str
    loaded: Figures
    alone: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole run."""

    date: str
    orders: int
    tenant: str
    tenant_orders: int
    connections: int
    rounds: int
    seconds: float
    seed_seconds: float | None
    """None if the database was seeded before."""
    load_before: float
    """Load average of the machine before the run."""
    ceiling: Figures
    """`GET /healthz`: the most that uvicorn and the load generator can do."""
    rows: Sequence[Row]
    first_page: Figures
    deep_page: Figures
    deep: int
    machine: dict[str, str]

    def markdown(self) -> str:
        """Return the tables, and what they were measured on."""
        return "\n\n".join([self._circumstances(), self._tasks(), self._others(), self._machine()])

    def record(self) -> None:
        """Replace the recorded part of docs/performance.md."""
        DOCUMENT.write_text(with_figures(DOCUMENT.read_text(), self.markdown()))

    def _circumstances(self) -> str:
        return (
            f"{self.date}: {self.orders:,} orders in PostgreSQL, queried by tenant "
            f"{self.tenant}, which has most ({self.tenant_orders:,}). One server process. Medians "
            f"of {self.rounds} alternating rounds of {self.seconds:g} s. Load average of the "
            f"machine before the run: {self.load_before:.1f}."
        )

    def _tasks(self) -> str:
        many = f"{self.connections} conn."
        header = ["request", f"req/s, {many}", "p50 ms", "p95 ms", "p99 ms"]
        header += ["req/s, 1 conn.", "p50 ms", "p95 ms", "statements", "kB"]
        return table(
            header,
            (
                [
                    row.title,
                    *(shown(row.loaded.per_second), shown(row.loaded.p50)),
                    *(shown(row.loaded.p95), shown(row.loaded.p99)),
                    *(shown(row.alone.per_second), shown(row.alone.p50), shown(row.alone.p95)),
                    row.statements,
                    f"{row.loaded.response_bytes / 1000:.1f}",
                ]
                for row in self.rows
            ),
        )

    def _others(self) -> str:
        busiest = max(row.loaded.generator_cpu for row in self.rows)
        spread = max(row.loaded.spread for row in self.rows)
        first, deep = self.first_page.p50, self.deep_page.p50
        pages = f"Page {self.deep:,} of 50 orders, one connection: {shown(deep)} ms, page 1:"
        rate = f"{shown(self.ceiling.per_second)} requests/s"
        lines = [
            f"{pages} {shown(first)} ms, ratio **{deep / first:.2f}**.",
            f"`GET /healthz`, {self.connections} connections: {rate}.",
            f"The load generator used at most {busiest:.0%} of a core in these rows.",
            f"The slowest and the fastest round of a row differ by at most {spread:.0%}.",
        ]
        if self.seed_seconds is not None:
            pace = self.orders / self.seed_seconds
            lines.append(f"Seeding took {self.seed_seconds:.0f} s, {shown(pace)} orders a second.")
        return "\n".join(f"- {line}" for line in lines)

    def _machine(self) -> str:
        return table(["measured on", ""], ([name, value] for name, value in self.machine.items()))


def with_figures(document: str, figures: str) -> str:
    """Replace what a document has between its two marks. Raises ValueError if they are missing."""
    head, begin, rest = document.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document lacks the marks {BEGIN} and {END}")
    return f"{head}{begin}\n\n{figures}\n\n{end}{tail}"
