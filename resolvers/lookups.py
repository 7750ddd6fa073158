"""Single objects: by their business number, or by their global id."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from db.base import Base
from db.expressions import any_of
from db.models import Tenant
from db.queries.customers import ids_of_customer
from db.queries.products import ids_of_product
from db.queries.tenants import subtree
from execution.errors import LimitExceededError
from execution.resolving import EVERYTHING, Rows
from resolvers.batches import arrived
from resolvers.context import Context
from resolvers.ids import parse_global_id
from resolvers.loaders import One
from resolvers.text import text_argument

K = TypeVar("K")
M = TypeVar("M", bound=Base)

MOST_NODES = 100


async def by_number(
    context: Context, numbers: One[M], wanted: str, rows: Rows = EVERYTHING
) -> M | None:
    """The row with that number, or None: unknown and out of scope are the same.

    Several look-ups of one operation share a statement.
    """
    number = text_argument("number", wanted)
    [row] = await arrived(context.loaders.one(numbers, [number], rows))
    return row


async def by_global_ids(context: Context, ids: Sequence[str]) -> list[Base | None]:
    """The rows that the ids name, in their order; None for those that are unknown."""
    if len(ids) > MOST_NODES:
        raise LimitExceededError(
            "nodes",
            message=f"At most {MOST_NODES} ids are taken at once; {len(ids)} were given",
            actual=len(ids),
            maximum=MOST_NODES,
        )
    parsed = [parse_global_id(text) for text in ids]
    wanted: dict[type[Base], set[UUID]] = defaultdict(set)
    for named in parsed:
        if named is not None:
            wanted[named[0]].add(named[1])
    found: dict[tuple[type[Base], UUID], Base] = {}
    for model, identities in wanted.items():
        identity = _identity(model)
        rows = await context.session.entities(select(model).where(any_of(identity, identities)))
        found.update({(model, getattr(row, identity.key)): row for row in rows})
    return [found.get(named) if named is not None else None for named in parsed]


def _identity(model: type[Base]) -> InstrumentedAttribute[UUID]:
    identity: InstrumentedAttribute[UUID] = (
        model.public_id if issubclass(model, Tenant) else model.id  # type: ignore[attr-defined]
    )
    return identity


async def tenant_ids(context: Context, number: str | None) -> tuple[int, ...] | None:
    """The tenant with that number and all below it, for a filter; None if nothing was asked."""
    return await _ids(context, "tenant", subtree, number)


async def customer_ids(context: Context, number: str | None) -> tuple[UUID, ...] | None:
    return await _ids(context, "customer", ids_of_customer, number)


async def product_ids(context: Context, number: str | None) -> tuple[UUID, ...] | None:
    return await _ids(context, "product", ids_of_product, number)


async def _ids(
    context: Context, argument: str, statement: Callable[[str], Select[K]], number: str | None
) -> tuple[K, ...] | None:
    if number is None:
        return None

    async def load(numbers: list[str]) -> list[tuple[K, ...]]:
        return [tuple(await context.session.entities(statement(text))) for text in numbers]

    return await context.loaders.value(statement, load, text_argument(argument, number))
