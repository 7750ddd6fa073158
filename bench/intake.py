"""Measures intake: orders per second of processor time, and memory, on both databases.

Each database has a process of its own, so that its peak of memory is that of the load alone. Only
that process is measured, as the command `partnergraph intake` runs it; PostgreSQL works beside it.
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app import collect_rarely
from bench.figures import shown, table
from db import migrations
from db.session import Database
from intake import run

_RECEIVED = datetime(2026, 3, 2, 8, tzinfo=UTC)
_PARTNERS, _CUSTOMERS = 20, 400
_WARM_UP = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One file of messages about as many orders."""

    name: str
    orders: int
    seconds: float
    """Processor time."""


@dataclass(frozen=True, slots=True)
class Measured:
    """All files of one process."""

    steps: list[Step]
    start_mib: float
    """Memory before the first file."""
    peak_mib: float


def measure(url: str, orders: int) -> Measured:
    """Load files of that many orders into an empty database, in a process of its own."""
    command = [sys.executable, "-m", "bench.intake", url, str(orders)]
    values = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    values["steps"] = [Step(**step) for step in values["steps"]]
    return Measured(**values)


def report(measured: Mapping[str, Sequence[Measured]]) -> str:
    """A Markdown table of the fastest round of each step, by database."""
    rows = []
    for database, rounds in measured.items():
        best = [
            min(steps, key=lambda step: step.seconds)
            for steps in zip(*(one.steps for one in rounds), strict=True)
        ]
        new = best[0].seconds / best[0].orders
        for step in best:
            each = step.seconds / step.orders
            rows.append(
                [
                    f"{database}: {step.name}",
                    shown(1 / each),
                    shown(each * 1000),
                    f"1/{shown(new / each)}",
                ]
            )
    header = ["messages", "per CPU second", "CPU ms each", "of a new order's"]
    memory = [
        f"- {database}: {max(one.peak_mib for one in rounds):.0f} MiB at most with "
        f"{rounds[0].steps[0].orders:,} orders in one file, "
        f"{min(one.start_mib for one in rounds):.0f} before."
        for database, rounds in measured.items()
    ]
    return "\n".join([table(header, rows), "", *memory])


def order(index: int) -> dict[str, Any]:
    """A product order of two items, of one of a few partners and customers."""
    number = f"A-{index:07}"
    amounts = {"dutyFreeAmount": 8.4, "taxIncludedAmount": 9.996}
    price = {name: {"unit": "EUR", "value": value} for name, value in amounts.items()}
    item = {
        "@type": "ProductOrderItem",
        "id": "1",
        "quantity": 3,
        "action": "add",
        "productOffering": {"@type": "ProductOfferingRef", "id": "TCF", "name": "Centraflex"},
        "itemPrice": [
            {
                "@type": "OrderPrice",
                "name": "Monatspreis",
                "priceType": "recurring",
                "recurringChargePeriod": "month",
                "price": {"@type": "Price", "taxRate": 19, **price},
            }
        ],
        "itemTerm": [{"@type": "OrderTerm", "duration": {"amount": 36, "units": "month"}}],
    }
    external_id = {"@type": "ExternalIdentifier", "owner": "CRM", "id": f"CRM-{number}"}
    return {
        "@type": "ProductOrder",
        "id": number,
        "category": "Neubestellung",
        "description": "Telefonanlage für die Filiale",
        "creationDate": _at(index),
        "requestedCompletionDate": _at(60 * 24 * 14),
        "externalId": [external_id],
        "quote": [{"@type": "QuoteRef", "id": f"Q-{number}"}],
        "productOrderItem": [item, {"@type": "ProductOrderItem", "id": "2", "action": "add"}],
        "relatedParty": [
            _party("Partner", f"P-{index % _PARTNERS}"),
            _party("Kunde", f"K-{index % _CUSTOMERS}"),
        ],
        "state": "acknowledged",
    }


def progress(index: int, state: str, minutes: int) -> dict[str, Any]:
    """A report that an order has entered a state."""
    kind = "ProductOrderStateChangeEvent"
    number, at = f"A-{index:07}", _at(index + minutes)
    payload = {
        "@type": "ProductOrder",
        "id": number,
        "state": state,
        "relatedParty": [_party("Partner", f"P-{index % _PARTNERS}")],
    }
    return {
        "@type": kind,
        "eventType": kind,
        "eventId": f"{number} {state}",
        "eventTime": at,
        "event": {"productOrder": payload},
    }


def _at(minutes: int) -> str:
    return (_RECEIVED + timedelta(minutes=minutes)).isoformat()


def _party(role: str, number: str) -> dict[str, Any]:
    party = {"@type": "PartyRef", "id": number, "name": f"{role} {number}"}
    return {"@type": "RelatedPartyRefOrPartyRoleRef", "role": role, "partyOrPartyRole": party}


def _write(file: Path, messages: Callable[[int], Any], indexes: range) -> Path:
    """A file with a list of messages, which are never in memory together."""
    with file.open("w") as out:
        for index in indexes:
            out.write("[" if index == indexes.start else ",\n")
            out.write(json.dumps(messages(index)))
        out.write("]")
    return file


def _usage() -> resource.struct_rusage:
    return resource.getrusage(resource.RUSAGE_SELF)


async def _measure(url: str, orders: int, folder: Path) -> Measured:
    one, month = range(orders), 60 * 24 * 30
    new = _write(folder / "new.json", order, one)
    held = _write(folder / "held.json", lambda i: progress(i, "held", month), one)
    going = _write(folder / "going.json", lambda i: progress(i, "inProgress", 2 * month), one)
    warm = _write(folder / "warm.json", order, range(10**6, 10**6 + _WARM_UP))
    files = {
        "new orders": new,
        "new orders again": new,
        "progress": held,
        "more progress": going,
        "progress again": held,
    }
    steps = []
    async with Database(url) as database:
        await run(database, [warm])
        start = _usage().ru_maxrss
        for name, file in files.items():
            before = _usage()
            result = await run(database, [file])
            after = _usage()
            loaded = 0 if name.endswith("again") else orders
            assert (result.problems, result.loaded) == ([], loaded), result.problems[:3]
            seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            steps.append(Step(name, orders, seconds))
    return Measured(steps, start / 1024, _usage().ru_maxrss / 1024)


if __name__ == "__main__":
    _, url, orders = sys.argv
    migrations.upgrade(url)
    collect_rarely(young=100_000)
    with tempfile.TemporaryDirectory() as directory:
        print(json.dumps(asdict(asyncio.run(_measure(url, int(orders), Path(directory))))))  # noqa: T201 - the result, for the parent process
