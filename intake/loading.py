"""Loads messages: many in one transaction, each of which can fail alone."""

from collections.abc import Callable, Sequence
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
from intake.failures import MAX_ATTEMPTS
from intake.messages import Message
from intake.problems import Fault, InvalidError
from intake.tenant_part import add_products, part_of
from ordering.errors import NumberTakenError

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
    messages: Sequence[Message],
    *,
    tenant: str | None,
    scope: TenantScope | None = None,
    now: Callable[[], datetime],
    progress: Callable[[float], None] = lambda part: None,
    replay: bool = False,
) -> Loaded:
    """Take messages in, in this order, as one transaction: it is committed on return.

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
    if not messages:
        return Loaded([], 0)
    if scope is None or scope.root_tenant_id is None:
        scope = await part_of(database, tenant)
    failed = await failures.failures(database, {m.digest for m in messages}, tenant)
    aside = {digest for digest, failure in failed.items() if failure.put_aside_at and not replay}
    by_message = {id(m): _put_aside(m) for m in messages if m.digest in aside}
    tried = [message for message in messages if message.digest not in aside]
    if scope.root_tenant_id is not None:
        await add_products(database, scope, tried)
    loading = _Loading(database, tenant, scope, now)
    statements = 0
    # What the database refuses may conflict with a concurrent transaction: once more, in a new one.
    for code in (None, Fault.REFUSED_BY_DATABASE):
        again = [m for m in tried if code is None or by_message[id(m)].code == code]
        if again:
            results, sent = await loading.commit(again, progress)
            by_message.update({id(result.message): result for result in results})
            statements += sent
    errors = [
        (result.message, result.error)
        for result in by_message.values()
        if result.code == Fault.FAILED and result.error is not None
    ]
    if errors:
        attempts = await failures.record(database, errors, tenant=tenant, scope=scope, now=now())
        for message, error in errors:
            count = attempts[message.digest]
            by_message[id(message)] = _failed(message, error, count, replay=replay)
    taken_in = {r.message.digest for r in by_message.values() if r.outcome is not None}
    if forgotten := taken_in & failed.keys():
        await failures.forget(database, forgotten, tenant)
    return Loaded([by_message[id(message)] for message in messages], statements)


@dataclass(frozen=True, slots=True)
class _Loading:
    database: Database
    tenant: str | None
    scope: TenantScope
    now: Callable[[], datetime]

    async def commit(
        self, messages: Sequence[Message], progress: Callable[[float], None]
    ) -> tuple[list[Result], int]:
        """One transaction; on contention it is tried again as a whole."""
        for _ in range(_ATTEMPTS):
            results: list[Result] = []
            try:
                async with self.database.write(self.scope, Purpose.REPORT) as session:
                    # A first statement outside of any savepoint: if the transaction cannot begin,
                    # no message is at fault.
                    await session.scalar(select(Tenant.id).limit(1))
                    for start in range(0, len(messages), _BATCH):
                        progress(start / len(messages))
                        batch = messages[start : start + _BATCH]
                        results += await self._load(session, batch)
            except DBAPIError as error:
                if not faults.is_contention(error):
                    raise
            else:
                return results, session.statements
        raise BusyError

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
            again = True
            result = Result(message, None, error.code, error.problems)
        except NumberTakenError as error:
            invalid = message.refused(error)
            result = Result(message, None, invalid.code, invalid.problems)
        except Exception as error:
            match faults.classify(error):
                case faults.Fault.DATABASE:
                    raise
                case faults.Fault.MESSAGE:
                    reason = f"the database refuses it: {_first_line(error)}"
                    problem = message.path, reason
                    result = Result(message, None, Fault.REFUSED_BY_DATABASE, (problem,), error)
                case faults.Fault.PROGRAM:
                    again = True
                    result = Result(message, None, Fault.FAILED, (), error)
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


def _failed(message: Message, error: Exception, attempts: int, *, replay: bool) -> Result:
    """The result of a message that the program failed at, after so many attempts."""
    if attempts >= MAX_ATTEMPTS and not replay:
        return replace(_put_aside(message), error=error)
    reason = (
        f"the program failed at it, attempt {attempts}{'' if replay else f' of {MAX_ATTEMPTS}'}: "
        f"{type(error).__name__}: {_first_line(error)}"
    )
    return Result(message, None, Fault.FAILED, ((message.path, reason),), error)


def _put_aside(message: Message) -> Result:
    reason = (
        f"the program failed at it {MAX_ATTEMPTS} times: put aside as "
        f"{failures.short(message.digest)} for an operator to replay, no need to send it again"
    )
    return Result(message, None, Fault.PUT_ASIDE, ((message.path, reason),))


def _first_line(error: Exception) -> str:
    cause = (isinstance(error, StatementError) and error.orig) or error
    return next(iter(str(cause).splitlines()), "")[:300]
