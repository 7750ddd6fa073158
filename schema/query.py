"""The root type `Query`."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import strawberry
from strawberry.types import get_object_definition

from db.models import Contract as ContractRow
from db.models import Customer as CustomerRow
from db.models import Offer as OfferRow
from db.models import Order as OrderRow
from db.models import Product as ProductRow
from db.models import Tenant as TenantRow
from execution.permissions import ForbiddenError
from execution.resolving import EVERYTHING, Rows, by_level
from resolvers import lookups
from resolvers.context import Context
from resolvers.ids import parse_global_id
from resolvers.loaders import One
from schema.cart import Cart
from schema.contract import Contract
from schema.customer import Customer
from schema.filters.audit import AUDIT_LOG, AuditEntryConnection
from schema.filters.contract import CONTRACTS, ContractConnection
from schema.filters.customer import CUSTOMERS, CustomerConnection
from schema.filters.offer import OFFERS, OfferConnection
from schema.filters.order import ORDERS, OrderConnection
from schema.filters.product import PRODUCTS, ProductConnection
from schema.filters.tenant import TENANTS, TenantConnection
from schema.node import Node
from schema.oauth_scopes import scopes_of
from schema.offer import Offer
from schema.order import Order
from schema.order_summary import OrderSummary, order_summary
from schema.processing_time import ProcessingTime, processing_times
from schema.product import Product
from schema.reference_result import ReferenceResult, orders_by_reference
from schema.site import Site
from schema.status_guide import StatusGuide, status_guide
from schema.tenant import Tenant
from schema.viewer import Viewer

_NEEDED = {
    kind.__name__: scopes_of(get_object_definition(kind))
    for kind in (Tenant, Customer, Site, Product, Cart, Offer, Order, Contract)
}
"""The scopes that types with ids need, by their names, which are also those of the models."""


def _by_number(model: type[Any]) -> Callable[..., Any]:
    numbers = One(model, model.number)

    async def resolve(
        parents: Sequence[Any],
        context: Context,
        number: Annotated[
            str,
            strawberry.argument(
                description="The number of the object. The whole number must match."
            ),
        ],
        rows: Rows = EVERYTHING,
    ) -> list[Any]:
        row = await lookups.by_number(context, numbers, number, rows)
        return [row] * len(parents)

    return by_level(resolve, rows=[()])


async def _node(
    parents: Sequence[Any],
    context: Context,
    id: Annotated[strawberry.ID, strawberry.argument(description="The `id` of the object.")],
    rows: Rows = EVERYTHING,
) -> list[Any]:
    return await _objects(context, [id], rows) * len(parents)


async def _nodes(
    parents: Sequence[Any],
    context: Context,
    ids: Annotated[
        list[strawberry.ID],
        strawberry.argument(description=f"The ids of the objects, at most {lookups.MOST_NODES}."),
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
    order = strawberry.field(
        resolver=_by_number(OrderRow),
        graphql_type=Order | None,
        description="The order with this number. Null if there is none that you may see.",
    )
    offer = strawberry.field(
        resolver=_by_number(OfferRow),
        graphql_type=Offer | None,
        description="The offer with this number. Null if there is none that you may see.",
    )
    contract = strawberry.field(
        resolver=_by_number(ContractRow),
        graphql_type=Contract | None,
        description="The contract with this number. Null if there is none that you may see.",
    )
    customer = strawberry.field(
        resolver=_by_number(CustomerRow),
        graphql_type=Customer | None,
        description="The customer with this number. Null if there is none that you may see.",
    )
    tenant = strawberry.field(
        resolver=_by_number(TenantRow),
        graphql_type=Tenant | None,
        description="The tenant with this number. Null if there is none that you may see.",
    )
    product = strawberry.field(
        resolver=_by_number(ProductRow),
        graphql_type=Product | None,
        description="The product with this number. Null if there is none.",
    )
    orders = strawberry.field(
        resolver=ORDERS.everything(),
        graphql_type=OrderConnection | None,
        description="The orders that you may see.",
    )
    offers = strawberry.field(
        resolver=OFFERS.everything(),
        graphql_type=OfferConnection | None,
        description="The offers that you may see.",
    )
    contracts = strawberry.field(
        resolver=CONTRACTS.everything(),
        graphql_type=ContractConnection | None,
        description="The contracts that you may see.",
    )
    customers = strawberry.field(
        resolver=CUSTOMERS.everything(),
        graphql_type=CustomerConnection | None,
        description="The customers and prospects that you may see.",
    )
    tenants = strawberry.field(
        resolver=TENANTS.everything(),
        graphql_type=TenantConnection | None,
        description="Your tenant and all tenants below it.",
    )
    products = strawberry.field(
        resolver=PRODUCTS.everything(),
        graphql_type=ProductConnection,
        description="The products in the carrier's catalogue, sorted by name.",
    )
    audit_log = strawberry.field(
        resolver=AUDIT_LOG.everything(),
        graphql_type=AuditEntryConnection | None,
        description="The audit log: changes to credentials and users, failed sign-ins, and reads "
        "by the carrier's support.",
    )
    orders_by_reference = strawberry.field(
        resolver=orders_by_reference,
        graphql_type=list[ReferenceResult] | None,
        description="Orders by any number that you have for them. Returns one result for each "
        "reference, in the same order, including those that match nothing.",
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
