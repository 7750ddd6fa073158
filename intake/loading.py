"""Messages become rows: many in one transaction, and what is undone when one of them fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import DBAPIError, StatementError

from db import faults
from db.models import Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database, WriteSession
from intake import failures
from intake.failures import MAX_ATTEMPTS
from intake.messages import Message
from intake.problems import Fault, InvalidError, Outcome
from intake.progress import apply
from ordering.errors import Refusal, RefusedError
from ordering.parties import find_or_add_tenant
from ordering.receive import receive_order
from ordering.unit_of_work import OrderRecord, UnitOfWork

_BATCH = 500
"""Messages whose rows are looked up and written together."""
_ATTEMPTS = 3
"""How often a transaction is tried that others' locks made fail."""


class BusyError(Exception):
    """Concurrent transactions kept their locks too long, or each waited for the other. The same
    messages can be loaded again: those that were taken in count once."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one message fared: an outcome if it was taken in, otherwise why not."""

    message: Message
    outcome: Outcome | None
    code: str | None = None
    """A `Fault`, or a refusal of `ordering.errors`."""
    problems: tuple[tuple[str, str], ...] = ()
    """JSON path and reason of each."""
    error: Exception | None = None
    """What was raised, if the message was valid and could not be stored."""

    @property
    def order_is_unknown(self) -> bool:
        return self.code == Fault.UNKNOWN_ORDER


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

    `tenant` is the number of the tenant whose orders they are about, whatever they say; orders
    outside of `scope` (everything by default) are out of the sender's reach. Each message can fail
    alone, and the results, in the order of the messages, say which ones did:

    - A message that the database refuses is tried once more in a fresh transaction.
    - A message that the program fails at is counted, and put aside at the third attempt. One that
      has been put aside is not tried, unless this is a `replay`.

    Raises `BusyError` when concurrent transactions made all attempts fail. Any other error that is
    raised concerns the whole transaction, not a message: nothing of it was taken in. `db.faults`
    tells whether the database or the program is at fault.
    """
    if not messages:
        return Loaded([], 0)
    loading = _Loading(tenant, scope or TenantScope.carrier(), now, replay)
    results, statements = await loading.commit(database, messages, progress)
    by_message = {id(result.message): result for result in results}
    refused = [r.message for r in results if r.code == Fault.REFUSED_BY_DATABASE]
    if refused:
        results, more = await loading.commit(database, refused)
        statements += more
        by_message.update({id(result.message): result for result in results})
    errors = [
        (result.message, result.error)
        for result in by_message.values()
        if result.code == Fault.FAILED and result.error is not None
    ]
    if errors:
        attempts = await failures.record(
            database, errors, tenant=tenant, scope=loading.scope, now=now()
        )
        for message, error in errors:
            count = attempts[message.digest]
            by_message[id(message)] = _failed(message, error, count, replay=replay)
    return Loaded([by_message[id(message)] for message in messages], statements)


@dataclass(frozen=True, slots=True)
class _Loading:
    tenant: str | None
    scope: TenantScope
    now: Callable[[], datetime]
    replay: bool

    async def commit(
        self,
        database: Database,
        messages: Sequence[Message],
        progress: Callable[[float], None] = lambda part: None,
    ) -> tuple[list[Result], int]:
        """One transaction; on contention it is tried again as a whole."""
        for _ in range(_ATTEMPTS):
            results: list[Result] = []
            try:
                async with database.write(TenantScope.carrier()) as session:
                    for start in range(0, len(messages), _BATCH):
                        progress(start / len(messages))
                        batch = messages[start : start + _BATCH]
                        results += await self._load_batch(session, batch)
            except DBAPIError as error:
                if not faults.is_contention(error):
                    raise
            else:
                return results, session.statements
        raise BusyError

    async def _load_batch(self, session: WriteSession, messages: Sequence[Message]) -> list[Result]:
        # The first statement, outside of any savepoint: a transaction that cannot begin is not the
        # fault of a message.
        failed = await failures.failures(session, {m.digest for m in messages}, self.tenant)
        aside = {
            digest
            for digest, failure in failed.items()
            if failure.put_aside_at is not None and not self.replay
        }
        results = [_put_aside(m) for m in messages if m.digest in aside]
        tried = [m for m in messages if m.digest not in aside]
        if tried:
            results += await self._load(session, tried)
        taken_in = {r.message.digest for r in results if r.outcome is not None} & failed.keys()
        if taken_in:
            await failures.forget(session, taken_in, self.tenant)
        return results

    async def _load(
        self, session: WriteSession, messages: Sequence[Message], *, again: bool = False
    ) -> list[Result]:
        """Load messages as one savepoint; where one of them fails, each half by itself.

        So a bad message does not fail the others, and only its half is loaded a second time.
        Raises what the database is at fault for: no message is to blame for it.
        """
        message = messages[0]
        try:
            async with session.savepoint():
                return await self._take_in(session, messages)
        except InvalidError as error:
            again = True
            result = Result(message, None, error.code, error.problems)
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
            # A concurrent intake may have just added the tenant or the product that this one adds.
            return await self._load(session, messages, again=True)
        return [result]

    async def _take_in(self, session: WriteSession, messages: Sequence[Message]) -> list[Result]:
        book = UnitOfWork(session, self.now())
        await self._look_up(book, messages)
        # Locks have been waited for. Whoever asks by `updatedAt` what has changed looks back only
        # so far: what is written must not be stamped with a time long before it can be seen.
        book.now = self.now()
        results = []
        for message in messages:
            record = await self._record(book, message)
            if record is None:
                problem = f"{message.order.path}.id", f"unknown order {message.number}"
                results.append(Result(message, None, Fault.UNKNOWN_ORDER, (problem,)))
            elif message.digest in record.digests:
                results.append(Result(message, Outcome.DUPLICATE))
            else:
                results.append(Result(message, apply(book, record, message)))
        await book.save()
        return results

    async def _look_up(self, book: UnitOfWork, messages: Sequence[Message]) -> None:
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

    async def _record(self, book: UnitOfWork, message: Message) -> OrderRecord | None:
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
                raise InvalidError((message.order.path, reason), code=Fault.AMBIGUOUS_ORDER)
            record = found[0] if found else None
        if record is not None and not self.scope.owns(
            record.order.root_tenant_id, record.order.tenant_id
        ):
            if message.brings_order:
                raise _of_another(message)
            return None
        if record is not None or not message.brings_order:
            return record
        if tenant is None:
            reason = (
                "no related party has the role of a tenant (Seller, Partner …): name the tenant"
            )
            path = f"{message.order.path}.relatedParty"
            raise InvalidError((path, reason), code=Fault.UNKNOWN_TENANT)
        if not self.scope.owns(tenant.root_tenant_id, tenant.id):
            raise _of_another(message)
        if message.said.state == "draft":
            raise message.draft()
        try:
            return receive_order(book, tenant, message.said.stated)
        except RefusedError as refusal:
            raise message.refused(refusal) from None

    async def _tenant(self, book: UnitOfWork, message: Message) -> Tenant | None:
        if self.tenant is not None:
            return book.tenants[self.tenant]
        party = message.said.tenant
        if party is None:
            return None
        if message.brings_order or party.number in book.tenants:
            return await find_or_add_tenant(book, party.number, party.name)
        return None


def _of_another(message: Message) -> InvalidError:
    problem = f"{message.order.path}.id", f"order {message.number} belongs to another tenant"
    return InvalidError(problem, code=Refusal.BELONGS_TO_ANOTHER)


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
