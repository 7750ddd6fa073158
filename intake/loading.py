"""Loads messages: many in one transaction, each of which can fail alone."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, StatementError

from db import faults
from db.models import Tenant
from db.scope.roles import Purpose
from db.scope.tenant_scope import TenantScope
from db.session import Database, WriteSession
from intake import failures
from intake.batch import Result, take_in
from intake.entries import Entry, by_time, repeated_orders
from intake.failures import MAX_ATTEMPTS
from intake.messages import Header, Message
from intake.problems import Fault, InvalidError, Outcome
from intake.tenant_part import add_products, part_of
from ordering.errors import NumberTakenError, Refusal

_BATCH = 500
"""Messages whose rows are looked up and written together."""
_ATTEMPTS = 3
"""How often a transaction is tried that fails on the locks of others."""


class BusyError(Exception):
    """Concurrent transactions kept their locks too long, or each waited for the other. The same
    messages can be loaded again: those that were taken in count once."""


@dataclass(frozen=True, slots=True)
class Loaded:
    results: list[Result]
    statements: int
    """Statements that looked up what the messages name; those that write rows come on top."""


async def load(
    database: Database,
    entries: Sequence[Entry],
    *,
    tenant: str | None,
    scope: TenantScope | None = None,
    now: Callable[[], datetime],
    progress: Callable[[float], None] = lambda part: None,
    replay: bool = False,
) -> Loaded:
    """Take messages in, in this order, as one transaction: it is committed on return. Their paths
    tell them apart.

    `tenant` is the number of the tenant whose orders they are about, whatever they say. The
    transaction is opened for `scope`, the part of the tenant tree that the sender may report on. If
    that is everything (the default), it is the tenant's part, or everything if there is no such
    tenant. Each message can fail alone, and the results, in the order of the messages, say which
    ones did:

    - A message that the database refuses is tried once more in a fresh transaction.
    - A message that the program fails at is counted, and put aside at the third attempt. One that
      has been put aside is not tried, unless this is a `replay`.

    Raises `BusyError` when concurrent transactions made all attempts fail. Any other error that is
    raised concerns the whole transaction, not a message: nothing of it was taken in. `db.faults`
    tells whether the database or the program is at fault.
    """
    if not entries:
        return Loaded([], 0)
    if scope is None or scope.root_tenant_id is None:
        scope = await part_of(database, tenant)
    failed = await failures.failures(database, {e.header.digest for e in entries}, tenant)
    aside = {digest for digest, failure in failed.items() if failure.put_aside_at and not replay}
    by_path: dict[str, Result] = {}
    tried: list[Entry] = []
    for entry in entries:
        header = entry.header
        if header.digest in aside:
            by_path[header.path] = _put_aside(header)
        elif entry.read is None:
            by_path[header.path] = Result(header, Outcome.DUPLICATE)
        else:
            tried.append(entry)
    if scope.root_tenant_id is not None:
        products = {number: name for e in tried for number, name in e.header.products}
        await add_products(database, scope, products)
    loading = _Loading(database, tenant, scope, now, frozenset(repeated_orders(entries)))
    statements = 0
    # What the database refuses may conflict with a concurrent transaction: once more, in a new one.
    for code in (None, Fault.REFUSED_BY_DATABASE):
        again = [e for e in tried if code is None or by_path[e.header.path].code == code]
        if again:
            results, sent = await loading.commit(again, progress)
            by_path.update({result.header.path: result for result in results})
            statements += sent
    errors = [
        (entry.read(), result.error)
        for entry in tried
        if (result := by_path[entry.header.path]).code == Fault.FAILED
        and result.error is not None
        and entry.read is not None
    ]
    if errors:
        attempts = await failures.record(database, errors, tenant=tenant, scope=scope, now=now())
        for message, error in errors:
            count = attempts[message.digest]
            by_path[message.path] = _failed(message.header, error, count, replay=replay)
    taken_in = {r.header.digest for r in by_path.values() if r.outcome is not None}
    if forgotten := taken_in & failed.keys():
        await failures.forget(database, forgotten, tenant)
    return Loaded([by_path[entry.header.path] for entry in entries], statements)


@dataclass(frozen=True, slots=True)
class _Loading:
    database: Database
    tenant: str | None
    scope: TenantScope
    now: Callable[[], datetime]
    known: frozenset[str]
    """Numbers of orders that have had their first account."""

    async def commit(
        self, entries: Sequence[Entry], progress: Callable[[float], None]
    ) -> tuple[list[Result], int]:
        """One transaction; on contention it is tried again as a whole."""
        for _ in range(_ATTEMPTS):
            results: list[Result] = []
            try:
                async with self.database.write(self.scope, Purpose.REPORT) as session:
                    # A first statement outside of any savepoint: if the transaction cannot begin,
                    # no message is at fault.
                    await session.scalar(select(Tenant.id).limit(1))
                    async for some in self._load_batches(session, entries):
                        results += some
                        progress(len(results) / len(entries))
            except DBAPIError as error:
                if not faults.is_contention(error):
                    raise
            else:
                return results, session.statements
        raise BusyError

    async def _load_batches(
        self, session: WriteSession, entries: Sequence[Entry]
    ) -> AsyncIterator[list[Result]]:
        """Results of the messages, batch by batch."""
        remaining = list(entries)
        known = set(self.known)
        while remaining:
            batch = remaining[:_BATCH]
            messages, invalid = _read(batch)
            if invalid:
                yield list(invalid.values())
            if any(e.header.brings_order for e in batch if e.header.path in invalid):
                # The first account of an order was none, so that its next one may be the first.
                valid = [e for e in remaining if e.header.path not in invalid]
                remaining = by_time(valid, known)
                continue
            remaining = remaining[_BATCH:]
            if messages:
                yield await self._load(session, messages)
                known.update(m.number for m in messages if m.brings_order)

    async def _load(
        self, session: WriteSession, messages: Sequence[Message], *, again: bool = False
    ) -> list[Result]:
        """Load messages as one savepoint; if one of them fails, each half by itself.

        So a bad message does not fail the others, and only its half is loaded a second time.
        Raises what the database is at fault for: no message is to blame for it.
        """
        message = messages[0]
        try:
            async with session.savepoint():
                return await take_in(session, messages, tenant=self.tenant, now=self.now)
        except InvalidError as error:
            # A refusal compares with rows that a concurrent intake may have added meanwhile.
            again = again or error.code not in set(Refusal)
            result = Result(message.header, None, error.code, error.problems)
        except NumberTakenError as error:
            invalid = message.refused(error)
            result = Result(message.header, None, invalid.code, invalid.problems)
        except Exception as error:
            match faults.classify(error):
                case faults.Fault.DATABASE:
                    raise
                case faults.Fault.MESSAGE:
                    reason = f"the database refuses it: {_first_line(error)}"
                    problem = message.path, reason
                    code = Fault.REFUSED_BY_DATABASE
                    result = Result(message.header, None, code, (problem,), error)
                case faults.Fault.PROGRAM:
                    again = True
                    result = Result(message.header, None, Fault.FAILED, (), error)
        if len(messages) > 1:
            half = len(messages) // 2
            return [
                *await self._load(session, messages[:half]),
                *await self._load(session, messages[half:]),
            ]
        if not again:
            # A concurrent intake may have just added the row that this message adds.
            return await self._load(session, messages, again=True)
        return [result]


def _read(entries: Sequence[Entry]) -> tuple[list[Message], dict[str, Result]]:
    """The messages, and by path the results of those that cannot be read."""
    messages: list[Message] = []
    invalid: dict[str, Result] = {}
    for entry in entries:
        header = entry.header
        try:
            if entry.read is not None:
                messages.append(entry.read())
        except InvalidError as error:
            invalid[header.path] = Result(header, None, error.code, error.problems)
    return messages, invalid


def _failed(header: Header, error: Exception, attempts: int, *, replay: bool) -> Result:
    """The result of a message that the program failed at, after so many attempts."""
    if attempts >= MAX_ATTEMPTS and not replay:
        return replace(_put_aside(header), error=error)
    reason = (
        f"the program failed at it, attempt {attempts}{'' if replay else f' of {MAX_ATTEMPTS}'}: "
        f"{type(error).__name__}: {_first_line(error)}"
    )
    return Result(header, None, Fault.FAILED, ((header.path, reason),), error)


def _put_aside(header: Header) -> Result:
    reason = (
        f"the program failed at it {MAX_ATTEMPTS} times: put aside as "
        f"{failures.short(header.digest)} for an operator to replay, no need to send it again"
    )
    return Result(header, None, Fault.PUT_ASIDE, ((header.path, reason),))


def _first_line(error: Exception) -> str:
    cause = (isinstance(error, StatementError) and error.orig) or error
    return next(iter(str(cause).splitlines()), "")[:300]
