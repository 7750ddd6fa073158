"""Messages become rows: many in one transaction, and what is undone when one of them fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import DBAPIError, StatementError

from db.contention import is_contention
from db.models import Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database, WriteSession
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
    """Others kept their locks too long, or each waited for the other. Nothing was taken in, and the
    same messages may well be later."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one message fared: an outcome if it was taken in, otherwise why not."""

    message: Message
    outcome: Outcome | None
    code: str | None = None
    """A `Fault`, or a refusal of `ordering.errors`."""
    problems: tuple[tuple[str, str], ...] = ()
    """JSON path and reason of each."""

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
) -> Loaded:
    """Take messages in, by their order here, as one transaction: it is committed on return.

    `tenant` is the number of the tenant whose orders they are about, whatever they say; orders
    outside of `scope` (everything by default) are out of the sender's reach. Each message can fail
    alone, and the results say which ones did; their order is that of the messages. What others'
    locks made fail is tried again as a whole; raises `BusyError` when that is no use.
    """
    if not messages:
        return Loaded([], 0)
    for _ in range(_ATTEMPTS):
        results: list[Result] = []
        try:
            async with database.write(TenantScope.carrier()) as session:
                loading = _Loading(session, tenant, scope or TenantScope.carrier(), now)
                for start in range(0, len(messages), _BATCH):
                    progress(start / len(messages))
                    results += await loading.load(messages[start : start + _BATCH])
        except DBAPIError as error:
            if not is_contention(error):
                raise
        else:
            return Loaded(results, session.statements)
    raise BusyError


@dataclass(frozen=True, slots=True)
class _Loading:
    session: WriteSession
    tenant: str | None
    scope: TenantScope
    now: Callable[[], datetime]

    async def load(self, messages: Sequence[Message], *, again: bool = False) -> list[Result]:
        """Load messages as one savepoint; where one of them fails, each half by itself.

        So a bad message takes no other along, and costs only those beside it a second time.
        """
        try:
            async with self.session.savepoint():
                return await self._take_in(messages)
        except InvalidError as error:
            again, code, problems = True, error.code, error.problems
        except (DBAPIError, StatementError) as error:
            if isinstance(error, DBAPIError) and (
                error.connection_invalidated or is_contention(error)
            ):
                raise
            code = Fault.REFUSED_BY_DATABASE
            problems = ((messages[0].path, f"the database refuses it: {_first_line(error)}"),)
        if len(messages) > 1:
            half = len(messages) // 2
            return [*await self.load(messages[:half]), *await self.load(messages[half:])]
        if not again:
            # Another intake may have just made the tenant or the product that this one was making.
            return await self.load(messages, again=True)
        return [Result(messages[0], None, code, problems)]

    async def _take_in(self, messages: Sequence[Message]) -> list[Result]:
        book = UnitOfWork(self.session, self.now())
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


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0][:300]
