"""A run over files: what is read in which order, and what is undone when something fails."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError, StatementError

from db.models import Tenant
from db.scope import Scope
from db.session import Database, WriteSession
from intake import reader
from intake.messages import Message, read_message
from intake.problems import FileReport, InvalidError, Outcome, Problem, Report
from intake.progress import apply
from ordering.book import OrderBook, OrderRecord
from ordering.errors import RefusedError
from ordering.parties import find_or_add_tenant
from ordering.receipt import receive_order

Progress = Callable[[int, int], None]
"""Called with the bytes done and all of them."""

_BATCH = 500
"""Messages whose rows are looked up and written together."""


async def run(
    database: Database,
    paths: Iterable[Path],
    *,
    tenant: str | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> Report:
    """Take in the files and folders.

    `tenant` is the number of the tenant whose orders they hold; without it every order names its
    own by a related party. Each file is one transaction: it commits what loaded. Files that hold
    orders come before those that hold events only, then the one that begins earlier. Within a file,
    an order's first account comes first and the rest by time. Events whose order a later file
    brought are taken in at the end.

    Raises `UnreadablePathError` for a path that does not exist.
    """
    files, problems = reader.files(paths)
    report = Report([FileReport(file) for file in files], problems)
    by_file = {file.file: file for file in report.files}
    sizes = {file: _size(file) for file in files}
    total, done = sum(sizes.values()), 0
    intakes = []
    for file in _in_order(files):
        # Each transaction has a time of its own, or what a long run commits last would be stamped
        # with its start: long past for clients that ask by `updatedAt` what has changed.
        at = now or datetime.now(UTC)
        messages, unread = _read(file, at)
        counts = by_file[file]
        counts.failed = len({problem.message for problem in unread})
        report.problems += [Problem(file, p.path, p.reason) for p in unread]
        intake = _FileIntake(counts, report, tenant, at)
        intakes.append(intake)

        def show(part: float, size: int = sizes[file], before: int = done) -> None:
            if progress:
                progress(before + int(size * part), total)

        await intake.load_all(database, messages, show)
        done += sizes[file]
        show(1)
    for intake in intakes:
        waiting, intake.unknown = intake.unknown, []
        if len(intakes) > 1:
            intake.now = now or datetime.now(UTC)
            await intake.load_all(database, waiting)
            waiting = intake.unknown
        for message in waiting:
            intake.fail((_id_path(message), f"unknown order {message.number}"))
    return report


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class _Unread:
    message: str
    path: str
    reason: str


def _read(file: Path, now: datetime) -> tuple[list[Message], list[_Unread]]:
    """The messages of a file in the order in which they are taken in."""
    messages: list[Message] = []
    unread: list[_Unread] = []
    try:
        values = reader.read(file)
    except InvalidError as error:
        return [], [_Unread("$", path, reason) for path, reason in error.problems]
    for path, value in values:
        try:
            messages.append(read_message(value, path, now))
        except InvalidError as error:
            unread += [_Unread(path, at, reason) for at, reason in error.problems]
    return _by_time(messages), unread


def _by_time(messages: Sequence[Message]) -> list[Message]:
    """First each order's earliest account, then everything else by time; the present comes last."""
    latest = datetime.max.replace(tzinfo=UTC)
    in_time = sorted(messages, key=lambda m: m.at or latest)
    first: dict[str, Message] = {}
    for message in sorted(in_time, key=lambda m: m.said.stated.received_at):
        if message.brings_order:
            first.setdefault(message.number, message)
    firsts = set(map(id, first.values()))
    return [*first.values(), *(m for m in in_time if id(m) not in firsts)]


def _in_order(files: list[Path]) -> list[Path]:
    return sorted(files, key=_begin) if len(files) > 1 else files


def _begin(file: Path) -> tuple[bool, str]:
    """Whether a file holds events only, and its earliest time. A glance: nothing is checked."""
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
    # What carries no time tells the present, after everything that does.
    latest = "" if orders else "9999"
    return not orders, min((t for t in times if isinstance(t, str)), default=latest)


