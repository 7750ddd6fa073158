"""Messages before they are loaded: checked, and put in order by their headers.

Messages of a file are read whole when their turn comes, so that it is never in memory as a whole.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from db.scope.tenant_scope import TenantScope
from db.session import Database
from intake.messages import Header, Message, read_header, read_message
from intake.problems import InvalidError
from intake.repeats import Repeat, digest_or_none, find_repeats


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a file or a body."""

    header: Header
    read: Callable[[], Message] | None
    """Reads the message whole, and raises `InvalidError` for values that cannot be stored. None for
    a repeat: its header is all that is needed."""


@dataclass(frozen=True, slots=True)
class Found:
    """A JSON value in a file or a body."""

    path: str
    value: Any
    again: Callable[[], Any] | None = None
    """Parses the value once more. Without it the value and its message stay in memory."""
    digest: str | None = None
    """Its digest, if it is known."""
    text_digest: str | None = None
    repeat: Repeat | None = None
    """Set for a text that was taken in before: its value was not parsed."""


async def read_entries(
    database: Database,
    values: Sequence[Found],
    *,
    tenant: str | None,
    scope: TenantScope,
    now: datetime,
    run: Callable[..., Any],
) -> list[Entry | InvalidError]:
    """An entry for each value, or what is wrong with it.

    Repeats are looked up with one statement, and nothing else of them is read. `run` awaits a
    function that takes processor time, in a thread for example.
    """
    digests: list[str | None] = await run(_digests, values)
    unknown = {
        digest
        for digest, found in zip(digests, values, strict=True)
        if digest is not None and found.repeat is None
    }
    repeats = await find_repeats(database, unknown, tenant=tenant, scope=scope)
    # Products are added before the transaction of a tenant begins, so all have to be known.
    is_whole = tenant is not None
    entries: list[Entry | InvalidError] = await run(
        _read, values, digests, repeats, now, is_whole=is_whole
    )
    return entries


def _digests(values: Sequence[Found]) -> list[str | None]:
    return [found.digest or digest_or_none(found.value) for found in values]


def _read(
    values: Sequence[Found],
    digests: Sequence[str | None],
    repeats: dict[str, Repeat],
    now: datetime,
    *,
    is_whole: bool,
) -> list[Entry | InvalidError]:
    entries: list[Entry | InvalidError] = []
    for found, digest in zip(values, digests, strict=True):
        repeat = found.repeat
        if repeat is None and digest is not None:
            repeat = repeats.get(digest)
        if repeat is not None:
            header = Header.of_repeat(repeat.digest, repeat.number, repeat.event_id, found.path)
            entries.append(Entry(header, None))
            continue
        try:
            entries.append(_entry(found, digest, now, is_whole=is_whole))
        except InvalidError as error:
            entries.append(error)
    return entries


def _entry(found: Found, digest: str | None, now: datetime, *, is_whole: bool) -> Entry:
    if found.again is None:
        message = read_message(found.value, found.path, now, digest=digest)
        return Entry(message.header, lambda: message)
    if is_whole:
        header = read_message(found.value, found.path, now, digest=digest).header
    else:
        header = read_header(found.value, found.path, now, digest)
    header = replace(header, text_digest=found.text_digest)
    return Entry(header, partial(_read_again, found.again, header, now))


def _read_again(again: Callable[[], Any], header: Header, now: datetime) -> Message:
    value, digest = again(), header.digest
    return read_message(value, header.path, now, digest=digest, checked=True, header=header)


def repeated_orders(entries: Iterable[Entry]) -> set[str]:
    """The numbers of orders that repeats are about: they were taken in before."""
    return {entry.header.number for entry in entries if entry.read is None}


def by_time(entries: Sequence[Entry], known: Collection[str] = ()) -> list[Entry]:
    """The earliest account of each order, then everything else by time; the present comes last.

    Orders with the numbers in `known`, and those of repeats, have had their first account. Repeats
    come last.
    """
    known = {*known, *repeated_orders(entries)}
    latest = datetime.max.replace(tzinfo=UTC)
    in_time = sorted(entries, key=lambda entry: entry.header.at or latest)
    first: dict[str, Entry] = {}
    for entry in sorted(in_time, key=lambda entry: entry.header.received_at or latest):
        if entry.header.brings_order and entry.header.number not in known:
            first.setdefault(entry.header.number, entry)
    firsts = set(map(id, first.values()))
    return [*first.values(), *(entry for entry in in_time if id(entry) not in firsts)]
