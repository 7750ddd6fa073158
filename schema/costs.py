"""The cost of types and fields, in one table. `execution.cost` reads it from the directives.

A row costs one point. Pages and parts of a row cost nothing. A mutation costs ten. Counts and
statistics cost as much as they take the database.
"""

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type
from strawberry import Schema

from db.queries.orders import ORDERS_PER_REFERENCE
from execution.cost_model import Cost, ListSize
from resolvers.pagination import DEFAULT_PAGE
from schema.enums import BusinessCase, OrderPhase, OrderStatus

_FREE = frozenset(
    {"PageInfo", "Viewer", "RateLimit"}
    | {"Address", "Money", "ContractTerm"}
    | {"Rejected", "UserError"}
)

_FREE_ENDINGS = ("Connection", "Edge")

_WEIGHTS = {
    "Connection.totalCount": "5",
    "Query.orderSummary": "10",
    "Query.processingTimes": "10",
    "Order.processingEstimate": "1",
}

_MUTATION = "10"
"""The weight of a mutation that is not in `_WEIGHTS`, whether it is rejected or not."""

# Usual maximum lengths of the lists within a document.
_LISTS = {
    "AuditEntry.details": 5,
    "Cart.items": 5,
    "Contract.items": 5,
    "Offer.consents": 2,
    "Order.characteristics": 10,
    "Order.delays": 3,
    "Order.documents": 3,
    "Order.externalIds": 3,
    "Order.history": 10,
    "Order.items": 5,
    "Order.milestones": 10,
    "Order.notes": 3,
    "Order.reportedCharacteristics": 5,
    "Order.totalPrices": 2,
    "OrderItem.characteristics": 10,
    "OrderItem.prices": 3,
    "OrderItem.relationships": 2,
    "OrderItem.terms": 2,
    "OrderSummary.byBusinessCase": len(BusinessCase),
    "OrderSummary.byPhase": len(OrderPhase),
    "OrderSummary.byStatus": len(OrderStatus),
    "Price.alterations": 2,
    "PricedItem.characteristics": 10,
    "Product.documents": 3,
    "Query.processingTimes": 50,
    "Query.statusGuide": len(OrderStatus),
    "Rejected.errors": 3,
    "ReferenceResult.orders": ORDERS_PER_REFERENCE,
    "StatusGuide.phases": len(OrderPhase),
}

_BY_ARGUMENT = {"Query.nodes": "ids", "Query.ordersByReference": "references"}

_PAGE = ListSize(
    assumed_size=DEFAULT_PAGE,
    slicing_arguments=["first", "last"],
    sized_fields=["edges", "nodes"],
    require_one_slicing_argument=False,
)


def state_costs(schema: Schema) -> None:
    """Add `@cost` and `@listSize` to the types and fields of the schema."""
    for name, kind in schema._schema.type_map.items():
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        if name in _FREE or name.endswith(_FREE_ENDINGS):
            _state(kind, [Cost(weight="0")])
        owner = "Connection" if name.endswith("Connection") else name
        for field_name, field in kind.fields.items():
            place = f"{owner}.{field_name}"
            stated: list[Any] = []
            if place in _WEIGHTS:
                stated.append(Cost(weight=_WEIGHTS[place]))
            elif name == "Mutation":
                stated.append(Cost(weight=_MUTATION))
            if get_named_type(field.type).name.endswith("Connection"):
                stated.append(_PAGE)
            elif place in _BY_ARGUMENT:
                stated.append(ListSize(slicing_arguments=[_BY_ARGUMENT[place]]))
            elif place in _LISTS:
                size = _LISTS[place]
                stated.append(ListSize(assumed_size=size, require_one_slicing_argument=False))
            if stated:
                _state(field, stated)


def _state(place: Any, directives: Iterable[object]) -> None:
    """Replace the cost directives of a definition, which several schemas share."""
    definition = place.extensions["strawberry-definition"]
    others = [
        directive
        for directive in definition.directives
        if not isinstance(directive, Cost | ListSize)
    ]
    definition.directives = [*others, *directives]
