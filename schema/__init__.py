"""The graph that partners query: `build_schema()`. Its printed form is `schema.graphql`."""

from functools import cache
from pathlib import Path

import strawberry
from graphql import Undefined
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

from execution.cost_model import Cost, ListSize
from schema.cart import Cart
from schema.costs import state_costs
from schema.input_checks import refuse_telling_inputs
from schema.mutations import Mutation
from schema.mutations.declaration import check_mutations
from schema.mutations.errors import ERRORS
from schema.query import Query
from schema.required_scopes import needs
from schema.scalars import SCALARS
from schema.site import Site

__all__ = ["build_schema", "needs", "printed"]

PRINTED = Path(__file__).parent / "schema.graphql"
"""The committed printed form of the schema."""

DESCRIPTION = (
    "The orders of a carrier, for its partners: carts and offers, the orders that result from "
    "them, the state of their processing, and the contracts that they lead to. Start with "
    "`order`, `orders` or `ordersByReference`. `statusGuide` explains every status and phase."
)


@cache
def build_schema() -> strawberry.Schema:
    """The schema. It holds no state, so it is made once and serves every application.

    Raises UndeclaredMutationError for a mutation that needs no scope.
    """
    check_mutations(Mutation)
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        # `state_costs` adds the directives to fields when the schema is built already.
        types=[Cart, Site, *ERRORS, Cost, ListSize],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )
    schema._schema.description = DESCRIPTION
    _drop_null_defaults(schema)
    state_costs(schema)
    refuse_telling_inputs(schema)
    return schema


def _drop_null_defaults(schema: strawberry.Schema) -> None:
    """Do not print `= null` for optional arguments: leaving one out is the same as null."""
    for kind in schema._schema.type_map.values():
        for field in getattr(kind, "fields", {}).values():
            for argument in (field, *getattr(field, "args", {}).values()):
                if getattr(argument, "default_value", Undefined) is None:
                    argument.default_value = Undefined


@cache
def printed() -> str:
    """The schema in the schema definition language."""
    # Print a new schema: one that was used prints its directives in another order.
    return print_schema(build_schema.__wrapped__()) + "\n"
