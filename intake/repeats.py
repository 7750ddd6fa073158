"""Messages that were taken in before: recognised by their digest, before they are validated."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select

from db.expressions import any_of
from db.models import IntakeMessage, Order, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database, ReadSession
from intake.digests import digest_of
from intake.messages import named_tenant
from intake.problems import InvalidError


@dataclass(frozen=True, slots=True)
class Repeat:
    """What is known of a message that was taken in before."""

    number: str
    """Of its order."""
    event_id: str | None


def digest_or_none(value: Any) -> str | None:
    """The digest of a JSON value; None for one that cannot be a message."""
    try:
        return digest_of(value) if isinstance(value, dict) else None
    except ValueError:
        return None


async def find_repeats(
    database: Database, values: Mapping[str, Any], *, tenant: str | None, scope: TenantScope
) -> dict[str, Repeat]:
    """Those of the messages, by digest, that were taken in about the order that they are about.

    `scope` is that of `tenant`, which the sender named: what was taken in for others is not looked
    at. Without a tenant the carrier may have taken in the same content for another one, so the
    tenant that the message itself names has to be the same.
    """
    if not values or (tenant is not None and scope.root_tenant_id is None):
        return {}
    async with database.read(scope) as session:
        found: defaultdict[str, dict[int, Repeat]] = defaultdict(dict)
        statement = (
            select(
                IntakeMessage.digest,
                IntakeMessage.root_tenant_id,
                Order.number,
                IntakeMessage.event_id,
            )
            .join(
                Order,
                and_(
                    Order.id == IntakeMessage.order_id,
                    Order.tenant_id == IntakeMessage.tenant_id,
                    Order.root_tenant_id == IntakeMessage.root_tenant_id,
                ),
            )
            .where(any_of(IntakeMessage.digest, sorted(values)))
        )
        for digest, root, number, event_id in await session.tuples(statement):
            found[digest][root] = Repeat(number, event_id)
        if scope.root_tenant_id is not None:
            return {digest: next(iter(by_root.values())) for digest, by_root in found.items()}
        return await _of_named_tenants(session, values, found)


async def _of_named_tenants(
    session: ReadSession, values: Mapping[str, Any], found: Mapping[str, Mapping[int, Repeat]]
) -> dict[str, Repeat]:
    named: dict[str, str | None] = {}
    for digest in found:
        try:
            named[digest] = named_tenant(values[digest])
        except InvalidError:
            # An earlier version of the program accepted it: this one has to say what is wrong.
            continue
    roots = await _roots(session, Tenant, {number for number in named.values() if number})
    unnamed = {digest for digest, number in named.items() if number is None}
    of_orders = {repeat.number for d in unnamed for repeat in found[d].values()}
    orders = await _roots(session, Order, of_orders)
    repeats = {}
    for digest, tenant in named.items():
        for root, repeat in found[digest].items():
            # Without a tenant a message is about the only order of its number.
            if (roots[tenant] if tenant else orders[repeat.number]) == {root}:
                repeats[digest] = repeat
    return repeats


async def _roots(
    session: ReadSession, model: type[Order | Tenant], numbers: Collection[str]
) -> defaultdict[str, set[int]]:
    """The root tenants of the rows with these numbers."""
    roots: defaultdict[str, set[int]] = defaultdict(set)
    if numbers:
        statement = select(model.number, model.root_tenant_id)
        statement = statement.where(any_of(model.number, sorted(numbers)))
        for number, root in await session.tuples(statement):
            roots[number].add(root)
    return roots
