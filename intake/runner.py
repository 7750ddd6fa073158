"""A run over files: the order in which they are loaded, and a report on each."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from db.session import Database
from intake import folders, reader
from intake.batch import Result
from intake.entries import Entry, Found, by_time, read_entries
from intake.loading import BusyError, load
from intake.problems import Fault, FileReport, InvalidError, Problem, Report
from intake.repeats import find_same_texts
from intake.tenant_part import part_of

Progress = Callable[[int, int], None]
"""Called with the bytes done and all of them."""

_MESSAGES_AT_ONCE = 500
"""Messages of a file that are read together: no more of them are in memory as JSON."""


async def run(
    database: Database,
    paths: Iterable[Path],
    *,
    tenant: str | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> Report:
    """Load files and folders.

    `tenant` is the number of the tenant whose orders they hold, and opens its part of the tenant
    tree alone; without it every order names its own tenant by a related party. Each file is one
    transaction. Files with orders come before files with events only, then the one that begins
    earlier. Within a file the first account of each order comes first, then everything by time.
    Events whose order comes in a later file are loaded at the end.

    Raises `UnreadablePathError` for a path that does not exist. Stops at an error that the database
    is at fault for (`db.faults`), and raises it: files that were loaded before stay loaded.
    """
    files, problems = folders.files(paths)
    report = Report([FileReport(file) for file in files], problems)
    by_file = {file.file: file for file in report.files}
    sizes = {file: _size(file) for file in files}
    total, done = sum(sizes.values()), 0
    waiting: list[tuple[FileReport, list[Entry]]] = []

    def clock() -> datetime:
        return now or datetime.now(UTC)

    for file in _in_order(files):

        def show(part: float, size: int = sizes[file], before: int = done) -> None:
            if progress:
                progress(before + int(size * part), total)

        counts = by_file[file]
        # Reading takes about as long as loading.
        entries, unread = await _read(database, file, tenant, clock(), lambda part: show(part / 2))
        counts.failed = len(unread)
        report.problems += [Problem(file, *problem) for e in unread for problem in e.problems]
        results = await _load(database, entries, tenant, clock, lambda part: show((1 + part) / 2))
        _count(report, counts, [r for r in results if not r.order_is_unknown])
        unknown = [r for r in results if r.order_is_unknown]
        if len(files) > 1:
            again = {result.header.path for result in unknown}
            waiting.append((counts, [e for e in entries if e.header.path in again]))
        else:
            _count(report, counts, unknown)
        done += sizes[file]
        show(1)
    for counts, entries in waiting:
        _count(report, counts, await _load(database, entries, tenant, clock))
    return report


async def _load(
    database: Database,
    entries: Sequence[Entry],
    tenant: str | None,
    now: Callable[[], datetime],
    progress: Callable[[float], None] = lambda part: None,
) -> list[Result]:
    try:
        loaded = await load(database, entries, tenant=tenant, now=now, progress=progress)
    except BusyError:
        reason = "the database is busy: load the file again"
        headers = [entry.header for entry in entries]
        return [Result(h, None, Fault.BUSY, ((h.path, reason),)) for h in headers]
    return loaded.results


def _count(report: Report, counts: FileReport, results: Iterable[Result]) -> None:
    for result in results:
        if result.outcome is not None:
            counts.count(result.outcome)
        else:
            counts.failed += 1
            report.problems += [Problem(counts.file, *problem) for problem in result.problems]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


async def _read(
    database: Database,
    file: Path,
    tenant: str | None,
    now: datetime,
    progress: Callable[[float], None],
) -> tuple[list[Entry], list[InvalidError]]:
    """The messages of a file, in the order in which they are loaded, and an error for each that
    cannot be read."""
    entries: list[Entry] = []
    unread: list[InvalidError] = []
    scope = await part_of(database, tenant)
    try:
        document = reader.open_document(file)
        messages = iter(document)
        while True:
            texts = document.texts_ahead(_MESSAGES_AT_ONCE)
            same = await find_same_texts(database, texts, tenant=tenant, scope=scope)
            document.skip(same)
            some = list(islice(messages, _MESSAGES_AT_ONCE))
            if not some:
                break
            values = [
                Found(
                    p.path,
                    p.value,
                    partial(document.value_at, p.position),
                    p.digest,
                    p.text_digest,
                    same.get(p.text_digest),
                )
                for p in some
            ]
            read = await read_entries(
                database, values, tenant=tenant, scope=scope, now=now, run=_at_once
            )
            entries += [entry for entry in read if isinstance(entry, Entry)]
            unread += [entry for entry in read if isinstance(entry, InvalidError)]
            progress(some[-1].position / len(document))
    except InvalidError as error:
        return [], [error]
    return by_time(entries), unread


async def _at_once(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    return function(*arguments, **options)


def _in_order(files: list[Path]) -> list[Path]:
    return sorted(files, key=_begin) if len(files) > 1 else files


def _begin(file: Path) -> tuple[bool, str]:
    """Whether a file holds events only, and its earliest time. Nothing is checked yet."""
    has_orders = False
    orders: str | None = None
    events: str | None = None
    try:
        for part in reader.open_document(file):
            value = part.value
            if not isinstance(value, dict):
                continue
            order = _order_brought(value)
            if order is not None:
                has_orders = True
                orders = _earlier(orders, order.get("creationDate"))
            else:
                events = _earlier(events, value.get("eventTime"))
    except InvalidError:
        return True, ""
    # Messages without a time report the present, after all those with one.
    return not has_orders, (orders or "") if has_orders else (events or "9999")


def _order_brought(value: dict[str, Any]) -> dict[str, Any] | None:
    if "event" not in value:
        return value
    if value.get("eventType", value.get("@type")) != "ProductOrderCreateEvent":
        return None
    payload = value["event"]
    order = payload.get("productOrder") if isinstance(payload, dict) else None
    return order if isinstance(order, dict) else None


def _earlier(time: str | None, other: object) -> str | None:
    if not isinstance(other, str):
        return time
    return other if time is None else min(time, other)