@dataclass(slots=True)
class _FileIntake:
    counts: FileReport
    report: Report
    tenant: str | None
    now: datetime
    unknown: list[Message] = field(default_factory=list)
    """Messages about orders that nobody has brought so far."""

    async def load_all(
        self,
        database: Database,
        messages: Sequence[Message],
        show: Callable[[float], None] = lambda part: None,
    ) -> None:
        """Load messages as one transaction."""
        if not messages:
            return
        async with database.write(Scope.carrier()) as session:
            for start in range(0, len(messages), _BATCH):
                show(start / len(messages))
                await self._load(session, messages[start : start + _BATCH])

    def fail(self, *problems: tuple[str, str]) -> None:
        """Count one message that did not load."""
        self.counts.failed += 1
        self.report.problems += [Problem(self.counts.file, p, r) for p, r in problems]

    async def _load(
        self, session: WriteSession, messages: Sequence[Message], *, again: bool = False
    ) -> None:
        """Load messages as one savepoint; where one of them fails, each half by itself.

        So a bad message takes no other along, and costs only those beside it a second time.
        """
        try:
            async with session.savepoint():
                outcomes, unknown = await self._take_in(session, messages)
        except InvalidError as error:
            again, problems = True, error.problems
        except (DBAPIError, StatementError) as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            problems = ((messages[0].path, f"the database refuses it: {_first_line(error)}"),)
        else:
            for outcome in outcomes:
                self.counts.count(outcome)
            self.unknown += unknown
            return
        if len(messages) > 1:
            half = len(messages) // 2
            await self._load(session, messages[:half])
            await self._load(session, messages[half:])
        elif not again:
            # Another intake may have just made the tenant or the product that this one was making.
            await self._load(session, messages, again=True)
        else:
            self.fail(*problems)

    async def _take_in(
        self, session: WriteSession, messages: Sequence[Message]
    ) -> tuple[list[Outcome], list[Message]]:
        """How each message fared, and those about orders that are not known."""
        book = OrderBook(session, self.now)
        await self._look_up(book, messages)
        outcomes, unknown = [], []
        for message in messages:
            record = await self._record(book, message)
            if record is None:
                unknown.append(message)
            elif message.digest in record.digests:
                outcomes.append(Outcome.UNCHANGED)
            else:
                outcomes.append(apply(book, record, message))
        await book.save()
        return outcomes, unknown

    async def _look_up(self, book: OrderBook, messages: Sequence[Message]) -> None:
        tenants = {m.said.tenant.number for m in messages if m.said.tenant}
        await book.load_tenants(tenants if self.tenant is None else {self.tenant})
        root = None
        if self.tenant is not None:
            tenant = await find_or_add_tenant(book, self.tenant, None)
            root = tenant.root_tenant_id
        await book.load_orders({m.number for m in messages}, root)
        stated = [m.said.stated for m in messages if m.brings_order]
        await book.load_stated(
            customers={s.customer.number for s in stated if s.customer}
            | {tenant.number for tenant in book.tenants.values()},
            sites={s.site.number for s in stated if s.site},
            products={i.product_number for s in stated for i in s.items if i.product_number},
            offers={s.offer_number for s in stated if s.offer_number},
            contracts={m.said.agreements[0] for m in messages if m.said.agreements},
        )

    async def _record(self, book: OrderBook, message: Message) -> OrderRecord | None:
        """The order that the message is about; a new one where it brings one."""
        tenant = await self._tenant(book, message)
        if tenant is not None:
            record = book.records.get((tenant.root_tenant_id, message.number))
        elif message.said.tenant is not None:
            # Of a tenant that is not known, so not another one's order of the same number.
            record = None
        else:
            found = [r for (_, number), r in book.records.items() if number == message.number]
            if len(found) > 1:
                reason = f"several partners have an order {message.number}: name the tenant"
                raise InvalidError((message.order.path, reason))
            record = found[0] if found else None
        if record is not None or not message.brings_order:
            return record
        if tenant is None:
            reason = (
                "no related party has the role of a tenant (Seller, Partner …): name the tenant"
            )
            raise InvalidError((f"{message.order.path}.relatedParty", reason))
        if message.said.state == "draft":
            raise message.order.fail("state", "a draft is not an order yet")
        try:
            return receive_order(book, tenant, message.said.stated)
        except RefusedError as refusal:
            path, _ = message.said.names.get(refusal.what or "", (message.order.path, ""))
            raise InvalidError((path, str(refusal))) from None

    async def _tenant(self, book: OrderBook, message: Message) -> Tenant | None:
        if self.tenant is not None:
            return book.tenants[self.tenant]
        party = message.said.tenant
        if party is None:
            return None
        if message.brings_order or party.number in book.tenants:
            return await find_or_add_tenant(book, party.number, party.name)
        return None


def _id_path(message: Message) -> str:
    return f"{message.order.path}.id"


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0][:300]
