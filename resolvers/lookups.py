"""Look-ups of single objects, by business number or by global id."""

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
from execution.resolving import EVERYTHING, Rows
from resolvers.batch_loader import resolved
from resolvers.context import Context
from resolvers.ids import identified, parse_global_id
from resolvers.loaders import One

K = TypeVar("K")
M = TypeVar("M", bound=Base)

_IDENTITIES: dict[type[Base], One[Any]] = {
    model: One(model, model.public_id if model is Tenant else model.id)  # type: ignore[attr-defined]
    for model in identified()
}


async def by_number(
    context: Context, numbers: One[M], number: str, rows: Rows = EVERYTHING
) -> M | None:
    """The row with that number. None if there is none in scope.

    Several look-ups of one operation share a statement.
    """
    [row] = await resolved(context.loaders.one(numbers, [number], rows))
    return row


async def by_global_ids(
    context: Context, ids: Sequence[str], rows: Rows = EVERYTHING
) -> list[Base | None]:
    """The rows that the ids name, in their order; None for each that names no row in scope.

    `rows` says what is read of the rows, by types of the graph. They have the names of the models.
    """
    parsed = [parse_global_id(text) for text in ids]
    identities: dict[type[Base], dict[UUID, None]] = defaultdict(dict)
    for key in parsed:
        if key is not None:
            model, identity = key
            identities[model][identity] = None
    # Start every look-up before the first is awaited, so that they share statements.
    started = {
        model: context.loaders.one(_IDENTITIES[model], list(keys), rows.of(model.__name__))
        for model, keys in identities.items()
    }
    row_of: dict[tuple[type[Base], UUID], Base | None] = {}
    for model, values in started.items():
        for identity, row in zip(identities[model], await resolved(values), strict=True):
            row_of[model, identity] = row
    return [None if key is None else row_of.get(key) for key in parsed]


async def tenant_ids(context: Context, number: str) -> tuple[int, ...]:
    """The ids of the tenant with that number and of all tenants below it; empty if no tenant in
    scope has it."""
    return await _ids(context, subtree, number)


async def customer_ids(context: Context, number: str) -> tuple[UUID, ...]:
    return await _ids(context, ids_of_customer, number)


async def product_ids(context: Context, number: str) -> tuple[UUID, ...]:
    return await _ids(context, ids_of_product, number)


async def _ids(
    context: Context, statement: Callable[[str], Select[K]], number: str
) -> tuple[K, ...]:
    async def load(numbers: list[str]) -> list[tuple[K, ...]]:
        return [
            tuple(key for (key,) in await context.session.tuples(statement(text)))
            for text in numbers
        ]

    return await context.loaders.value(statement, load, number)
