"""Messages before they are loaded: read once for what is wrong with them and for their order, and
again when their turn comes, so that a large file is never in memory as a whole."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from db.scope.tenant_scope import TenantScope
from db.session import Database
from intake.messages import Header, Message, read_message
from intake.problems import InvalidError
from intake.repeats import digest_or_none, find_repeats


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a file or a body."""

    header: Header
    read: Callable[[], Message] | None
    """Reads the message whole; None for a repeat, of which the header is all that is needed."""


@dataclass(frozen=True, slots=True)
class Found:
    """A JSON value in a file or a body."""

    path: str
    value: Any
    again: Callable[[], Any] | None = None
    """Parses the value once more. Without it the value and its message stay in memory."""


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
    by_digest = {
        digest: found.value
        for digest, found in zip(digests, values, strict=True)
        if digest is not None
    }
    repeats = await find_repeats(database, by_digest, tenant=tenant, scope=scope)
    headers = {
        digest: partial(Header.of_repeat, digest, repeat.number, repeat.event_id)
        for digest, repeat in repeats.items()
    }
    entries: list[Entry | InvalidError] = await run(_read, values, digests, headers, now)
    return entries


def _digests(values: Sequence[Found]) -> list[str | None]:
    return [digest_or_none(found.value) for found in values]


def _read(
    values: Sequence[Found],
    digests: Sequence[str | None],
    repeats: dict[str, Callable[[str], Header]],
    now: datetime,
) -> list[Entry | InvalidError]:
    entries: list[Entry | InvalidError] = []
    for found, digest in zip(values, digests, strict=True):
        if digest is not None and (header := repeats.get(digest)) is not None:
            entries.append(Entry(header(found.path), None))
            continue
        try:
            message = read_message(found.value, found.path, now, digest=digest)
        except InvalidError as error:
            entries.append(error)
        else:
            entries.append(Entry(message.header, _reader(message, found, now)))
    return entries


def _reader(message: Message, found: Found, now: datetime) -> Callable[[], Message]:
    again = found.again
    if again is None:
        return lambda: message
    path, digest = found.path, message.digest

    def read() -> Message:
        return read_message(again(), path, now, digest=digest, checked=True)

    return read


def by_time(entries: Iterable[Entry]) -> list[Entry]:
    """The earliest account of each order, then everything else by time; the present comes last.

    Repeats come last: they change nothing.
    """
    latest = datetime.max.replace(tzinfo=UTC)
    in_time = sorted(entries, key=lambda entry: entry.header.at or latest)
    first: dict[str, Entry] = {}
    for entry in sorted(in_time, key=lambda entry: entry.header.received_at or latest):
        if entry.header.brings_order:
            first.setdefault(entry.header.number, entry)
    firsts = set(map(id, first.values()))
    return [*first.values(), *(entry for entry in in_time if id(entry) not in firsts)]
