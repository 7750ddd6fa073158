"""Takes a batch of messages into the orders that they are about."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from db.base import Base
from db.models import Tenant
from db.session import WriteSession
from intake.messages import Header, Message
from intake.problems import Fault, InvalidError, Outcome
from intake.restatement import additions, other_parties
from ordering.customer.parties import find_or_add_tenant
from ordering.errors import RefusedError
from ordering.order.aggregate import OrderAggregate
from ordering.order.apply import Applied, apply, parts_read
from ordering.order.changes import Change, CharacteristicsReported
from ordering.order.differences import parts_compared
from ordering.order.receive import receive
from ordering.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one message: an outcome if it was taken in, else a code and the problems."""

    header: Header
    outcome: Outcome | None
    code: str | None = None
    """A `Fault` or a `Refusal`."""
    problems: tuple[tuple[str, str], ...] = ()
    """JSON paths with reasons."""
    error: Exception | None = None
    """What was raised, if the message was valid and could not be stored."""

    @property
    def order_is_unknown(self) -> bool:
        return self.code == Fault.UNKNOWN_ORDER


async def take_in(
    session: WriteSession,
    messages: Sequence[Message],
    *,
    tenant: str | None,
    now: Callable[[], datetime],
) -> list[Result]:
    """Apply the messages, in this order, and store what changed. Does not commit.

    `tenant` is the number of the tenant whose orders they are about, whatever they say. Raises
    `InvalidError` for a message that has to be rejected, and `NumberTakenError` for one that names
    something outside of the session's scope: the whole batch has to be rolled back then.
    """
    unit = UnitOfWork(session)
    await _look_up(unit, messages, tenant)
    # After waiting for locks. Clients that poll by `updatedAt` look back a few minutes only, so the
    # time must be close to the commit.
    batch = _Batch(unit, tenant, now())
    results = []
    for message in messages:
        try:
            results.append(batch.take_in(message))
        except RefusedError as refusal:
            raise message.refused(refusal) from None
    await unit.save()
    return results


async def _look_up(unit: UnitOfWork, messages: Sequence[Message], tenant: str | None) -> None:
    def number_of_tenant(message: Message) -> str | None:
        if tenant is not None:
            return tenant
        return message.order.tenant.number if message.order.tenant else None

    tenants = {number for m in messages if (number := number_of_tenant(m)) is not None}
    await unit.load_tenants(tenants)
    roots: dict[str, set[int] | None] = {}
    parts: defaultdict[str, set[type[Base]]] = defaultdict(set)
    for message in messages:
        of_order = parts[message.number]
        of_order |= parts_read(message.changes) | parts_compared(message.order.stated)
        number = number_of_tenant(message)
        if number is None:
            roots[message.number] = None
        elif (known := unit.lookups.tenants.get(number)) is not None:
            of_number = roots.setdefault(message.number, set())
            if of_number is not None:
                of_number.add(known.root_tenant_id)
    digests = {message.digest for message in messages}
    await unit.load_orders(roots, parts=parts.__getitem__, digests=digests)
    contracts: defaultdict[str, set[int]] = defaultdict(set)
    for message in messages:
        if message.contract_number is not None:
            contracts[message.contract_number].update(unit.orders.get(message.number, ()))
            known = unit.lookups.tenants.get(number_of_tenant(message) or "")
            contracts[message.contract_number].update({known.root_tenant_id} if known else ())
    stated = [m.order.stated for m in messages if m.brings_order]
    await unit.load_stated(
        customers={s.customer.number for s in stated if s.customer} | tenants,
        sites={s.site.number for s in stated if s.site},
        products={i.product_number for s in stated for i in s.items if i.product_number},
        offers={s.offer_number for s in stated if s.offer_number},
        contracts=contracts,
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    unit: UnitOfWork
    tenant: str | None
    now: datetime

    def take_in(self, message: Message) -> Result:
        tenant = self._tenant(message)
        order = self._find(message, tenant)
        if order is not None:
            if message.digest in order.digests:
                return Result(message.header, Outcome.DUPLICATE)
            if message.is_draft:
                raise message.draft()
            added = additions(order, message)
            return self._apply(message, order, CharacteristicsReported(tuple(added)))
        if not message.brings_order:
            problem = f"{message.order.path}.id", f"unknown order {message.number}"
            return Result(message.header, None, Fault.UNKNOWN_ORDER, (problem,))
        if tenant is None:
            reason = "no related party has a role of the tenant (Seller, Partner …)"
            path = f"{message.order.path}.relatedParty"
            raise InvalidError((path, f"{reason}: name the tenant"), code=Fault.UNKNOWN_TENANT)
        if message.is_draft:
            raise message.draft()
        order = receive(self.unit.lookups, tenant, message.order.stated, now=self.now)
        self.unit.add(order)
        return self._apply(message, order, on_receipt=True)

    def _apply(
        self, message: Message, order: OrderAggregate, *changes: Change, on_receipt: bool = False
    ) -> Result:
        parties = CharacteristicsReported(tuple(other_parties(order, message)))
        changes = (*changes, parties, *message.changes)
        applied = apply(order, changes, message.at, now=self.now, on_receipt=on_receipt)
        order.remember_message(
            message.digest,
            text_digest=message.header.text_digest,
            kind=message.type,
            event_id=message.event_id,
            named_tenant=message.order.tenant.number if message.order.tenant else None,
            occurred_at=order.not_before_receipt(message.at),
            received_at=self.now,
        )
        return Result(message.header, _outcome(applied))

    def _tenant(self, message: Message) -> Tenant | None:
        """The tenant of the order, added if it brings an order; None if not known or not named."""
        party = message.order.tenant
        number, name = (party.number, party.name) if party else (None, None)
        if self.tenant is not None:
            number, name = self.tenant, None
        if number is None:
            return None
        if message.brings_order:
            return find_or_add_tenant(self.unit.lookups, number, name, self.now)
        return self.unit.lookups.tenants.get(number)

    def _find(self, message: Message, tenant: Tenant | None) -> OrderAggregate | None:
        orders = self.unit.orders.get(message.number, {})
        if tenant is not None:
            return orders.get(tenant.root_tenant_id)
        if message.order.tenant is not None or self.tenant is not None:
            # The tenant is unknown, so an order of the same number belongs to another one.
            return None
        if len(orders) > 1:
            reason = f"several partners have an order {message.number}: name the tenant"
            raise InvalidError((message.order.path, reason), code=Fault.AMBIGUOUS_ORDER)
        return next(iter(orders.values()), None)


def _outcome(applied: Applied) -> Outcome:
    if applied.superseded:
        return Outcome.SUPERSEDED
    return Outcome.LOADED if applied.events else Outcome.UNCHANGED
