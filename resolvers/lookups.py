"""Single objects: by their business number, or by their global id."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select

from db.base import Base
from db.models import Tenant
from db.queries.customers import ids_of_customer
from db.queries.products import ids_of_product
from db.queries.tenants import subtree
from execution.errors import LimitExceededError
from execution.resolving import EVERYTHING, Rows
from resolvers.batch_loader import resolved
from resolvers.context import Context
from resolvers.ids import identified, parse_global_id
from resolvers.loaders import One
from resolvers.text import text_argument

K = TypeVar("K")
M = TypeVar("M", bound=Base)

MOST_NODES = 100

_IDENTITIES: dict[type[Base], One[Any]] = {
    model: One(model, model.public_id if model is Tenant else model.id)  # type: ignore[attr-defined]
    for model in identified()
}


async def by_number(
    context: Context, numbers: One[M], wanted: str, rows: Rows = EVERYTHING
) -> M | None:
    """The row with that number, or None: unknown and out of scope are the same.

    Several look-ups of one operation share a statement.
    """
    number = text_argument("number", wanted)
    [row] = await resolved(context.loaders.one(numbers, [number], rows))
    return row


async def by_global_ids(
    context: Context, ids: Sequence[str], rows: Rows = EVERYTHING
) -> list[Base | None]:
    """The rows that the ids name, in their order; None for those that are unknown.

    `rows` says by types of the graph, which are called like the models, what is read of them.
    """
    if len(ids) > MOST_NODES:
        raise LimitExceededError(
            "nodes",
            message=f"At most {MOST_NODES} ids are taken at once; {len(ids)} were given",
            actual=len(ids),
            maximum=MOST_NODES,
        )
    parsed = [parse_global_id(text) for text in ids]
    wanted: dict[type[Base], dict[UUID, None]] = defaultdict(dict)
    for named in parsed:
        if named is not None:
            wanted[named[0]][named[1]] = None
    # All are asked for before any is awaited, so that look-ups of one operation share a statement.
    asked = {
        model: context.loaders.one(_IDENTITIES[model], list(identities), rows.of(model.__name__))
        for model, identities in wanted.items()
    }
    found: dict[tuple[type[Base], UUID], Base | None] = {}
    for model, values in asked.items():
        for identity, row in zip(wanted[model], await resolved(values), strict=True):
            found[model, identity] = row
    return [found.get(named) if named is not None else None for named in parsed]


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
        return [
            tuple(key for (key,) in await context.session.tuples(statement(text)))
            for text in numbers
        ]

    return await context.loaders.value(statement, load, text_argument(argument, number))
