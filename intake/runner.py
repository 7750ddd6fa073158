"""A run over files: the order in which they are loaded, and a report on each."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from db.session import Database
from intake import reader
from intake.batch import Result
from intake.loading import BusyError, load
from intake.messages import Message, by_time, read_message
from intake.problems import Fault, FileReport, InvalidError, Problem, Report

Progress = Callable[[int, int], None]
"""Called with the bytes done and all of them."""


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
    files, problems = reader.files(paths)
    report = Report([FileReport(file) for file in files], problems)
    by_file = {file.file: file for file in report.files}
    sizes = {file: _size(file) for file in files}
    total, done = sum(sizes.values()), 0
    waiting: list[tuple[FileReport, list[Message]]] = []

    def clock() -> datetime:
        return now or datetime.now(UTC)

    for file in _in_order(files):
        messages, unread = _read(file, clock())
        counts = by_file[file]
        counts.failed = len(unread)
        report.problems += [Problem(file, *problem) for e in unread for problem in e.problems]

        def show(part: float, size: int = sizes[file], before: int = done) -> None:
            if progress:
                progress(before + int(size * part), total)

        results = await _load(database, messages, tenant, clock, show)
        _count(report, counts, [r for r in results if not r.order_is_unknown])
        unknown = [r for r in results if r.order_is_unknown]
        if len(files) > 1:
            waiting.append((counts, [r.message for r in unknown]))
        else:
            _count(report, counts, unknown)
        done += sizes[file]
        show(1)
    for counts, messages in waiting:
        _count(report, counts, await _load(database, messages, tenant, clock))
    return report


async def _load(
    database: Database,
    messages: Sequence[Message],
    tenant: str | None,
    now: Callable[[], datetime],
    progress: Callable[[float], None] = lambda part: None,
) -> list[Result]:
    try:
        loaded = await load(database, messages, tenant=tenant, now=now, progress=progress)
    except BusyError:
        reason = "the database is busy: load the file again"
        return [Result(m, None, Fault.BUSY, ((m.path, reason),)) for m in messages]
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


def _read(file: Path, now: datetime) -> tuple[list[Message], list[InvalidError]]:
    """The messages of a file, in the order in which they are loaded, and an error for each that
    cannot be read."""
    messages: list[Message] = []
    unread: list[InvalidError] = []
    try:
        values = reader.read(file)
    except InvalidError as error:
        return [], [error]
    for path, value in values:
        try:
            messages.append(read_message(value, path, now))
        except InvalidError as error:
            unread.append(error)
    return by_time(messages), unread


def _in_order(files: list[Path]) -> list[Path]:
    return sorted(files, key=_begin) if len(files) > 1 else files


def _begin(file: Path) -> tuple[bool, str]:
    """Whether a file holds events only, and its earliest time. Nothing is checked yet."""
    try:
        values = [value for _, value in reader.read(file) if isinstance(value, dict)]
    except InvalidError:
        return True, ""
    orders = [v for v in values if "event" not in v]
    events = [v for v in values if "event" in v]
    orders += [
        payload["productOrder"]
        for v in events
        if v.get("eventType", v.get("@type")) == "ProductOrderCreateEvent"
        and isinstance(payload := v["event"], dict)
        and isinstance(payload.get("productOrder"), dict)
    ]
    times = [v.get("creationDate") for v in orders] or [v.get("eventTime") for v in events]
    # Messages without a time report the present, after all those with one.
    latest = "" if orders else "9999"
    return not orders, min((t for t in times if isinstance(t, str)), default=latest)
