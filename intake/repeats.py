"""Messages that were taken in before: recognised by their digest, before they are validated."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import InstrumentedAttribute

from db.expressions import any_of
from db.models import IntakeMessage, Order, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database, ReadSession
from intake.digests import digest_of


class Repeat(NamedTuple):
    """What is known of a message that was taken in before."""

    digest: str
    text_digest: str | None
    number: str
    """Of its order."""
    event_id: str | None
    named_tenant: str | None
    """The number of the tenant that the message itself names."""
    root_tenant_id: int


def digest_or_none(value: Any) -> str | None:
    """The digest of a JSON value; None for one that cannot be a message."""
    try:
        return digest_of(value) if isinstance(value, dict) else None
    except ValueError:
        return None


async def find_repeats(
    database: Database, digests: Collection[str], *, tenant: str | None, scope: TenantScope
) -> dict[str, Repeat]:
    """Those of the messages, by digest, that were taken in about the order that they are about.

    `tenant` and `scope` are those of `find_same_texts`.
    """
    found = await _find(database, IntakeMessage.digest, digests, tenant, scope)
    return {repeat.digest: repeat for repeat in found}


async def find_same_texts(
    database: Database, text_digests: Collection[str], *, tenant: str | None, scope: TenantScope
) -> dict[str, Repeat]:
    """Like `find_repeats`, by the digests of texts. Every text that is found is a whole message.

    `scope` is that of `tenant`, which the sender named: what was taken in for others is not looked
    at. Without a tenant the carrier may have taken in the same content for another one, so the
    tenant that the message itself names has to be the same.
    """
    found = await _find(database, IntakeMessage.text_digest, text_digests, tenant, scope)
    return {repeat.text_digest: repeat for repeat in found if repeat.text_digest is not None}


async def _find(
    database: Database,
    column: InstrumentedAttribute[Any],
    digests: Collection[str],
    tenant: str | None,
    scope: TenantScope,
) -> list[Repeat]:
    if not digests or (tenant is not None and scope.root_tenant_id is None):
        return []
    async with database.read(scope) as session:
        statement = (
            select(
                IntakeMessage.digest,
                IntakeMessage.text_digest,
                Order.number,
                IntakeMessage.event_id,
                IntakeMessage.named_tenant,
                IntakeMessage.root_tenant_id,
            )
            .join(
                Order,
                and_(
                    Order.id == IntakeMessage.order_id,
                    Order.tenant_id == IntakeMessage.tenant_id,
                    Order.root_tenant_id == IntakeMessage.root_tenant_id,
                ),
            )
            .where(any_of(column, sorted(digests)))
        )
        found = list(map(Repeat._make, await session.tuples(statement)))
        if scope.root_tenant_id is None:
            found = await _of_named_tenants(session, found)
    return found


async def _of_named_tenants(session: ReadSession, found: Collection[Repeat]) -> list[Repeat]:
    tenants = {repeat.named_tenant for repeat in found if repeat.named_tenant is not None}
    roots = await _roots(session, Tenant, tenants)
    unnamed = {repeat.number for repeat in found if repeat.named_tenant is None}
    orders = await _roots(session, Order, unnamed)
    # Without a tenant a message is about the only order of its number.
    return [
        repeat
        for repeat in found
        if {repeat.root_tenant_id}
        == (orders[repeat.number] if repeat.named_tenant is None else roots[repeat.named_tenant])
    ]


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
