"""The root type `Query`."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from strawberry.types import get_object_definition

from db import models
from execution.permissions import ForbiddenError
from execution.resolving import EVERYTHING, Rows, by_level
from resolvers import lookups
from resolvers.context import Context
from resolvers.ids import parse_global_id
from resolvers.loaders import One
from resolvers.text import at_most, text_argument
from schema.cart import Cart
from schema.contract import Contract
from schema.customer import Customer
from schema.fields import lazy
from schema.filters.audit import AUDIT_LOG
from schema.filters.contract import CONTRACTS
from schema.filters.customer import CUSTOMERS
from schema.filters.offer import OFFERS
from schema.filters.order import ORDERS
from schema.filters.product import PRODUCTS
from schema.filters.tenant import TENANTS
from schema.inputs import lookup_argument
from schema.node import Node
from schema.offer import Offer
from schema.order import Order
from schema.order_summary import OrderSummary, order_summary
from schema.processing_time import ProcessingTime, processing_times
from schema.product import Product
from schema.reference_result import ReferenceResult, orders_by_reference
from schema.required_scopes import scopes_of
from schema.site import Site
from schema.status_guide import StatusGuide, status_guide
from schema.tenant import Tenant
from schema.viewer import Viewer

MOST_NODES = 100

_NEEDED = {
    kind.__name__: scopes_of(get_object_definition(kind))
    for kind in (Tenant, Customer, Site, Product, Cart, Offer, Order, Contract)
}
"""The scopes that types with ids need, by their names, which are also those of the models."""


def _by_number(model: type[Any], description: str | None = None) -> Any:
    """A field with the row of the model that has the number that a client states."""
    numbers = One(model, model.number)

    async def resolve(
        parents: Sequence[Any],
        context: Context,
        number: Annotated[
            str,
            lookup_argument(
                "The number of the object. The whole number must match.",
                check=text_argument,
                columns=[model.number],
            ),
        ],
        rows: Rows = EVERYTHING,
    ) -> list[Any]:
        row = await lookups.by_number(context, numbers, number, rows)
        return [row] * len(parents)

    name = model.__name__
    return strawberry.field(
        resolver=by_level(resolve, rows=[()]),
        graphql_type=lazy(name) | None,
        description=description
        or f"The {name.lower()} with this number. Null if there is none that you may see.",
    )


async def _node(
    parents: Sequence[Any],
    context: Context,
    id: Annotated[strawberry.ID, lookup_argument("The `id` of the object.")],
    rows: Rows = EVERYTHING,
) -> list[Any]:
    return await _objects(context, [id], rows) * len(parents)


async def _nodes(
    parents: Sequence[Any],
    context: Context,
    ids: Annotated[
        list[strawberry.ID],
        lookup_argument(
            f"The ids of the objects, at most {MOST_NODES}.", check=at_most("nodes", MOST_NODES)
        ),
    ],
    rows: Rows = EVERYTHING,
) -> list[list[Any]]:
    return [await _objects(context, ids, rows)] * len(parents)


async def _objects(context: Context, ids: Sequence[strawberry.ID], rows: Rows) -> list[Any]:
    """The objects in the order of the ids. In place of an object whose type needs a scope that the
    caller lacks, an error.

    The type is known from the id alone, so the error does not reveal whether the object exists.
    """
    objects: list[Any] = list(await lookups.by_global_ids(context, ids, rows))
    for place, text in enumerate(ids):
        parsed = parse_global_id(text)
        if parsed is not None:
            model, _ = parsed
            missing = _NEEDED[model.__name__] - context.principal.scopes
            if missing:
                objects[place] = ForbiddenError(min(missing))
    return objects


def _viewer(parents: Sequence[Any], context: Context) -> list[Any]:
    return [Viewer.of(context.principal)] * len(parents)


@strawberry.type(
    description="The entry points for reading. All of them return only what you may see."
)
class Query:
    viewer = strawberry.field(
        resolver=by_level(_viewer),
        graphql_type=Viewer,
        description="The caller: who is authenticated by this request.",
    )
    node = strawberry.field(
        resolver=by_level(_node, rows=[()]),
        graphql_type=Node | None,
        description="The object with this id. Null if there is none that you may see.",
    )
    nodes = strawberry.field(
        resolver=by_level(_nodes, rows=[()]),
        graphql_type=list[Node | None],
        description="The objects with these ids, in the same order. Null in place of each id that "
        "names no object that you may see.",
    )
    order = _by_number(models.Order)
    offer = _by_number(models.Offer)
    contract = _by_number(models.Contract)
    customer = _by_number(models.Customer)
    tenant = _by_number(models.Tenant)
    product = _by_number(models.Product, "The product with this number. Null if there is none.")
    orders = ORDERS.everything("The orders that you may see.")
    offers = OFFERS.everything("The offers that you may see.")
    contracts = CONTRACTS.everything("The contracts that you may see.")
    customers = CUSTOMERS.everything("The customers and prospects that you may see.")
    tenants = TENANTS.everything("Your tenant and all tenants below it.")
    products = PRODUCTS.everything(
        "The products in the carrier's catalogue, sorted by name.", optional=False
    )
    audit_log = AUDIT_LOG.everything(
        "The audit log: changes to credentials and users, failed sign-ins, reads by the "
        "carrier's support, and mutations."
    )
    orders_by_reference = strawberry.field(
        resolver=orders_by_reference,
        graphql_type=list[ReferenceResult] | None,
        description="Orders by any number that you have for them and may read. Returns one result "
        "for each reference, in the same order, including those that match nothing.",
    )
    order_summary = strawberry.field(
        resolver=order_summary,
        graphql_type=OrderSummary | None,
        description="Counts of orders by status, phase and business case, for a dashboard.",
    )
    status_guide = strawberry.field(
        resolver=status_guide,
        graphql_type=list[StatusGuide],
        description="The meaning of every status and phase, to show to people.",
    )
    processing_times = strawberry.field(
        resolver=processing_times,
        graphql_type=list[ProcessingTime] | None,
        description="How long completed orders took, by product and business case. Sorted by the "
        "name of the product.",
    )
