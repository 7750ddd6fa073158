"""What a run found: as a table to read, as JSON to compare, and in the documentation."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from bench.figures import Figures, shown, table

RESULTS = Path(__file__).parent / "results"
DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN = "<!-- Written by `make bench`; change bench/report.py instead. -->"
END = "<!-- End of what `make bench` wrote. -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kind of request: under load, and alone."""

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
    """None where the database was there already."""
    load_before: float
    """The machine's load average before anything was started: near 0, it was quiet."""
    ceiling: Figures
    """Of `GET /healthz`: what uvicorn and the load generator can do together."""
    rows: Sequence[Row]
    first_page: Figures
    deep_page: Figures
    deep: int
    machine: dict[str, str]

    @property
    def deep_ratio(self) -> float:
        return self.deep_page.p50 / self.first_page.p50

    def markdown(self) -> str:
        """The tables, and what they were measured on."""
        return "\n\n".join([self._circumstances(), self._tasks(), self._others(), self._machine()])

    def save(self) -> list[Path]:
        """Keep the run in `bench/results/` and its tables in the documentation."""
        RESULTS.mkdir(exist_ok=True)
        as_json = RESULTS / f"{self.date}.json"
        as_json.write_bytes(orjson.dumps(self._plain(), option=orjson.OPT_INDENT_2) + b"\n")
        as_text = RESULTS / f"{self.date}.md"
        as_text.write_text(f"# Benchmark of {self.date}\n\n{self.markdown()}\n")
        DOCUMENT.write_text(with_figures(DOCUMENT.read_text(), self.markdown()))
        return [as_json, as_text, DOCUMENT]

    def _circumstances(self) -> str:
        return (
            f"{self.date}: {self.orders:,} orders in PostgreSQL; asked by tenant {self.tenant}, "
            f"the partner with most ({self.tenant_orders:,} orders). One server process. Medians "
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
        first, deep = shown(self.first_page.p50), shown(self.deep_page.p50)
        pages = f"Page {self.deep:,} of 50 orders against page 1, one connection: {deep} against"
        rate = f"{shown(self.ceiling.per_second)} requests/s"
        lines = [
            f"{pages} {first} ms, **{self.deep_ratio:.2f} times**.",
            f"`GET /healthz`, {self.connections} connections: {rate}.",
            f"The load generator took at most {busiest:.0%} of a core in the rows above.",
            f"Between the slowest and the fastest round of a row lie at most {spread:.0%}.",
        ]
        if self.seed_seconds is not None:
            pace = self.orders / self.seed_seconds
            lines.append(f"Seeding took {self.seed_seconds:.0f} s, {shown(pace)} orders a second.")
        return "\n".join(f"- {line}" for line in lines)

    def _machine(self) -> str:
        return table(["measured on", ""], ([name, value] for name, value in self.machine.items()))

    def _plain(self) -> dict[str, Any]:
        return asdict(self) | {"deep_ratio": self.deep_ratio}


def with_figures(document: str, figures: str) -> str:
    """The document with the figures between its two marks replaced."""
    head, begin, rest = document.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document lacks the marks {BEGIN} and {END}")
    return f"{head}{begin}\n\n{figures}\n\n{end}{tail}"
