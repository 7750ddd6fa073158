"""The root of all reading."""

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
from resolvers import lookups, processing
from resolvers.context import Context
from resolvers.ids import parse_global_id
from resolvers.loaders import One
from schema.audit_list import AUDIT_LOG, AuditEntryConnection
from schema.cart import Cart
from schema.common import members
from schema.contract import Contract
from schema.contract_list import CONTRACTS, ContractConnection
from schema.customer import Customer
from schema.customer_list import CUSTOMERS, TENANTS, CustomerConnection, TenantConnection
from schema.enums import BusinessCase
from schema.node import Node
from schema.offer import Offer
from schema.offer_list import OFFERS, OfferConnection
from schema.order import Order
from schema.order_list import ORDERS, OrderConnection
from schema.permissions import scopes_of
from schema.processing import ProcessingTime
from schema.product import PRODUCTS, Product, ProductConnection
from schema.site import Site
from schema.status_guide import StatusGuide, status_guide
from schema.summary import OrderSummary, ReferenceResult, order_summary, orders_by_reference
from schema.tenant import Tenant
from schema.viewer import Viewer

_NEEDED = {
    kind.__name__: scopes_of(get_object_definition(kind))
    for kind in (Tenant, Customer, Site, Product, Cart, Offer, Order, Contract)
}
"""The scopes that the types which have ids need; they are called like their models."""


def _by_number(model: type[Any]) -> Callable[..., Any]:
    numbers = One(model, model.number)

    async def resolve(
        parents: Sequence[Any],
        context: Context,
        number: Annotated[str, strawberry.argument(description="The number: the whole of it.")],
        rows: Rows = EVERYTHING,
    ) -> list[Any]:
        found = await lookups.by_number(context, numbers, number, rows)
        return [found] * len(parents)

    return by_level(resolve, rows=[()])


async def _node(
    parents: Sequence[Any],
    context: Context,
    id: Annotated[  # noqa: A002 - the argument's name in the specification
        strawberry.ID, strawberry.argument(description="The `id` of an object.")
    ],
    rows: Rows = EVERYTHING,
) -> list[Any]:
    return await _found(context, [id], rows) * len(parents)


async def _nodes(
    parents: Sequence[Any],
    context: Context,
    ids: Annotated[
        list[strawberry.ID],
        strawberry.argument(description=f"The ids of objects: {lookups.MOST_NODES} at most."),
    ],
    rows: Rows = EVERYTHING,
) -> list[list[Any]]:
    return [await _found(context, ids, rows)] * len(parents)


async def _found(context: Context, ids: Sequence[strawberry.ID], rows: Rows) -> list[Any]:
    """The objects; an error in the place of each whose type needs a scope that is not granted.

    That is known from the id alone, so it says nothing of whether the object exists.
    """
    objects: list[Any] = list(await lookups.by_global_ids(context, ids, rows))
    for place, text in enumerate(ids):
        named = parse_global_id(text)
        if named is not None:
            lacking = _NEEDED[named[0].__name__] - context.principal.scopes
            if lacking:
                objects[place] = ForbiddenError(min(lacking))
    return objects


async def _processing_times(
    parents: Sequence[Any],
    context: Context,
    product: Annotated[
        str | None, strawberry.argument(description="Only of the product with this number.")
    ] = None,
    business_case: Annotated[
        list[BusinessCase] | None,
        strawberry.argument(description="Only of one of these business cases."),
    ] = None,
    rows: Rows = EVERYTHING,
) -> list[Any]:
    products = await lookups.product_ids(context, product)
    times = await processing.processing_times(context, products, members(business_case), rows)
    return [times] * len(parents)


def _viewer(parents: Sequence[Any], context: Context) -> list[Any]:
    return [context.principal] * len(parents)


_UNKNOWN = "Null if there is none that you may see."


@strawberry.type(description="What can be read. Everything here is limited to what you may see.")
class Query:
    viewer = strawberry.field(
        resolver=by_level(_viewer), graphql_type=Viewer, description="Who is asking: you."
    )
    node = strawberry.field(
        resolver=by_level(_node, rows=[()]),
        graphql_type=Node | None,
        description=f"The object with this id. {_UNKNOWN}",
    )
    nodes = strawberry.field(
        resolver=by_level(_nodes, rows=[()]),
        graphql_type=list[Node | None],
        description="The objects with these ids, in their order; null for each that is unknown.",
    )
    order = strawberry.field(
        resolver=_by_number(OrderRow),
        graphql_type=Order | None,
        description=f"The order with this number. {_UNKNOWN}",
    )
    offer = strawberry.field(
        resolver=_by_number(OfferRow),
        graphql_type=Offer | None,
        description=f"The offer with this number. {_UNKNOWN}",
    )
    contract = strawberry.field(
        resolver=_by_number(ContractRow),
        graphql_type=Contract | None,
        description=f"The contract with this number. {_UNKNOWN}",
    )
    customer = strawberry.field(
        resolver=_by_number(CustomerRow),
        graphql_type=Customer | None,
        description=f"The customer with this number. {_UNKNOWN}",
    )
    tenant = strawberry.field(
        resolver=_by_number(TenantRow),
        graphql_type=Tenant | None,
        description=f"The tenant with this number. {_UNKNOWN}",
    )
    product = strawberry.field(
        resolver=_by_number(ProductRow),
        graphql_type=Product | None,
        description="The product with this number. Null if there is none.",
    )
    orders = strawberry.field(
        resolver=ORDERS.everything(), graphql_type=OrderConnection | None, description="Orders."
    )
    offers = strawberry.field(
        resolver=OFFERS.everything(), graphql_type=OfferConnection | None, description="Offers."
    )
    contracts = strawberry.field(
        resolver=CONTRACTS.everything(),
        graphql_type=ContractConnection | None,
        description="Contracts.",
    )
    customers = strawberry.field(
        resolver=CUSTOMERS.everything(),
        graphql_type=CustomerConnection | None,
        description="Customers.",
    )
    tenants = strawberry.field(
        resolver=TENANTS.everything(),
        graphql_type=TenantConnection | None,
        description="Your own tenant and all below it.",
    )
    products = strawberry.field(
        resolver=PRODUCTS.everything(),
        graphql_type=ProductConnection,
        description="The carrier's products.",
    )
    audit_log = strawberry.field(
        resolver=AUDIT_LOG.everything(),
        graphql_type=AuditEntryConnection | None,
        description="The audit log: what was done about credentials and users, sign-ins that "
        "failed, and what the carrier's support has read.",
    )
    orders_by_reference = strawberry.field(
        resolver=orders_by_reference,
        graphql_type=list[ReferenceResult] | None,
        description="Orders by any number that you know them under: a result for each reference, "
        "in their order, whether it was found or not.",
    )
    order_summary = strawberry.field(
        resolver=order_summary,
        graphql_type=OrderSummary | None,
        description="How many orders there are, by everything that a dashboard shows.",
    )
    status_guide = strawberry.field(
        resolver=status_guide,
        graphql_type=list[StatusGuide],
        description="What every status and phase means.",
    )
    processing_times = strawberry.field(
        resolver=by_level(_processing_times, rows=[("product",)]),
        graphql_type=list[ProcessingTime] | None,
        description="How long the completed orders that you may see took.",
    )
